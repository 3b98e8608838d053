import ConversationDomain
import IntentData
import NativeContent
import Testing

/// Articles of help centres, and canned responses.
@Suite struct HelpCentreTests {
    private static func told(_ content: BotContent) -> [String] {
        content.knowledge.map { entry in
            "\(entry.id) \(entry.locale) \(entry.questions.joined(separator: "|")): \(entry.answer) <\(entry.link ?? "")>"
        }
    }

    @Test("Zendesk's articles are knowledge: text without tags, with the link; drafts are left out")
    func zendesk() throws {
        let folder = try TestFolder([
            "help.json": """
            {"articles": [
              {"id": 7, "title": "Returns &  refunds", "locale": "en-us", "draft": false, "section_id": 1,
               "html_url": "https://van.example/hc/7",
               "body": "<style>p {}</style><p>Send it <b>back</b>&nbsp;within 30&#160;days.</p><ul><li>in its box</li><li>with the bill</li></ul><!-- x -->"},
              {"id": 8, "title": "Draft", "locale": "en-us", "draft": true, "body": "<p>Not yet</p>"},
              {"id": 9, "title": "Empty", "locale": "en-us", "body": "<script>alert('<p>')</script><img src='a'>"},
              {"id": 10, "title": "returns & refunds?", "locale": "en-gb", "body": "<p>Another one</p>"},
              {"id": 11, "title": "退货", "locale": "zh-cn", "body": "<p>三十天内</p>"}],
             "next_page": "https://van.example/api/v2/help_center/articles.json?page=2", "count": 40}
            """
        ])
        let result = try folder.read("help.json")
        #expect(
            Self.told(result.content) == [
                "help.7 en Returns &  refunds: Send it back within 30 days.\n- in its box\n- with the bill <https://van.example/hc/7>",
                "help.11 zh 退货: 三十天内 <>",
            ])
        #expect(
            result.issues.map { folder.plain($0.description) } == [
                "help.json:1: warning: this is one page of several: the next one is at https://van.example/api/v2/help_center/articles.json?page=2; import it too",
                "help.json:5: warning: left out, drafts (1): Draft; publish them and export again",
                "help.json:6: warning: left out, articles without a text (1): Empty; write an answer",
                "help.json:7: warning: left out, articles whose title another one has (1): returns & refunds?; give them titles that tell them apart",
                "help.json:1: note: read as articles of a Zendesk help centre: 0 intents, 0 examples, 0 answers, 2 questions with answers and 0 entities are taken",
            ])
    }

    @Test("a long article is cut at its headings, and a long passage at a line's end")
    func long() throws {
        let line = "<p>" + String(repeating: "A van is a van. ", count: 30) + "</p>"
        let body =
            "<p>All about vans.</p><h2 id='tyres'>Tyres</h2>\(line)<h2>Seats</h2>\(line)\(line)\(line)"
        let folder = try TestFolder([
            "help.json":
                "{\"articles\": [{\"id\": 7, \"title\": \"Vans\", \"html_url\": \"https://van.example/7\", \"body\": \"\(body)\"}]}"
        ])
        let result = try folder.read("help.json")
        let entries = result.content.knowledge
        #expect(entries.map(\.id.rawValue) == ["help.7", "help.7.2", "help.7.3"])
        #expect(
            entries.map(\.questions) == [["Vans"], ["Vans: Tyres", "Tyres"], ["Vans: Seats", "Seats"]])
        #expect(
            entries.map(\.link) == [
                "https://van.example/7", "https://van.example/7#tyres", "https://van.example/7",
            ])
        #expect(entries[0].answer == "All about vans.")
        #expect(entries[2].answer.hasSuffix("A van is a van. …"))
        #expect(entries.allSatisfy { $0.answer.unicodeScalars.count <= 1_202 })
        #expect(
            folder.plain(result.issues[0].description)
                == "help.json:1: warning: left out, what is beyond 1200 characters of a passage (1): Vans: Seats; the link leads to the whole; divide it with headings to answer with more"
        )
    }

    @Test("Freshdesk's articles are found in lists, and in categories of folders")
    func freshdesk() throws {
        let folder = try TestFolder([
            "list.json": """
            [{"id": 1, "folder_id": 2, "title": "Parking", "description": "<p>Anywhere.</p>", "status": 2},
             {"id": 2, "folder_id": 2, "title": "Later", "description": "<p>Soon.</p>", "status": 1}]
            """,
            "all.json": """
            [{"category": {"name": "Vans", "folders": [{"name": "Using", "articles": [
               {"id": 1, "title": "Parking", "description": "<p>Anywhere.</p>", "status": 2}]}]}}]
            """,
        ])
        #expect(Self.told(try folder.read("list.json").content) == ["list.1 en Parking: Anywhere. <>"])
        #expect(Self.told(try folder.read("all.json").content) == ["all.1 en Parking: Anywhere. <>"])
    }

    @Test("Chatwoot's canned responses are questions in the words of their codes")
    func chatwoot() throws {
        let folder = try TestFolder([
            "canned.json": """
            [{"id": 1, "account_id": 1, "short_code": "opening-hours", "content": "We open at 9."},
             {"id": 2, "short_code": "hello", "content": "Hi {{contact.name}}!"},
             {"id": 3, "short_code": "opening hours", "content": "At nine."}]
            """
        ])
        let result = try folder.read("canned.json")
        #expect(Self.told(result.content) == ["opening-hours en opening hours: We open at 9. <>"])
        #expect(
            result.issues.map { folder.plain($0.description) } == [
                "canned.json:1: warning: the questions are the short codes' words; add what customers write ('questions' in knowledge/*.yaml after 'frontdesk export')",
                "canned.json:2: warning: left out, canned responses with values of the contact or agent (1): hello; write them without {{…}}",
                "canned.json:3: warning: left out, canned responses whose short code another one has (1): opening hours; rename one of them",
                "canned.json:1: note: read as canned responses of Chatwoot: 0 intents, 0 examples, 0 answers, 1 questions with answers and 0 entities are taken",
            ])
    }

    @Test(
        "HTML that is not well made is read as text",
        arguments: [
            ("a < b and 1<2", "a < b and 1<2"), ("<p>open <b>bold", "open bold"),
            ("<p>a<br>b<p>c", "a\nb\nc"),
            ("x<script>never closed <p>y", "x"), ("x<!-- never closed", "x"),
            ("<a href='>'>x</a>y", "xy"),
            ("&unknown; &amp &#x41;&#0;&#99999999;", "&unknown; &amp A &#99999999;"),
            ("<pre>a\nb</pre>", "a\nb"),
            ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "1 2\n3"), ("</", nil),
            ("<p", nil),
        ])
    func html(written: String, text: String?) throws {
        let body = written.replacing("\\", with: "\\\\").replacing("\n", with: "\\n").replacing(
            "\"", with: "\\\"")
        let folder = try TestFolder([
            "a.json": "{\"articles\": [{\"title\": \"T\", \"body\": \"\(body)\"}]}"
        ])
        let found = try? folder.read("a.json").content.knowledge.first?.answer
        #expect(found == text)
    }
}
