import ConversationDomain
import Foundation
import IntentData
import NativeContent
import Testing

@Suite("Bounds on texts in files")
struct TextBoundTests {
    /// 800 kB; with every comparison that n² steps take, reading it would take minutes.
    private static let marks = "a" + String(repeating: "\u{301}\u{323}", count: 200_000)
    private static let escaped = "a" + String(repeating: #"\u0301\u0323"#, count: 20_000)
    private static let long = String(repeating: "where is it ", count: 700)

    @Test(
        "a run of marks that no language has is refused by its line, in every format and at once",
        arguments: [
            ("a.yaml", "intent: a\nexamples:\n  en:\n    - \(marks)\n", 4),
            ("a.yaml", "intent: a\nexamples:\n  en:\n    - \"\(escaped)\"\n", 4),
            ("a.yaml", "? \"\(escaped)\"\n: x\n", 1),
            ("a.yaml", "intent: a\nexamples: { en: [x] }\nanswers:\n  - en: \(marks)\n", 4),
            ("a.csv", "text,intent\nhello,a\n\"\(marks)\",a\n", 3),
            ("a.csv", "text,intent\nhello,\(marks)\n", 2),
            ("a.tsv", "text\tintent\n\(marks)\ta\n", 2),
            ("a.jsonl", #"{"text":"hi","intent":"a"}"# + "\n" + #"{"text":"\#(marks)","intent":"a"}"#, 2),
            ("a.jsonl", #"{"text":"\#(escaped)","intent":"a"}"#, 1),
            ("a.json", #"{"train":[["\#(marks)","a"]]}"#, 1),
            ("a.md", "---\nlocale: en\n---\n## What is \(marks)?\nThat.\n", 4),
        ])
    func runs(name: String, text: String, line: Int) throws {
        let folder = try TestFolder([name: text])
        let start = ContinuousClock.now
        #expect(
            folder.errors(name) == [
                "\(name):\(line): error: more than 60 combining marks in a row, expected at most 60"
            ])
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test("in label sets too")
    func labelSets() throws {
        let folder = try TestFolder(["a.csv": "text,mood\nfine,good\n\"\(Self.marks)\",good\n"])
        let error = #expect(throws: ContentFileError.self) {
            try LabelSetReader.read(ClassifierName(trusted: "mood"), from: [folder.file("a.csv")])
        }
        #expect(error?.issues.map(\.place?.line) == [3])
    }

    @Test("marks as languages have them are read")
    func languages() throws {
        // 60 marks; and a letter with two of them, a hundred times.
        let most = "a" + String(repeating: "\u{301}\u{323}", count: 30)
        let vietnamese = String(repeating: "e\u{302}\u{323}", count: 100)
        let folder = try TestFolder(["a.csv": "text,intent\n\(most),a\n\(vietnamese),a\n\"\\\\u0301\",a\n"])
        #expect(
            try folder.read("a.csv").content.intents[0].examples.map { UTF8Text($0.text) }.prefix(2) == [
                UTF8Text(most), UTF8Text(vietnamese),
            ])
    }

    @Test(
        "an example or an answer has at most 8,000 bytes",
        arguments: [
            ("a.yaml", "intent: a\nexamples:\n  en:\n    - \(long)\n", 4, "an example"),
            ("a.yaml", "intent: a\nexamples: { en: [x] }\nanswers:\n  - en: \(long)\n", 4, "the answer (en)"),
            ("a.csv", "text,intent\nhello,a\n\"\(long)\",a\n", 3, "the text"),
            ("a.jsonl", #"{"text":"\#(long)","intent":"a"}"#, 1, "the text"),
            ("a.md", "## What is it?\n\(long)\n", 2, "the answer of 'What is it?'"),
        ])
    func bytes(name: String, text: String, line: Int, what: String) throws {
        let (place, count) = ("\(name):\(line): error: \(what) has ", " bytes, expected at most 8000")
        let errors = try TestFolder([name: text]).errors(name)
        #expect(errors.count == 1)
        #expect(errors.first?.hasPrefix(place) == true && errors.first?.hasSuffix(count) == true, "\(errors)")
    }

    @Test("a label, a locale and a split have at most 512 bytes")
    func words() throws {
        let word = String(repeating: "a", count: 513)
        let folder = try TestFolder([
            "a.csv": "text,intent,locale,split\nx,\(word),en,train\nx,a,\(word),train\nx,a,en,\(word)\n"
        ])
        #expect(
            folder.errors("a.csv") == [
                "a.csv:2: error: the label has 513 bytes, expected at most 512",
                "a.csv:3: error: the locale has 513 bytes, expected at most 512",
                "a.csv:4: error: the split has 513 bytes, expected at most 512",
            ])
    }
}
