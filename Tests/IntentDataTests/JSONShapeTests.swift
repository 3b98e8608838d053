import ConversationDomain
import Foundation
import IntentData
import NativeContent
import Testing

@Suite("The shapes of JSON files")
struct JSONShapeTests {
    @Test(
        "texts with their intents are read in the shapes that they come in",
        arguments: [
            ("a.json", #"[{"text": "ring it", "intent": "door"}]"#),
            ("a.json", "[\n {\"utterance\": \"ring it\",\n  \"label\": \"door\"}\n]"),
            ("a.json", #"[["ring it", "door"]]"#),
            ("a.json", #"{"data": [{"sentence": "ring it", "category": "door"}]}"#),
            ("a.json", #"{"rows": [{"row_idx": 0, "row": {"text": "ring it", "label": "door"}}]}"#),
            ("a.json", #"{"text": ["ring it"], "intent": ["door"]}"#), ("a.json", #"{"door": ["ring it"]}"#),
            (
                "a.json",
                #"{"train": [{"text": "ring it", "intent": "door"}], "test": [{"text": "no", "intent": "door"}]}"#
            ),
            ("a.json", #"{"intents": [{"tag": "door", "patterns": ["ring it"]}]}"#),
            ("a.json", #"{"intents": [{"name": "door", "examples": ["ring it"], "context": ""}]}"#),
            (
                "a.json",
                #"{"rasa_nlu_data": {"common_examples": [{"text": "ring it", "intent": "door", "entities": []}]}}"#
            ),
            (
                "a.json",
                #"{"luis_schema_version": "7.0.0", "utterances": [{"text": "ring it", "intent": "door", "entities": []}]}"#
            ),
            ("a.json", #"{"assets": {"utterances": [{"text": "ring it", "intent": "door", "language": "en-us"}]}}"#),
            ("a.jsonl", #"{"text": "ring it", "label": 4, "label_text": "door"}"#),
            ("a.jsonl", #"{"text": "ring it", "label": 4, "label_class": "door"}"#),
            ("a.json", #"[{"文本": "ring it", "意图": "door"}]"#),
            ("a.yml", "version: \"3.1\"\nnlu:\n- intent: door\n  examples: |\n    - ring it\n"),
            ("a.yml", "nlu:\n- intent: door\n  examples:\n  - text: |\n      ring it\n"),
        ])
    func shapes(name: String, text: String) throws {
        #expect(TableTests.told(try TestFolder([name: text]).read(name)) == ["door: ring it"])
    }

    @Test("intents.json brings its responses, also of an intent without patterns")
    func tutorial() throws {
        let folder = try TestFolder([
            "intents.json": """
            {"intents": [
              {"tag": "door", "patterns": ["ring it", "knock"], "responses": ["Coming!", "Who is it?"], "context": [""]},
              {"tag": "nothing", "patterns": [], "responses": ["Pardon?"]},
              {"tag": "empty", "patterns": [""]}
            ]}
            """
        ])
        let result = try folder.read("intents.json")
        #expect(TableTests.told(result) == ["door: ring it", "door: knock"])
        #expect(
            result.content.intents.map { $0.answers.flatMap { $0.text.values } } == [
                ["Coming!", "Who is it?"], ["Pardon?"],
            ])
        #expect(
            result.issues.map { folder.plain($0.description) } == [
                "intents.json:2: warning: the key 'context' is not used",
                "intents.json:4: warning: the intent 'empty' has no examples; it is left out",
                "intents.json:1: note: read as intents.json with patterns and responses of 3 intents",
            ])
    }

    @Test("entities keep their places")
    func entities() throws {
        let folder = try TestFolder([
            "rasa.json":
                #"{"rasa_nlu_data": {"common_examples": [{"text": "to 东京 now", "intent": "fly", "entities": [{"start": 3, "end": 5, "value": "Tokyo", "entity": "city"}]}], "entity_synonyms": [{"value": "Tokyo", "synonyms": ["东京"]}]}}"#,
            "luis.json":
                #"{"utterances": [{"text": "to Rome", "intent": "fly", "entities": [{"entity": "city", "startPos": 3, "endPos": 6}]}]}"#,
            "nlu.yml":
                "nlu:\n- intent: fly\n  examples: |\n    - to [Rome](city) at [nine]{\"entity\": \"hour\", \"value\": \"9\"} [sic]\n- synonym: Tokyo\n  examples: |\n    - 东京\n",
        ])
        func spans(_ name: String) throws -> [String] {
            try folder.read(name).content.intents.flatMap(\.examples).flatMap { example in
                example.spans.map { "\(example.text): \($0.entity) \($0.start)–\($0.end)" }
            }
        }
        #expect(try spans("rasa.json") == ["to 东京 now: city 3–5"])
        #expect(try spans("luis.json") == ["to Rome: city 3–7"])
        #expect(try spans("nlu.yml") == ["to Rome at nine [sic]: city 3–7", "to Rome at nine [sic]: hour 11–15"])
        #expect(
            try folder.warnings("rasa.json").contains(
                "rasa.json:1: warning: 'entity_synonyms' (1) is left out; write it in entities.yaml"))
        #expect(
            try folder.warnings("nlu.yml").contains(
                "nlu.yml:1: warning: 'synonym' (1) is left out; synonyms, patterns and lookups can be written in entities.yaml"
            ))
    }

    @Test("questions with answers are entries")
    func entries() throws {
        let folder = try TestFolder([
            "faq.json": #"{"faqs": [{"question": "Is there tea?", "answer": "Yes.", "id": 3}]}"#
        ])
        #expect(
            try folder.read("faq.json").content.knowledge.map { "\($0.id) \($0.questions)" } == [
                "faq.3 [\"Is there tea?\"]"
            ])
    }

    @Test(
        "errors speak of the file's own format, with the line",
        arguments: [
            (
                "{\"intents\": [\n{\"patterns\": [\"a\"]},\n{\"tag\": \"x\", \"patterns\": [7]}]}",
                [
                    "a.json:2: error: the key 'tag' is missing",
                    "a.json:3: error: 'patterns' must be a list of strings",
                ]
            ),
            ("{\"rasa_nlu_data\": {}}", ["a.json:1: error: Rasa's nlu.json without 'common_examples'"]),
            ("[{\"text\": \"a\", \"intent\": \"x\"},\n", ["a.json:2: error: not valid JSON: expected a value"]),
            (
                "[{\"text\": \"a\", \"intent\": \"12\"}]",
                [
                    "a.json:1: error: the intent is the number '12', expected its name, also in a column 'label_text' or 'label_class'"
                ]
            ),
            (
                "{\"colour\": 5}",
                [
                    "a.json:1: error: JSON of an unknown shape, found colour; expected a list of {\"text\": …, \"intent\": …}, intents with patterns, Rasa's rasa_nlu_data, or CLINC150's splits"
                ]
            ),
            (String(repeating: "[", count: 100), ["a.json:1: error: not valid JSON: nested deeper than 32 levels"]),
        ])
    func mistakes(text: String, errors: [String]) throws {
        #expect(try TestFolder(["a.json": text]).errors("a.json") == errors)
    }
}
