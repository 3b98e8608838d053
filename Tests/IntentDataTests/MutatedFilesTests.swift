import ConversationDomain
import Foundation
import IntentData
import NativeContent
import Testing

/// A small repeatable generator (SplitMix64).
private struct Randomness: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}

@Suite struct MutatedFilesTests {
    static let files = [
        ("a.yaml", IntentYAMLTests.order),
        ("k.md", "---\nlocale: en\n---\n## Why?\n- How?\n\nSo.\nLink: https://x.y\n"),
        (
            "d.md",
            "---\ntitle: T\nurl: /a\n---\n# T\n\nA [b](c) *d*.\n\n## E {#e}\n- f\n  1. g\n\n| h | i |\n|---|---|\n| j | k |\n\n```\nl\n```\n<p>m &amp; n</p>\n"
        ),
        (
            "h.html",
            "<html lang=zh><head><title>T</title></head>\n<body><nav>n</nav><main><h1 id=a>B</h1><p>c&#x4e2d;<br>d\n<table><tr><th>e<th>f<tr><td>g<td>h</table><pre>i\nj</pre><!-- k --></main></body></html>\n"
        ),
        ("k.yaml", "locale: zh\nentries:\n  - { id: a, questions: [问, \"b\"], answer: |\n      答\n }\n"),
        ("a.csv", "text,intent,locale\n\"x, \"\"y\"\"\",a,en\nb,c,zh\n"),
        ("a.jsonl", "{\"text\": \"x\", \"intent\": \"a\"}\n{\"text\": \"\\u4f60\", \"label\": \"b\"}\n"),
        ("a.json", "{\"train\": [[\"x\\n\", \"a\"], [\"y\", \"b\"]], \"oos_val\": [[\"z\", \"oos\"]]}"),
        ("a", "x: [y]\n"),
        (
            "clu.json",
            "{\"assets\": {\"entities\": [{\"category\": \"S\", \"list\": {\"sublists\": [{\"listKey\": \"l\", \"synonyms\": [{\"values\": [\"b\"]}]}]}}],\n\"utterances\": [{\"text\": \"a big\", \"intent\": \"B\", \"entities\": [{\"category\": \"S\", \"offset\": 2, \"length\": 3}]}]}}"
        ),
        (
            "help.json",
            "{\"articles\": [{\"id\": 1, \"title\": \"T\", \"locale\": \"en-us\",\n\"body\": \"<h2 id='a'>x</h2><p>y&amp;<br>z</p><script>q</script>\"}]}"
        ), ("canned.json", "[{\"short_code\": \"a-b\",\n\"content\": \"c\"}]"),
        (
            "qna.json",
            "{\"qnas\": [{\"id\": \"1\", \"data\": {\"questions\": {\"en\": [\"q\"]},\n\"answers\": {\"en\": [\"a\"]}}}]}"
        ),
    ]
    static let projects = [
        RasaProjectTests.project, DialogflowTests.agent, DialogflowTests.package, BotpressTests.bot,
    ]
    static let splices = [
        "&a ", "*a", "<<: ", "? ", "- ", "[", "{", "\"", "'", "|\n", ">", "---\n", "...\n", "%YAML 1.1\n", "!!set ",
        "!<x> ",
        "\u{0}", "\r", "\n", "\t", "\\", "\\uD800", "{{", "](", ",", ";", "\u{FEFF}", "😀", "null", "~", ": ", "#",
        "null: x\n",
    ]

    @Test("no damaged file crashes the reader: it is read, or refused with a line of it", arguments: files)
    func mutated(name: String, text: String) throws {
        let folder = try TestFolder()
        var random = Randomness(state: UInt64(text.utf8.count))
        for _ in 0..<400 {
            let bytes = Self.damaged(Array(text.utf8), &random)
            try folder.write(name, Data(bytes))
            do {
                let content = try folder.read(name).content
                _ = ContentLint.check(content)
                #expect(content != BotContent())
            } catch {
                let lines = 2 + bytes.count { $0 == 10 || $0 == 13 }
                #expect(error.issues.allSatisfy { (1...lines).contains($0.place?.line ?? 0) }, "\(error)")
                #expect(!error.issues.isEmpty)
            }
        }
    }

    /// One to four changes at any places.
    private static func damaged(_ bytes: [UInt8], _ random: inout Randomness) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let index = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                bytes.insert(contentsOf: Array((splices.randomElement(using: &random) ?? "").utf8), at: index)
            case 1: bytes.removeSubrange(index..<min(bytes.count, index + 3))
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
            default: bytes.insert(contentsOf: bytes.suffix(bytes.count - index).prefix(20), at: bytes.count)
            }
        }
        return bytes
    }

    // In parts, for the cores to share.
    @Test("no damaged project crashes the reader, in a folder or in an archive", arguments: projects, 0..<3)
    func mutatedProjects(files: [String: String], part: Int) throws {
        var random = Randomness(state: UInt64(files.count * 3 + part))
        let names = files.keys.sorted()
        for round in 0..<50 {
            let folder = try TestFolder()
            let chosen = names.randomElement(using: &random) ?? ""
            var damaged = files.mapValues { Array($0.utf8) }
            damaged[chosen] = Self.damaged(damaged[chosen] ?? [], &random)
            let isArchive = round.isMultiple(of: 2) && files["domain.yml"] == nil
            let name = round.isMultiple(of: 3) ? "p.tgz" : "p.zip"
            if isArchive {
                let packed = names.map { ($0, Data(damaged[$0] ?? [])) }
                var archive = name == "p.tgz" ? TestWorkbook.tarball(packed) : TestWorkbook.zip(packed)
                if round.isMultiple(of: 4) { archive = Data(Self.damaged(Array(archive), &random)) }
                try folder.write(name, archive)
            } else {
                for (name, bytes) in damaged { try folder.write(name, Data(bytes)) }
            }
            do {
                let content = try folder.read(isArchive ? name : nil).content
                _ = ContentLint.check(content)
                #expect(content != BotContent())
            } catch {
                #expect(error.issues.allSatisfy { $0.place?.line ?? 0 >= 1 }, "\(error)")
                #expect(!error.issues.isEmpty)
            }
        }
    }
}
