import ConversationDomain
import Foundation
import IntentData
import ModelRecords
import NativeContent
import Testing

@Suite("Label sets in files")
struct LabelSetReaderTests {
    private static let sentiment = ClassifierName(trusted: "sentiment")

    private static func read(_ folder: TestFolder, _ paths: String..., split: SplitChoice = .allButTest) throws
        -> LabelSetReading
    {
        try LabelSetReader.read(
            sentiment, from: paths.map(folder.file), options: ReadOptions(split: split))
    }

    /// `label: text` with the line of each.
    private static func told(_ reading: LabelSetReading) -> [String] {
        reading.set.texts.map { "\($0.place?.line ?? 0) \($0.label): \($0.text)" }
    }

    private static func errors(_ folder: TestFolder, _ path: String) -> [String] {
        do {
            _ = try read(folder, path)
            return []
        } catch {
            return "\(error)".split(separator: "\n").map { folder.plain(String($0)) }
        }
    }

    @Test("a column of the classifier's own name goes before others, so that one table serves intents and classifiers")
    func columns() throws {
        let folder = try TestFolder([
            "a.csv": "text,intent,Sentiment\nwhere is it,order,neutral\nnever again,complaint,negative\n",
            "b.tsv": "label\tsentence\npositive\tlovely\n",
            "c.jsonl": #"{"text": "lovely", "intent": "positive"}"# + "\n"
                + #"{"text": "很好", "sentiment": "positive", "intent": "x", "stars": 5}"# + "\n",
            "d.csv": "text,sentiment,split\na,x,train\nb,y,test\n",
        ])
        #expect(
            Self.told(try Self.read(folder, "a.csv")) == ["2 neutral: where is it", "3 negative: never again"])
        #expect(Self.told(try Self.read(folder, "b.tsv")) == ["2 positive: lovely"])
        #expect(Self.told(try Self.read(folder, "c.jsonl")) == ["1 positive: lovely", "2 positive: 很好"])
        #expect(Self.told(try Self.read(folder, "d.csv")) == ["2 x: a"])
        #expect(Self.told(try Self.read(folder, "d.csv", split: .only("test"))) == ["3 y: b"])
    }

    @Test("YAML lists the texts of each label, and must be of the classifier that was asked for")
    func yaml() throws {
        let folder = try TestFolder([
            "a.yaml": "classifier: sentiment\nlabels:\n  positive:\n    - lovely: really\n    - \"*\"\n",
            "b.yaml": "classifier: sentiment\nlabels:\n  positive: [lovely, 好]\n  no: [bad]\n",
            "c.yaml": "classifier: topic\nlabels:\n  a: [b]\nmore: 1\n",
        ])
        #expect(Self.errors(folder, "a.yaml") == ["a.yaml:4: error: a text must be text, found keys with values"])
        #expect(Self.told(try Self.read(folder, "b.yaml")) == ["3 positive: lovely", "3 positive: 好", "4 no: bad"])
        #expect(
            Self.errors(folder, "c.yaml") == [
                "c.yaml:4: error: unknown key 'more' in a label set, expected classifier or labels",
                "c.yaml:1: error: the label set is of the classifier 'topic', expected 'sentiment'",
            ])
        #expect(folder.errors("b.yaml") == ["b.yaml:1: error: a label set; import it with '--classifier NAME'"])
    }

    @Test("a text with two labels is left out with both places named; a repeat is left out too")
    func conflicts() throws {
        let folder = try TestFolder([
            "a.csv": "text,label\nfine,positive\nmeh,negative\nfine,positive\n", "b.csv": "text,label\nmeh,positive\n",
        ])
        let reading = try Self.read(folder, "a.csv", "b.csv")
        #expect(Self.told(reading) == ["2 positive: fine"])
        #expect(
            reading.issues.map { folder.plain($0.description) } == [
                "a.csv:4: warning: 'fine' stands at a.csv:2 already; the second is left out",
                "b.csv:2: warning: 'meh' is 'positive' here and 'negative' at a.csv:3; both are left out, expected one of them",
            ])
    }

    @Test("labels become names, stray control characters become spaces, and both are told")
    func cleaned() throws {
        let folder = try TestFolder(["a.csv": "text,label\nso\u{1}so,very good\nwell,very good\n"])
        let reading = try Self.read(folder, "a.csv")
        #expect(Self.told(reading) == ["2 very_good: so so", "3 very_good: well"])
        #expect(
            reading.issues.map { folder.plain($0.description) } == [
                "a.csv:2: warning: the text has control characters; they are read as spaces",
                "a.csv:2: warning: the label 'very good' is named 'very_good', since a name has letters, digits and . _ - / :",
            ])
    }

    @Test("what is no label set is refused with its line")
    func refused() throws {
        let many = (0...200).map { "text \($0),label\($0)" }.joined(separator: "\n")
        let folder = try TestFolder([
            "many.csv": "text,label\n\(many)\n", "empty.csv": "text,label\n", "none.csv": "text,stars\ngood,5\n",
            "blank.csv": "text,label\n ,a\nb,\n", "kept.csv": "text,label\na,out_of_scope\n", "a.md": "# Hello\n",
        ])
        #expect(
            Self.errors(folder, "many.csv") == [
                "many.csv:202: error: more than 200 labels, 'label200' is the next; expected a column of labels"
            ])
        #expect(
            Self.errors(folder, "empty.csv") == [
                "empty.csv:1: error: no texts with a label for 'sentiment' are left to import"
            ])
        #expect(
            Self.errors(folder, "none.csv") == [
                "none.csv:1: error: the first line must name the columns: text|utterance|query|phrase|sentence and sentiment|label|category|intent, also perhaps locale|lang|language and split"
            ])
        #expect(
            Self.errors(folder, "blank.csv") == [
                "blank.csv:2: error: the text is empty", "blank.csv:3: error: the label is empty",
            ])
        #expect(
            Self.errors(folder, "kept.csv") == [
                "kept.csv:2: error: the label 'out_of_scope' is kept for the intents; expected another name"
            ])
        #expect(
            Self.errors(folder, "a.md") == [
                "a.md:1: error: not a table; expected CSV, TSV, JSON lines or CLINC150's JSON"
            ])
    }

    @Test("what is exported beside the intents is found again by the files' names")
    func roundTrip() throws {
        let folder = try TestFolder()
        let texts = [("a \"quote\"\n", "x"), ("好", "y")].map { text, label in
            LabelSetText(
                text: text.trimmingCharacters(in: .whitespacesAndNewlines), label: LabelName(trusted: label))
        }
        let set = LabelSet(classifier: Self.sentiment, texts: texts)
        let intent = Intent(name: IntentName(trusted: "greeting"), examples: [Example("hello")])
        let outcome = try ContentWriter.write(
            BotContent(intents: [intent]), labelSets: [set], to: folder.url.appending(path: "out"))
        #expect(outcome.written == ["greeting.yaml", "classifiers/sentiment.jsonl"])
        try folder.write("out/classifiers/sentiment.more.csv", Data("text,label\nz,y\n".utf8))
        let files = try LabelSetReader.files(in: folder.file("out"))
        #expect(
            files.mapValues { $0.map(\.lastPathComponent) } == [
                Self.sentiment: ["sentiment.jsonl", "sentiment.more.csv"]
            ])
        let read = try LabelSetReader.read(Self.sentiment, from: files[Self.sentiment] ?? [])
        #expect(read.set.texts.map(\.text) == ["a \"quote\"", "好", "z"])
        #expect(read.set.texts.map(\.label.rawValue) == ["x", "y", "y"])
        #expect(try folder.read("out").content.intents.map(\.name) == [intent.name])
        #expect(try folder.read("out").issues.contains { $0.message.contains("folder") } == false)
        try folder.write("out/classifiers/1.csv", Data())
        #expect(throws: ContentFileError.self) { try LabelSetReader.files(in: folder.file("out")) }
    }
}
