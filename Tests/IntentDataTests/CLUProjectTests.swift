import ConversationDomain
import IntentData
import NativeContent
import Testing

/// LUIS apps and CLU projects.
@Suite struct CLUProjectTests {
    @Test("a CLU project's utterances, lists and patterns are taken")
    func project() throws {
        let folder = try TestFolder([
            "clu.json": """
            {"projectFileVersion": "2023-04-01", "stringIndexType": "Utf16CodeUnit",
             "metadata": {"projectKind": "Conversation", "language": "en-us"},
             "assets": {"intents": [{"category": "None"}, {"category": "Book"}],
              "entities": [
                {"category": "Size", "list": {"sublists": [
                  {"listKey": "large", "synonyms": [{"language": "en-us", "values": ["big"]}]}]}},
                {"category": "Plate", "regex": {"expressions": [{"regexKey": "p", "regexPattern": "[A-Z]{2}[0-9]+"}]}},
                {"category": "When", "prebuilts": [{"category": "DateTime"}, {"category": "Geography.Location"}]}],
              "utterances": [
                {"text": "🚐 a big van", "intent": "Book", "language": "en-us", "dataset": "Train",
                 "entities": [{"category": "Size", "offset": 5, "length": 3}, {"category": "Van", "offset": 3, "length": 9}]},
                {"text": "book it", "intent": "Book", "dataset": "Test", "entities": []},
                {"text": "who won the match", "intent": "None", "entities": []}]}}
            """
        ])
        let result = try folder.read("clu.json")
        #expect(
            result.content.withoutPlaces
                == BotContent(
                    intents: [
                        Intent(
                            name: IntentName(trusted: "Book"),
                            examples: [
                                Example(
                                    "🚐 a big van", .english,
                                    [EntitySpan(entity: EntityName(trusted: "Van"), start: 2, end: 11)])
                            ]),
                        Intent(name: .outOfScope, examples: [Example("who won the match")]),
                    ],
                    entities: [
                        EntityDefinition(name: EntityName(trusted: "Plate"), patterns: ["[A-Z]{2}[0-9]+"]),
                        EntityDefinition(
                            name: EntityName(trusted: "Size"),
                            values: [.init(value: "large", synonyms: [.english: ["big"]])]),
                    ]))
        #expect(
            result.issues.map { folder.plain($0.description) } == [
                "clu.json:8: warning: left out, prebuilt entities (2): When: DateTime, When: Geography.Location; dates, numbers, amounts, e-mail addresses and phone numbers are recognised by themselves; write others in entities.yaml",
                "clu.json:1: note: read as a CLU project: 2 intents, 2 examples, 0 answers and 2 entities are taken",
            ])
    }

    @Test("a LUIS app's closed lists and patterns become entities, and positions count its way")
    func app() throws {
        let folder = try TestFolder([
            "luis.json": """
            {"luis_schema_version": "7.0.0", "culture": "en-us", "intents": [{"name": "Book"}],
             "closedLists": [{"name": "Size", "subLists": [{"canonicalForm": "large", "list": ["big"]}]}],
             "regex_entities": [{"name": "Plate", "regexPattern": "[A-Z]{2}[0-9]+"}],
             "prebuiltEntities": [{"name": "datetimeV2"}],
             "utterances": [{"text": "a big van", "intent": "Book", "entities": [
               {"entity": "Size", "startPos": 2, "endPos": 4}]}]}
            """
        ])
        let content = try folder.read("luis.json").content
        #expect(
            content.intents.flatMap(\.examples).flatMap(\.spans) == [
                EntitySpan(entity: EntityName(trusted: "Size"), start: 2, end: 5)
            ])
        #expect(content.entities.map(\.name.rawValue) == ["Plate", "Size"])
    }

    @Test(
        "an entity outside its text is told with its line",
        arguments: [
            "\"offset\": 7, \"length\": 3", "\"offset\": -1, \"length\": 2",
            "\"offset\": 1, \"length\": 0",
            "\"offset\": 9223372036854775807, \"length\": 9223372036854775807",
            "\"startPos\": 3, \"endPos\": 2",
        ])
    func outside(offsets: String) throws {
        let folder = try TestFolder([
            "clu.json":
                "{\"assets\": {\"utterances\": [\n{\"text\": \"a big van\", \"intent\": \"Book\", \"entities\": [{\"category\": \"Size\", \(offsets)}]}]}}"
        ])
        #expect(
            folder.errors("clu.json") == [
                "clu.json:2: error: an utterance without 'text' and 'intent', or with an entity that is not in it"
            ])
    }
}
