import ConversationDomain
import IntentData
import NativeContent
import Testing

/// Bots of Botpress 12, and what its studio exports.
@Suite struct BotpressTests {
    static let bot = [
        "bot.config.json": #"{"id": "vans", "defaultLanguage": "en", "languages": ["en", "fr"]}"#,
        "intents/hours.json": """
        {"name": "hours", "contexts": ["global"], "slots": [],
         "utterances": {"en": ["when do you open", "opening times"], "fr": ["quand ouvrez-vous"]}}
        """,
        "intents/parcel.json": """
        {"name": "parcel", "slots": [{"id": "1", "name": "town", "entities": ["city"]}, {"name": "x", "entities": ["any"]}],
         "utterances": {"en": ["is it in [Geneva](town)", "where is my [thing](x)"]}}
        """,
        "intents/__qna__1.json": #"{"name": "__qna__1", "utterances": {"en": ["do you sell vans"]}}"#,
        "entities/city.json": """
        {"name": "city", "type": "list", "occurrences": [{"name": "Geneva", "synonyms": ["GVA"]}]}
        """,
        "entities/plate.json": #"{"name": "plate", "type": "pattern", "pattern": "[A-Z]{2} [0-9]+"}"#,
        "qna/1.json": """
        {"id": "1_sell", "data": {"action": "text", "enabled": true, "contexts": ["global"],
         "questions": {"en": ["Do you sell vans?", "Can I buy a van?"], "fr": ["Vendez-vous des bus?"]},
         "answers": {"en": ["Yes, we do.", "Sure."], "fr": ["Oui."]}}}
        """,
        "qna/2.json":
            #"{"id": "2", "data": {"enabled": false, "questions": {"en": ["Old?"]}, "answers": {"en": ["No"]}}}"#,
        "qna/3.json": """
        {"id": "3", "data": {"enabled": true, "action": "redirect", "questions": {"en": ["Book it"]}, "answers": {"en": []}}}
        """,
        "content-elements/builtin_text.json": """
        [{"id": "builtin_text-a", "formData": {"text$en": "From 9 to 5.", "variations$en": ["9 to 5."], "text$fr": "De 9 à 5."}},
         {"id": "builtin_text-b", "formData": {"text$en": "See you!", "text$fr": "À bientôt!"}},
         {"id": "builtin_text-c", "formData": {"text$en": "It is in {{event.nlu.slots.town.value}}."}}]
        """,
        "content-elements/builtin_image.json":
            #"[{"id": "builtin_image-d", "formData": {"image": "van.png"}}]"#,
        "flows/main.flow.json": """
        {"startNode": "entry", "catchAll": {"next": [
           {"condition": "event.nlu.intent.name === 'hours'", "node": "open"},
           {"condition": "event.nlu.intent.name === 'parcel'", "node": "van.flow.json"}]},
         "nodes": [
           {"name": "open", "onEnter": ["say #!builtin_text-a", "say #!builtin_image-d"], "onReceive": null,
            "next": [{"condition": "true", "node": "bye"}]},
           {"name": "bye", "onEnter": ["say #!builtin_text-b", "builtin/setVariable {}"], "next": []}]}
        """,
        "flows/van.flow.json": """
        {"startNode": "start", "nodes": [{"name": "start", "onEnter": ["say #!builtin_text-c"], "next": []}]}
        """,
    ]

    @Test("a bot's intents are answered by the texts of its flows, and its questions are knowledge")
    func bot() throws {
        let folder = try TestFolder(Self.bot)
        let result = try folder.read()
        #expect(
            RasaProjectTests.told(result.content) == [
                "hours: From 9 to 5.\nSee you! / De 9 à 5.\nÀ bientôt!", "hours in en: 9 to 5.\nSee you!",
            ])
        #expect(
            result.content.knowledge.map {
                "\($0.id) \($0.locale) \($0.questions.joined(separator: "|")): \($0.answer)"
            }
                == [
                    "1_sell en Do you sell vans?|Can I buy a van?: Yes, we do.",
                    "1_sell.fr fr Vendez-vous des bus?: Oui.",
                ])
        #expect(
            result.content.intents.map { "\($0.name) \($0.examples.map(\.spans.count))" } == [
                "hours [0, 0, 0]", "parcel [1, 0]",
            ])
        #expect(result.content.entities.map(\.name.rawValue) == ["city", "plate"])
        #expect(result.issues.map { folder.plain($0.description) } == Self.report)
        let issues = ContentLint.check(result.content, places: result.places)
        #expect(issues.filter { $0.severity == .error } == [])
    }

    static let report = [
        "content-elements/builtin_text.json:3: warning: an answer of 'parcel' is left out: it needs 'town', which is no slot of the intent; write it under 'slots' with 'entity' and 'ask'",
        "qna/1.json:1: warning: left out, further answers to a question (1): Do you sell vans?; the first one is taken",
        "qna/2.json:1: warning: left out, questions that are switched off (1): Old?; switch them on and export again",
        "qna/3.json:1: warning: left out, questions that lead to a flow (1): Book it; write them with an answer, or as an intent",
        "flows/main.flow.json:7: warning: left out, actions of flows (1): builtin/setVariable {}; their code is not run; write answers that say where the customer sees it",
        "content-elements/builtin_image.json:1: warning: left out, cards, pictures and other contents (1): builtin_image-d; answers are plain text; write an address into it",
        ".:1: note: read as a Botpress 12 bot: 2 intents, 5 examples, 2 answers, 2 questions with answers and 2 entities are taken",
    ]

    @Test("the studio's files of questions and of intents are read by themselves")
    func exports() throws {
        let folder = try TestFolder([
            "qna.json": """
            {"contexts": ["global"], "qnas": [{"id": "1", "data": {"questions": {"en": ["Do you sell vans?"]},
              "answers": {"en": ["Yes."]}}}]}
            """,
            "nlu.json": #"[{"name": "hours", "utterances": {"en": ["when do you open"]}, "slots": []}]"#,
        ])
        #expect(try folder.read("qna.json").content.knowledge.map(\.answer) == ["Yes."])
        #expect(try folder.read("nlu.json").content.intents.map(\.name.rawValue) == ["hours"])
    }

    @Test("a question without answers and an utterance that is no text are told with their lines")
    func mistakes() throws {
        let folder = try TestFolder([
            "a.json": "{\"qnas\": [\n{\"id\": 1}]}",
            "b.json": "[{\"name\": \"hours\", \"utterances\": {\"en\": [\n1]}}]",
        ])
        #expect(
            folder.errors("a.json") == [
                "a.json:2: error: a question of Botpress without 'data' with 'questions' and 'answers'"
            ])
        #expect(folder.errors("b.json") == ["b.json:2: error: an utterance of Botpress must be text"])
    }
}
