import ConversationDomain
import Foundation
import IntentData
import NativeContent
import Testing

@Suite struct LabelledRowsTests {
    /// `intent/locale: text` with the line, for each example.
    static func told(_ result: ReadResult) -> [String] {
        result.content.intents.flatMap { intent in
            intent.examples.map { "\(intent.name)/\($0.locale):\($0.place?.line ?? 0): \($0.text)" }
        }
    }

    @Test("a table's columns are found by any of their names, in any case and order")
    func columns() throws {
        let folder = try TestFolder([
            "a.csv": "Category,Utterance,LANG\norder,where is it,de\n",
            "b.csv": "label ; phrase ; split \norder ; where is it ;train \norder;x; test \n",
            "c.tsv": "sentence\tintent\nwhere is it\torder\n", "d.csv": "\u{FEFF}\"query\",\"intent\"\r\nwo,order\r\n",
            "e.csv": "label,text,intent\nwrong,where,right\n",
        ])
        #expect(Self.told(try folder.read("a.csv")) == ["order/de:2: where is it"])
        #expect(Self.told(try folder.read("b.csv")) == ["order/en:2: where is it"])
        #expect(Self.told(try folder.read("c.tsv")) == ["order/en:2: where is it"])
        #expect(Self.told(try folder.read("d.csv")) == ["order/en:2: wo"])
        #expect(Self.told(try folder.read("e.csv")) == ["right/en:2: where"])
        #expect(try folder.warnings("e.csv") == ["e.csv:1: warning: the column 'label' is not used"])
    }

