import ConversationDomain
import Foundation
import IntentData
import NativeContent
import Testing

@Suite struct ContentReaderTests {
    static func intent(_ name: String, _ example: String) -> String {
        "intent: \(name)\nexamples:\n  en:\n    - \(example)\n"
    }

    @Test("a folder is read in the order of its names, with its knowledge; what is not read is told")
    func folder() throws {
        let folder = try TestFolder([
            "b.yaml": Self.intent("b", "two"), "a.b.yml": Self.intent("a.b", "one"), "a.yaml": Self.intent("a", "zero"),
            "README.md": "# Read me", ".hidden.yaml": "x", "notes.txt": "x", "drafts/x.yaml": "x",
            "knowledge/k.yaml": "locale: en\nentries:\n  - { id: k, questions: [q], answer: a }\n",
            "knowledge/m.en.md": "## Why?\nSo.\n", "knowledge/README.md": "# Read me", "knowledge/x.pdf": "x",
        ])
        let result = try folder.read()
        #expect(result.content.intents.map(\.name.rawValue) == ["a", "a.b", "b"])
        #expect(result.content.knowledge.map(\.id.rawValue) == ["k", "m.en.why"])
        #expect(
            result.issues.map { folder.plain($0.description) } == [
                "notes.txt:1: warning: not read, expected *.yaml, *.csv, *.tsv, *.xlsx, *.json, *.jsonl and the folders 'knowledge' and 'phrases' here",
                "drafts:1: warning: the folder is not read, expected only 'knowledge', 'phrases', 'classifiers' and 'tests' here",
                "knowledge/x.pdf:1: warning: not read, expected *.md, *.html, *.yaml, *.csv, *.tsv, *.xlsx, *.json, *.jsonl here",
            ])
    }

    @Test("tables and JSON lie beside YAML, and in the folder of knowledge")
    func mixedFolder() throws {
        let folder = try TestFolder([
            "a.yaml": Self.intent("a", "one"), "b.csv": "text,intent\ntwo,a\nthree,b\n",
            "c.jsonl": "{\"text\":\"four\",\"intent\":\"c\"}\n", "knowledge/faq.csv": "question,answer\nWhen?,Now.\n",
        ])
        let result = try folder.read()
        #expect(result.content.intents.map(\.name.rawValue) == ["a", "b", "c"])
        #expect(result.content.intents.map(\.examples.count) == [2, 1, 1])
        #expect(result.content.knowledge.map(\.answer) == ["Now."])
    }

    @Test("places name a relative path as it was given")
    func relativePaths() throws {
        let folder = try TestFolder(["Intents/a.yaml": Self.intent("a", "one"), "b.yaml": Self.intent("b", "two")])
        let up = FileManager.default.currentDirectoryPath.split(separator: "/").map { _ in ".." }
        let base = up.joined(separator: "/") + folder.url.path
        let result = try ContentReader.read(paths: [
            URL(filePath: base + "/Intents/"), URL(filePath: base + "/b.yaml"),
        ])
        #expect(result.content.intents.map(\.place?.path) == [base + "/Intents/a.yaml", base + "/b.yaml"])
    }

    @Test("rows are added to the intent that has a file, and make an intent otherwise")
    func mixed() throws {
        let folder = try TestFolder([
            "a.yaml": "description: kept\n" + Self.intent("a", "one"), "rows.csv": "text,intent\ntwo,a\nthree,b\n",
        ])
        let result = try ContentReader.read(paths: [folder.file("rows.csv"), folder.file("a.yaml")])
        #expect(
            result.content.withoutPlaces.intents == [
                Intent(
                    name: IntentName(trusted: "a"), description: "kept", examples: [Example("one"), Example("two")]),
                Intent(name: IntentName(trusted: "b"), examples: [Example("three")]),
            ])
        #expect(result.content.intents[1].place == SourcePlace(path: folder.file("rows.csv").path, line: 3))
    }

    @Test("an example that an intent has twice is taken once, and told")
    func deduplicated() throws {
        let folder = try TestFolder([
            "a.yaml":
                "intent: a\nexamples:\n  en:\n    - Where is it?\n    - where  is it\n  zh:\n    - 在哪？\n    - 在哪\n"
        ])
        let result = try folder.read("a.yaml")
        #expect(result.content.intents[0].examples.map(\.text) == ["Where is it?", "在哪？"])
        #expect(
            result.issues.map { folder.plain($0.description) } == [
                "a.yaml:5: warning: the intent 'a' already has 'where  is it' (a.yaml:4); the second is left out",
                "a.yaml:8: warning: the intent 'a' already has '在哪' (a.yaml:7); the second is left out",
            ])
    }

    @Test("the errors of all files are told together")
    func allFiles() throws {
        let folder = try TestFolder([
            "a.yaml": "intent: a\nx: y\n", "b.yaml": Self.intent("b", "fine"), "knowledge/k.md": "## Q\n",
        ])
        #expect(
            folder.errors() == [
                "a.yaml:2: error: unknown key 'x' in an intent, expected intent, description, title, act, confirm, examples, reviewed, slots, action or answers",
                "knowledge/k.md:1: error: the answer of 'Q' is empty",
            ])
    }

    @Test(
        "the format is found out from the beginning of a file whose name does not tell",
        arguments: [
            ("a.txt", "text,intent\none,a\n"), ("a", "\nlabel\ttext\na\tone\n"), ("a.txt", "text;intent\none;a\n"),
            ("a.json", "{\"text\": \"one\", \"intent\": \"a\"}\n"), ("a.json", "{\"train\": [[\"one\", \"a\"]]}"),
            ("a.json", "{\n \"val\": [[\"one\", \"a\"]]}"), ("a.conf", "# x\nintent: a\nexamples: { en: [one] }\n"),
        ])
    func detection(name: String, text: String) throws {
        let folder = try TestFolder([name: text])
        #expect(
            try folder.read(name).content.withoutPlaces.intents == [
                Intent(name: IntentName(trusted: "a"), examples: [Example("one")])
            ])
    }

    @Test("an import of nothing is refused, since it could replace everything")
    func nothing() throws {
        let folder = try TestFolder(["README.md": "# Read me", "a.csv": "text,intent,split\nx,a,test\n"])
        let message = "error: nothing to import, expected intents, examples or knowledge"
        #expect(folder.errors() == [".:1: " + message])
        #expect(folder.errors("a.csv") == ["a.csv:1: " + message])
    }

    @Test("what cannot be read at all is told")
    func unreadable() throws {
        let folder = try TestFolder(["a.txt": "hello\n", "b/c.yaml": Self.intent("c", "x")])
        #expect(
            folder.errors("a.txt") == [
                "a.txt:1: error: cannot tell the format; expected YAML, CSV, TSV, JSON lines or CLINC150's JSON"
            ])
        #expect(folder.errors("x.yaml") == ["x.yaml:1: error: there is no such file, or it may not be read"])
        #expect(folder.errors("b", format: .csv) == ["b:1: error: is a folder; expected one csv file"])
        let device = #expect(throws: ContentFileError.self) {
            try ContentReader.read(paths: [URL(filePath: "/dev/zero")])
        }
        #expect(device?.description == "/dev/zero:1: error: not a plain file")
    }
}
