import ConversationDomain
import Foundation
import IntentData
import NativeContent
import Testing

@Suite struct YAMLSafetyTests {
    @Test(
        "anchors and aliases are refused, wherever they stand",
        arguments: [
            ("intent: &a x", 1), ("intent: a\nexamples: &a\n  en: [x]", 2), ("intent: a\ndescription: *a", 2),
            ("intent: a\nexamples:\n  en:\n    - *x", 4), ("intent: a\nexamples: { en: [x, *x] }", 2),
        ])
    func anchors(yaml: String, line: Int) throws {
        let errors = try TestFolder.errors(yaml: yaml)
        #expect(errors.count == 1)
        #expect(errors[0].hasPrefix("a.yaml:\(line): error: a"))
        #expect(errors[0].contains("are not supported"))
    }

    @Test("a billion laughs is refused at once, as values and as keys")
    func laughs() throws {
        var values = "a0: &a0 [x]\n"
        var keys = "a0: &a0 [x]\n"
        for level in 1...40 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            values += "a\(level): &a\(level) [\(aliases)]\n"
            keys += "? &a\(level) [\(aliases)]\n: x\n"
        }
        let refusal = ["a.yaml:1: error: anchors (&name) are not supported"]
        let start = ContinuousClock.now
        #expect(try TestFolder.errors(yaml: values) == refusal)
        #expect(try TestFolder.errors(yaml: keys) == refusal)
        let elapsed = ContinuousClock.now - start
        #expect(elapsed < .seconds(5))
    }

    @Test("asterisks and ampersands in text are text")
    func asterisks() throws {
        let folder = try TestFolder([
            "a.yaml": """
            intent: a
            examples:
              en:
                - press *21# or 2*3 & 4 &x
                - "*bold*"
                - '*️⃣ keys'
                - |
                  *literal*
                - "\u{E000} stays"
            """
        ])
        #expect(
            try folder.read("a.yaml").content.intents[0].examples.map(\.text) == [
                "press *21# or 2*3 & 4 &x", "*bold*", "*️⃣ keys", "*literal*", "\u{E000} stays",
            ])
    }

    @Test("deep nesting is refused")
    func nesting() throws {
        let deep = String(repeating: "[", count: 17) + String(repeating: "]", count: 17)
        #expect(
            try TestFolder.errors(yaml: "intent: a\nexamples: \(deep)") == [
                "a.yaml:2: error: nested deeper than 16 levels"
            ])
        let abyss = String(repeating: "[", count: 100_000)
        let errors = try TestFolder.errors(yaml: "intent: \(abyss)")
        #expect(
            errors == [
                "a.yaml:1: error: not valid YAML: Maximum nesting level reached, set with yaml_set_max_nest_level())"
            ])
    }

    @Test("what is no YAML is told with its line")
    func invalid() throws {
        #expect(
            try TestFolder.errors(yaml: "intent: a\nexamples:\n  en:\n  - x\n - y\n") == [
                "a.yaml:5: error: not valid YAML: did not find expected key"
            ])
        #expect(
            try TestFolder.errors(yaml: "intent: a\nintent: b\n") == ["a.yaml:1: error: the key 'intent' occurs twice"])
        #expect(
            try TestFolder.errors(yaml: "intent: a\n---\nintent: b\n") == [
                "a.yaml:2: error: only one YAML document per file"
            ])
        #expect(
            try TestFolder.errors(yaml: "intent: a\ndescription: \u{1}\n") == [
                "a.yaml:2: error: not valid YAML: control characters are not allowed"
            ])
        #expect(
            try TestFolder.errors(yaml: "# nothing\n") == [
                "a.yaml:1: error: the file is empty; expected an intent, knowledge, entities, settings or teams"
            ])
        #expect(
            try TestFolder.errors(yaml: "- a\n") == [
                "a.yaml:1: error: an intent must be keys with values, found a list",
                "a.yaml:1: error: the key 'intent' with the intent's name is missing",
            ])
    }

    @Test("files in other encodings are refused with the line")
    func encodings() throws {
        let folder = try TestFolder()
        try folder.write("gbk.yaml", Data("intent: a\ndescription: ".utf8) + Data([0xD6, 0xD0]))
        try folder.write("utf16.yaml", Data([0xFF, 0xFE, 0x69, 0x00]))
        #expect(
            folder.errors("gbk.yaml") == ["gbk.yaml:2: error: not valid UTF-8; save the file in that encoding"])
        #expect(folder.errors("utf16.yaml") == ["utf16.yaml:1: error: encoded as UTF-16; expected UTF-8"])
    }
}
