import ConversationDomain
import Foundation
import IntentData
import NativeContent
import Testing

@Suite("Files that measure a bot")
struct UtteranceReaderTests {
    /// `text: label, label`; an entry is written `#id`.
    private func told(_ reading: UtteranceReading) -> [String] {
        reading.utterances.map { utterance in
            let labels = utterance.labels.map { label in
                switch label {
                case .name(let name): name.rawValue
                case .knowledge(let id): "#\(id)"
                }
            }
            return "\(utterance.text): \(labels.joined(separator: ", "))"
        }
    }

    private func errors(_ folder: TestFolder, _ file: String) -> [String] {
        do {
            _ = try UtteranceReader.read(folder.file(file))
            return []
        } catch {
            return error.description.split(separator: "\n").map { folder.plain(String($0)) }
        }
    }

    @Test("a row names an intent, an entry or both; repeats stay")
    func rows() throws {
        let folder = try TestFolder([
            "a.csv": "text,intent,knowledge\none,a,\ntwo,,late.en\nthree,b, late.en \none,a,\n",
            "b.csv": "text,knowledge\ntwo,late.en", "e.csv": "text,intent,knowledge\ntwo,,late.en\none,a,",
            "c.jsonl": """
            {"text": "one", "intent": "a"}
            {"text": "two", "knowledge": "late.en", "intent": null}
            """,
        ])
        #expect(
            try told(UtteranceReader.read(folder.file("a.csv"))) == [
                "one: a", "two: #late.en", "three: b, #late.en", "one: a",
            ])
        #expect(try told(UtteranceReader.read(folder.file("b.csv"))) == ["two: #late.en"])
        #expect(try told(UtteranceReader.read(folder.file("e.csv"))) == ["two: #late.en", "one: a"])
        #expect(try told(UtteranceReader.read(folder.file("c.jsonl"))) == ["one: a", "two: #late.en"])
    }

    @Test("content is read by its examples and questions")
    func content() throws {
        let folder = try TestFolder([
            "order.yaml": "intent: order\nexamples:\n  en: [where is it, track it]\n",
            "knowledge/shop.yaml":
                "locale: en\nentries:\n  - { id: hours, questions: [when are you open], answer: At nine. }\n",
        ])
        #expect(
            try told(UtteranceReader.read(folder.url)) == [
                "where is it: order", "track it: order", "when are you open: #hours",
            ])
    }

    @Test("foreign labels are told apart by their bytes, and those that were met are told")
    func foreign() throws {
        let folder = try TestFolder(["a.csv": "text,intent\none,oos\ntwo,None\nthree,none\n"])
        let reading = try UtteranceReader.read(
            folder.file("a.csv"), options: ReadOptions(foreignLabels: ["none", "其他"]))
        #expect(told(reading) == ["one: out_of_scope", "two: None", "three: out_of_scope"])
        #expect(reading.foreignLabels == ["none"])
    }

    @Test("what is wrong is told with its line and what was expected")
    func mistakes() throws {
        let folder = try TestFolder([
            "a.csv": "text,intent,knowledge\none,,\n,a,\ntwo,,not an id\n", "b.csv": "text,answer\none,two\n",
            "c.csv": "text,intent\n", "d.jsonl": "{\"text\": \"one\"}\n",
        ])
        #expect(
            errors(folder, "a.csv") == [
                "a.csv:2: error: the intent is empty", "a.csv:3: error: the text is empty",
                "a.csv:4: error: the entry's id cannot be 'not an id', expected 1 to 128 letters, digits and . _ - / :",
            ])
        #expect(
            errors(folder, "b.csv") == [
                "b.csv:1: error: the first line must name the columns: text|utterance|query|phrase|sentence and intent|label|category|knowledge, also perhaps locale|lang|language and split"
            ])
        #expect(errors(folder, "c.csv") == ["c.csv:1: error: no texts with a label are left to measure on"])
        #expect(
            errors(folder, "d.jsonl") == [
                "d.jsonl:1: error: the key 'intent' or 'label' or 'category' or 'knowledge' is missing"
            ])
    }
}
