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
        ("k.yaml", "locale: zh\nentries:\n  - { id: a, questions: [问, \"b\"], answer: |\n      答\n }\n"),
        ("a.csv", "text,intent,locale\n\"x, \"\"y\"\"\",a,en\nb,c,zh\n"),
        ("a.jsonl", "{\"text\": \"x\", \"intent\": \"a\"}\n{\"text\": \"\\u4f60\", \"label\": \"b\"}\n"),
        ("a.json", "{\"train\": [[\"x\\n\", \"a\"], [\"y\", \"b\"]], \"oos_val\": [[\"z\", \"oos\"]]}"),
        ("a", "x: [y]\n"),
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
            var bytes = Array(text.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0...bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0:
                    bytes.insert(contentsOf: Array((Self.splices.randomElement(using: &random) ?? "").utf8), at: index)
                case 1: bytes.removeSubrange(index..<min(bytes.count, index + 3))
                case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
                default: bytes.insert(contentsOf: bytes.suffix(bytes.count - index).prefix(20), at: bytes.count)
                }
            }
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
}
