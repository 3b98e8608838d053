import ConversationDomain
import Foundation
import IntentData
import NativeContent
import Testing

@testable import Documents

@Suite("Pages of documentation")
struct DocumentTests {
    private static func passages(
        _ text: String, _ name: String, base: String? = "https://docs.example/guide"
    ) throws -> [KnowledgeEntry] {
        var log = IssueLog(limit: 100)
        var reader = DocumentReader(collection: CollectionName(trusted: "docs"), base: base, options: ReadOptions())
        try reader.read(text, path: name, page: name, log: &log)
        return reader.passages
    }

    private struct Cut: Equatable {
        let path: String
        let link: String?
        let text: String

        init(_ path: String, _ link: String?, _ text: String) { (self.path, self.link, self.text) = (path, link, text) }
        init(_ entry: KnowledgeEntry) { self.init(entry.questions[0], entry.link, entry.answer) }
    }

    @Test("Markdown is cut at its headings, with the path of titles and a link to the anchor")
    func markdown() throws {
        let text = """
            ---
            title: Guide
            locale: en
            ---
            Hello *there*, [reader](https://x.example "t").

            Returns
            =======

            Send it **back** within `30 days`.

            ### From _abroad_ ###
            > Quoted snake_case.
            - first
              goes on
            1. second
            ![no picture](a.png)

            | Plan | Price |
            | --- | ---: |
            | Team | 12 \\| 13 € |
            |  | free |

            ```sh
            make <all>
            # no heading
            ```

            ## Twice {#own}
            a&amp;b <b>c</b>

            ## Same
            x1

            ## Same
            x2
            <!-- hidden
            ## hidden too -->
            """
        let site = "https://docs.example/guide/a/b"
        #expect(
            try Self.passages(text, "a/b.md").map(Cut.init) == [
                Cut("Returns", site, "Hello there, reader."),
                Cut("Returns", site, "Send it back within 30 days."),
                Cut(
                    "Returns › From abroad", site + "#from-abroad",
                    "Quoted snake_case.\n- first goes on\n- second\n- Plan: Team; Price: 12 | 13 €\n- Price: free\n    make <all>\n    # no heading"
                ),
                Cut("Returns › Twice", site + "#own", "a&b c"), Cut("Returns › Same", site + "#same", "x1"),
                Cut("Returns › Same", site + "#same-1", "x2"),
            ])
    }

    @Test("HTML: the main content with anchors, entities and tables; what surrounds it is dropped")
    func html() throws {
        let text = """
            <!DOCTYPE html><html lang="de"><head><title>Hilfe &ndash; Firma</title><style>p{}</style>
            <link rel="canonical" href="https://firma.example/hilfe?a=1&amp;b=2"></head>
            <body><header>Kopf</header><nav><h2>Menü</h2><ul><li>weg</ul></nav>
            <main><h1>Hilfe</h1><p>Gr&uuml;&szlig;e &amp; mehr&#8230;<br>Zeile
            <section id="preis"><h2>Preise<a class="headerlink" href="#preis">¶</a></h2>
            <table><tr><th>Tarif<th>Preis</tr><tr><td>Team<td>12&nbsp;€</table>
            <aside>Werbung</aside><div hidden>unsichtbar</div>
            <pre>a &lt; b
              c</pre></section>
            <h2 id="x y">Schluss</h2><dl><dt>Frist</dt><dd>30 Tage</dd></dl><script>if (a < b) "</p>"</script></main>
            <footer>Fuß</footer></body></html>
            """
        let site = "https://firma.example/hilfe?a=1&b=2"
        #expect(
            try Self.passages(text, "h.html").map(Cut.init) == [
                Cut("Hilfe", site, "Grüße & mehr…\nZeile"),
                Cut("Hilfe › Preise", site + "#preis", "- Tarif: Team; Preis: 12 €\n    a < b\n      c"),
                Cut("Hilfe › Schluss", site, "Frist: 30 Tage"),
            ])
        #expect(try Self.passages(text, "h.html").allSatisfy { $0.locale.rawValue == "de" })
    }

    @Test("links: an index is its folder, Markdown loses its ending, and without a base there are none")
    func links() throws {
        func link(_ name: String, _ base: String?) throws -> String? {
            try Self.passages("# A\n\nSome text.\n", name, base: base).first?.link
        }
        #expect(try link("index.md", "https://d.example/") == "https://d.example/")
        #expect(try link("a/README.md", "https://d.example") == "https://d.example/a/")
        #expect(try link("a b/ü.md", "https://d.example") == "https://d.example/a%20b/%C3%BC")
        #expect(try link("a.html", "https://d.example") == "https://d.example/a.html")
        #expect(try link("a.md", nil) == nil)
    }

    @Test("a long section is divided between paragraphs, sentences and words, and nothing of it is lost")
    func longPassages() throws {
        let sentence = "This sentence has exactly sixty characters in it, you know. "
        let paragraphs = (1...5).map { "Paragraph \($0). " + String(repeating: sentence, count: 8) }
        let found = try Self.passages("# T\n\n" + paragraphs.joined(separator: "\n\n"), "t.md")
        #expect(found.count == 5)
        #expect(found.allSatisfy { $0.answer.hasPrefix("Paragraph") && $0.answer.unicodeScalars.count <= 1_000 })
        #expect(Set(found.map(\.id)).count == 5)
        let endless = (1...2_000).map { "word\($0)" }.joined(separator: " ")
        let pieces = try Self.passages("# T\n\n" + endless, "t.md")
        #expect(pieces.map(\.answer).joined(separator: " ").split(separator: " ").count == 2_000)
        let chinese = try Self.passages("# 标题\n\n" + (1_000..<1_500).map { "这句话没有终点\($0)" }.joined(), "t.md")
        #expect(chinese.map(\.answer).joined().unicodeScalars.count == 5_500)
        #expect((pieces + chinese).allSatisfy { $0.answer.unicodeScalars.count <= 1_000 })
    }

    @Test(
        "what stands on many pages counts once, with the first link; a different fact, or a short text of another page, does not"
    )
    func duplicates() throws {
        var log = IssueLog(limit: 10)
        var reader = DocumentReader(
            collection: CollectionName(trusted: "docs"), base: "https://d.example", options: ReadOptions())
        let shared =
            "Our office answers letters from Monday to Friday, mostly on the same day. It is closed on public holidays and between the years. Ring twice at the green door."
        for (name, text) in [
            ("a", "# A\n\n## Office\n\n\(shared)"), ("b", "# B\n\n## Visit us\n\n\(shared) Updated today."),
            ("c", "# C\n\n## Office\n\n" + shared.replacing("twice", with: "once")),
            ("d", "# D\n\n## Yes\n\nAvailable."), ("e", "# E\n\n## No\n\nAvailable."),
            ("f", "# F\n\n## Yes\n\nAvailable!"),
        ] {
            try reader.read(text, path: name + ".md", page: name + ".md", log: &log)
        }
        #expect(
            reader.passages.map(Cut.init) == [
                Cut("A › Office", "https://d.example/a#office", shared + " Updated today."),
                Cut("C › Office", "https://d.example/c#office", shared.replacing("twice", with: "once")),
                Cut("D › Yes", "https://d.example/d#yes", "Available."),
                Cut("E › No", "https://d.example/e#no", "Available."),
                Cut("F › Yes", "https://d.example/f#yes", "Available!"),
            ])
        #expect(reader.passages[0].questions == ["A › Office", "B › Visit us"])
        #expect(reader.merged == 1)
    }

    @Test("the charset of a page is what it says, or what its bytes are")
    func charsets() throws {
        func read(_ data: Data) throws -> String {
            try DocumentDecoding.text(data, isHTML: true).text
        }
        let gb = Data([0xC4, 0xE3, 0xBA, 0xC3])
        #expect(try read(Data("<meta charset=\"gb2312\"><p>".utf8) + gb).hasSuffix("你好"))
        #expect(
            try read(
                Data("<meta http-equiv=x content='text/html; charset=shift_jis'>".utf8)
                    + Data([0x93, 0xFA, 0x96, 0x7B])
            ).hasSuffix("日本"))
        #expect(try read(Data("<meta charset=iso-8859-1>".utf8) + Data([0xFC])).hasSuffix("ü"))
        #expect(try read(Data("<meta charset=gbk>ü".utf8)).hasSuffix("ü"))
        #expect(try read(Data([0xFF, 0xFE, 0x41, 0x00])) == "A")
        let fault = #expect(throws: ReadFault.self) { try read(Data("<meta charset=\"klingon\">".utf8) + Data([0xFC])) }
        #expect(fault?.message == "the page says that it is in 'klingon', which is not read; save it as UTF-8")
    }

    @Test("front matter: anchors, no end and odd values are told with their line")
    func frontMatter() throws {
        let folder = try TestFolder([
            "a.md": "---\ntitle: &a T\nx: *a\n---\n# A\n\ntext\n", "b.md": "---\ntitle: T\n# A\n",
            "c.md": "---\ntitle: T\nlang: ???\n---\ntext\n", "d.md": "+++\ntitle = \"Hugo\"\n+++\nSome text.\n",
        ])
        let anchors = folder.errors("a.md")
        #expect(anchors.count == 1 && anchors[0].hasPrefix("a.md:2: error: the front matter cannot be read: "))
        #expect(folder.errors("b.md") == ["b.md:1: error: the front matter has no closing ---"])
        #expect(folder.errors("c.md") == ["c.md:3: error: 'lang' must be a language tag such as en or zh-TW"])
        #expect(try folder.read("d.md").content.knowledge.map { $0.questions } == [["Hugo"]])
    }

    @Test("a folder of pages is imported as a collection; our own Markdown stays questions and answers")
    func imported() throws {
        let folder = try TestFolder([
            "docs/index.md": "# Home\n\nWelcome here.\n", "docs/a/b.html": "<h1>B</h1><p>Text of b.</p>",
            "docs/.hidden/c.md": "# C\n\nText.\n", "docs/logo.png": "x",
            "k.md": "---\nlocale: en\n---\n## Why?\n- How?\n\nSo.\n",
        ])
        let found = try folder.read("docs").content.knowledge
        #expect(found.map(\.questions) == [["B"], ["Home"]])
        #expect(found.allSatisfy { $0.collection == CollectionName(trusted: "docs") })
        let written = try folder.read("k.md").content.knowledge
        #expect(written.map(\.questions) == [["Why?", "How?"]])
        #expect(written.allSatisfy { !$0.isPassage })
    }

    @Test(
        "what is nested, endless or broken is read in bounded time",
        arguments: [
            String(repeating: "<div>", count: 100_000) + "deep" + String(repeating: "</div>", count: 100_000),
            String(repeating: "<table><tr><td>", count: 50_000) + "x", String(repeating: "<nav>", count: 100_000),
            String(repeating: "<a href='", count: 100_000), String(repeating: "<!--", count: 100_000),
            String(repeating: "&#x", count: 200_000), String(repeating: "<script>", count: 100_000),
            "<h1>" + String(repeating: "x", count: 1_000_000), String(repeating: "<h2 id=a>b</h2>c", count: 30_000),
            "<p " + String(repeating: "a=b ", count: 200_000) + ">x",
        ])
    func hostileHTML(text: String) throws {
        let began = ContinuousClock.now
        let found = try Self.passages(text, "x.html")
        #expect(ContinuousClock.now - began < .seconds(20))
        #expect(
            found.allSatisfy {
                $0.answer.unicodeScalars.count <= 4_000 && $0.questions[0].unicodeScalars.count <= 2_000
            })
    }

    @Test(
        "the same of Markdown",
        arguments: [
            String(repeating: "[a](", count: 200_000), String(repeating: "[", count: 500_000),
            String(repeating: "> ", count: 200_000) + "x", String(repeating: "`", count: 500_001),
            String(repeating: "# a\n", count: 100_000), String(repeating: "*_", count: 300_000),
            String(repeating: "- ", count: 200_000),
            String(repeating: "|", count: 500_000) + "\n" + String(repeating: "|-", count: 250_000),
            String(repeating: "<a ", count: 200_000), "```\n" + String(repeating: "x", count: 1_000_000),
            String(repeating: "a\n---\n", count: 50_000), "---\n" + String(repeating: "a: b\n", count: 400) + "---\nx",
        ])
    func hostileMarkdown(text: String) throws {
        let began = ContinuousClock.now
        _ = try? Self.passages(text, "x.md")
        #expect(ContinuousClock.now - began < .seconds(20))
    }
}