    @Test("quoted fields may have delimiters, quotes and line ends, and later lines keep their numbers")
    func quoting() throws {
        let folder = try TestFolder([
            "a.csv": "text,intent\n\"one, \"\"two\"\"\nthree\",a\n\n四,a\n\"x\r\ny\",b\n[not](marked),b\n"
        ])
        #expect(
            Self.told(try folder.read("a.csv")) == [
                "a/en:2: one, \"two\"\nthree", "a/zh:5: 四", "b/en:6: x\r\ny", "b/en:8: [not](marked)",
            ])
    }

    @Test("test rows are left out unless they are asked for")
    func splits() throws {
        let folder = try TestFolder([
            "a.csv": "text,intent,split\none,a,train\ntwo,a,Test\nthree,a,val\nfour,a,\n"
        ])
        func read(_ split: SplitChoice) throws -> [String] {
            try folder.read("a.csv", options: ReadOptions(split: split)).content.intents.flatMap(\.examples).map(\.text)
        }
        #expect(try read(.allButTest) == ["one", "three", "four"])
        #expect(try read(.all) == ["one", "two", "three", "four"])
        #expect(try read(.only("validation")) == ["three", "four"])
    }

    @Test("mistakes in a table are told with their lines")
    func tableMistakes() throws {
        let folder = try TestFolder([
            "a.csv": "text,intent,locale\n,a,en\nx,,en\nx,a,english\nx,a,en,z\nx,???,en\nx,a b,en\ny,a_b,en\n",
            "b.csv": "subject,intent\nx,a\n", "c.csv": "text,intent\nx,a\n\"y\"z,a\n",
            "d.csv": "text,intent\nx,a\n\"y,a\nz,a\n", "e.csv": "",
        ])
        #expect(
            folder.errors("a.csv") == [
                "a.csv:2: error: the text is empty", "a.csv:3: error: the intent is empty",
                "a.csv:4: error: the locale is 'english', expected a language tag such as en or zh-TW",
                "a.csv:5: error: 4 columns, expected 3 as in the first line; a text with the delimiter in it stands in quotes",
                "a.csv:6: error: the intent cannot be '???', expected 1 to 128 letters, digits and . _ - / :",
                "a.csv:8: error: the intents 'a b' and 'a_b' would both be named 'a_b'; rename one",
            ])
        let header =
            "error: the first line must name the columns: text|utterance|query|phrase|sentence and intent|label|category, also perhaps locale|lang|language and split"
        #expect(folder.errors("b.csv") == ["b.csv:1: " + header])
        #expect(
            folder.errors("c.csv") == [
                "c.csv:3: error: text after a closing quote; expected a delimiter, and \"\" for a quote in quotes"
            ])
        #expect(folder.errors("d.csv") == ["d.csv:3: error: a quote is not closed"])
        #expect(folder.errors("e.csv") == ["e.csv:1: " + header])
    }

    @Test("a label that no name can be is changed, and this is told once")
    func labels() throws {
        let folder = try TestFolder(["a.csv": "text,intent\none,has it arrived?\ntwo,has it arrived?\nthree,oos\n"])
        #expect(
            Self.told(try folder.read("a.csv")) == [
                "has_it_arrived/en:2: one", "has_it_arrived/en:3: two", "out_of_scope/en:4: three",
            ])
        #expect(
            try folder.warnings("a.csv") == [
                "a.csv:2: warning: the intent 'has it arrived?' is named 'has_it_arrived', since a name has letters, digits and . _ - / :"
            ])
    }

    @Test("labels that the owner calls foreign are out_of_scope; one that no row has is refused")
    func foreign() throws {
        let folder = try TestFolder([
            "a.csv": "text,intent\none,NO_NODES\ntwo, 其他 \nthree,no_nodes\nfour,out_of_scope\n"
        ])
        let options = ReadOptions(foreignLabels: ["NO_NODES", "其他"])
        #expect(
            Self.told(try folder.read("a.csv", options: options)) == [
                "out_of_scope/en:2: one", "out_of_scope/en:3: two", "out_of_scope/en:5: four", "no_nodes/en:4: three",
            ])
        #expect(
            folder.errors("a.csv", options: ReadOptions(foreignLabels: ["NO_NODES", "none"])) == [
                "a.csv:1: error: no row has the label 'none', which was said to be foreign"
            ])
    }

    @Test("too many rows are refused where they become too many")
    func rowLimit() throws {
        let folder = try TestFolder(["a.csv": "text,intent\none,a\ntwo,a\nthree,a\n"])
        var options = ReadOptions()
        options.limits.rows = 2
        #expect(
            folder.errors("a.csv", options: options) == ["a.csv:4: error: more than 2 examples; expected fewer rows"])
    }

    @Test("JSON lines are read, blank lines skipped, unknown keys told once")
    func jsonLines() throws {
        let folder = try TestFolder([
            "a.jsonl": """
            {"text": "where", "intent": "a", "tokens": [["x"]]}

            {"utterance": "哪里", "label": "a", "locale": null, "tokens": 1}\r
            {"query": "wo", "category": "b", "lang": "de", "split": "test"}
            """
        ])
        #expect(Self.told(try folder.read("a.jsonl")) == ["a/en:1: where", "a/zh:3: 哪里"])
        #expect(
            Self.told(try folder.read("a.jsonl", options: ReadOptions(split: .only("test")))) == [
                "a/en:1: where", "a/zh:3: 哪里", "b/de:4: wo",
            ])
        #expect(try folder.warnings("a.jsonl") == ["a.jsonl:1: warning: the key 'tokens' is not used"])
    }

    @Test("mistakes in JSON lines are told with their lines")
    func jsonLineMistakes() throws {
        let deep = String(repeating: "[", count: 5_000)
        let folder = try TestFolder([
            "a.jsonl": """
            {"text": "x"}
            {"text": "x", "intent": 5}
            ["x", "a"]
            {"intent": "a"}
            {"text": "x", "intent": "a", "deep": \(deep)
            """
        ])
        let notObject = "error: not a JSON object, expected {\"text\": …, \"intent\": …}"
        #expect(
            folder.errors("a.jsonl") == [
                "a.jsonl:1: error: the key 'intent' or 'label' or 'category' is missing",
                "a.jsonl:2: error: 'intent' must be a string", "a.jsonl:3: " + notObject,
                "a.jsonl:4: error: the key 'text' or 'utterance' or 'query' or 'phrase' or 'sentence' is missing",
                "a.jsonl:5: " + notObject,
            ])
    }

    @Test("CLINC150's JSON is read without its test splits, and oos is out_of_scope")
    func clinc() throws {
        let folder = try TestFolder([
            "data.json": """
            {
              "train": [["where is \\"it\\"", "order"],
                ["caf\\u00e9", "food"]],
              "val": [],
              "oos_train": [["what is love", "oos"]],
              "test": [["not me", "order"]], "oos_test": [["nor me", "oos"]]
            }
            """
        ])
        #expect(
            Self.told(try folder.read("data.json")) == [
                "order/en:2: where is \"it\"", "food/en:3: café", "out_of_scope/en:5: what is love",
            ])
        let test = try folder.read("data.json", format: .clinc, options: ReadOptions(split: .only("test")))
        #expect(Self.told(test) == ["order/en:6: not me", "out_of_scope/en:6: nor me"])
    }

    @Test(
        "what is not CLINC150's JSON is told with the line",
        arguments: [
            ("{}", 1, "not CLINC150's JSON: expected a split's name in quotes"),
            ("{\"train\": [[\"x\",\n5]]}", 2, "not CLINC150's JSON: expected [\"text\", \"intent\"]"),
            ("{\"train\": [[\"x\", \"a\", \"b\"]]}", 1, "not CLINC150's JSON: expected [\"text\", \"intent\"]"),
            (
                "{\n\"data\": []}", 2,
                "unknown split 'data', expected train, val, valid, validation, dev, test, oos_train, oos_val or oos_test"
            ), ("{\"train\": [[\"x", 1, "a string is not closed"),
            ("{\"train\": [[\"\\x\", \"a\"]]}", 1, "a string has an invalid escape"),
            ("{\"train\": []}\n}", 2, "text after the closing '}'"),
        ])
    func clincMistakes(text: String, line: Int, message: String) throws {
        let folder = try TestFolder(["a.json": text])
        #expect(folder.errors("a.json", format: .clinc) == ["a.json:\(line): error: \(message)"])
    }

    @Test("a hundred thousand rows are read in seconds")
    func manyRows() throws {
        let rows = (0..<100_000).map { "\"where is order number \($0)\",intent_\($0 % 50)" }.joined(separator: "\n")
        let folder = try TestFolder(["a.csv": "text,intent\n" + rows])
        let start = ContinuousClock.now
        let result = try folder.read("a.csv")
        #expect(result.content.intents.map(\.examples.count) == Array(repeating: 2_000, count: 50))
        #expect(ContinuousClock.now - start < .seconds(60))
    }

    @Test("JSON lines may mark entities, which keep their places when the text is trimmed")
    func slots() throws {
        let folder = try TestFolder([
            "a.jsonl": """
            {"text": " fly to 东京 now", "intent": "fly", "slots": [{"slot": "city", "start": 8, "end": 10, "value": "东京"}]}
            {"text": "go", "intent": "fly", "entities": [{"entity": "verb", "start": 0, "end": 2}]}
            {"text": "stay", "intent": "fly", "slots": null}
            """,
            "bad.jsonl": """
            {"text": "go", "intent": "fly", "slots": [{"slot": "verb", "start": 0, "end": 3}]}
            {"text": "go on", "intent": "fly", "slots": [{"slot": "a", "start": 0, "end": 3}, {"slot": "b", "start": 2, "end": 4}]}
            {"text": "go", "intent": "fly", "slots": "verb"}
            {"text": "go", "intent": "fly", "slots": [{"slot": "a verb", "start": 0, "end": 2}]}
            """,
        ])
        let examples = try #require(try folder.read("a.jsonl").content.intents.first?.examples)
        #expect(examples.map(\.text) == ["fly to 东京 now", "go", "stay"])
        #expect(
            examples.map(\.spans) == [
                [EntitySpan(entity: EntityName(trusted: "city"), start: 7, end: 9)],
                [EntitySpan(entity: EntityName(trusted: "verb"), start: 0, end: 2)], [],
            ])
        #expect(
            folder.errors("bad.jsonl") == [
                "bad.jsonl:1: error: the slot 'verb' from 0 to 3 is not in the text or overlaps another one",
                "bad.jsonl:2: error: the slot 'b' from 2 to 4 is not in the text or overlaps another one",
                "bad.jsonl:3: error: 'slots' must be a list of {\"slot\": …, \"start\": …, \"end\": …}",
                "bad.jsonl:4: error: the slot cannot be 'a verb', expected 1 to 128 letters, digits and . _ - / :",
            ])
    }
}
