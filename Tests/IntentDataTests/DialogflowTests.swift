import ConversationDomain
import Foundation
import IntentData
import NativeContent
import Testing

/// Agents of Dialogflow ES and CX, as they are exported.
@Suite struct DialogflowTests {
    static let agent = [
        "package.json": #"{"version": "1.0.0"}"#,
        "agent.json": #"{"language": "en", "supportedLanguages": ["zh-cn"]}"#,
        "intents/Opening hours.json": """
        {"id": "1", "name": "Opening hours", "contexts": [], "responses": [{"parameters": [], "messages": [
          {"type": "0", "lang": "en", "speech": ["We open at 9.", "From 9 on."]},
          {"type": "0", "lang": "en", "platform": "SLACK", "speech": "*9 to 5*"},
          {"type": 4, "lang": "en", "payload": {"map": 1}},
          {"type": "0", "lang": "zh-cn", "speech": ["九点开门。"]},
          {"type": 2, "platform": "", "lang": "en", "title": "More?", "replies": ["book a van", "nothing"]}
        ]}], "webhookUsed": false, "fallbackIntent": false, "events": []}
        """,
        "intents/Opening hours_usersays_en.json": """
        [{"data": [{"text": "when do you "}, {"text": "open"}], "isTemplate": false},
         {"data": [{"text": "@sys.date:date open"}], "isTemplate": true}]
        """,
        "intents/Opening hours_usersays_zh-cn.json": #"[{"data": [{"text": "几点开门"}]}]"#,
        "intents/van.book.json": """
        {"name": "van.book", "contexts": ["shop"], "webhookUsed": true, "responses": [{"parameters": [
          {"name": "van-size", "required": true, "dataType": "@size", "value": "$van-size",
           "prompts": [{"lang": "en", "value": "Which size?"}]},
          {"name": "when", "required": true, "dataType": "@sys.date-time", "prompts": []},
          {"name": "note", "required": false, "dataType": "@sys.any", "prompts": []}
        ], "messages": [
          {"type": 0, "speech": "A $van-size van costs $5, $van-size.original it is."},
          {"type": 0, "speech": "See you on $when."}]}]}
        """,
        "intents/van.book_usersays_en.json": """
        [{"data": [{"text": "book a "}, {"text": "large", "meta": "@size", "alias": "van-size"}, {"text": " van"}]},
         {"data": [{"text": "book a van"}]}]
        """,
        "intents/van.book - yes.json": #"{"name": "van.book - yes", "parentId": "2", "responses": []}"#,
        "intents/van.book - yes_usersays_en.json": #"[{"data": [{"text": "yes"}]}]"#,
        "intents/Default Fallback Intent.json": """
        {"name": "Default Fallback Intent", "fallbackIntent": true, "responses": [{"messages": [
          {"type": 0, "lang": "en", "speech": ["Sorry?"]}]}]}
        """,
        "intents/Default Fallback Intent_usersays_en.json":
            #"[{"data": [{"text": "the weather on Mars"}]}]"#,
        "entities/size.json": #"{"name": "size", "isRegexp": false}"#,
        "entities/size_entries_en.json":
            #"[{"value": "large", "synonyms": ["large", "big"]}, {"value": "small"}]"#,
        "entities/plate.json": #"{"name": "plate", "isRegexp": true}"#,
        "entities/plate_entries_en.json":
            #"[{"value": "[A-Z]{2}[0-9]+", "synonyms": ["[A-Z]{2}[0-9]+"]}]"#,
    ]

    static let answers = [
        "Opening_hours: We open at 9.\nMore? / 九点开门。 [book a van → van.book]",
        "Opening_hours in en: From 9 on.\nMore? [book a van → van.book]", "Opening_hours on slack in en: *9 to 5*",
    ]

    @Test("an agent's phrases, answers, quick replies and entities are taken")
    func agent() throws {
        let folder = try TestFolder(Self.agent)
        let content = try folder.read().content
        #expect(RasaProjectTests.told(content) == Self.answers)
        #expect(
            content.intents.flatMap { intent in
                intent.examples.map { "\(intent.name) \($0.locale): \($0.text)" }
            } == [
                "Opening_hours en: when do you open", "Opening_hours zh: 几点开门",
                "out_of_scope en: the weather on Mars", "van.book en: book a large van",
                "van.book en: book a van",
            ])
        let spans = content.intents.flatMap(\.examples).flatMap(\.spans)
        #expect(spans == [EntitySpan(entity: EntityName(trusted: "size"), start: 7, end: 12)])
        #expect(
            content.withoutPlaces.entities == [
                EntityDefinition(name: EntityName(trusted: "plate"), patterns: ["[A-Z]{2}[0-9]+"]),
                EntityDefinition(
                    name: EntityName(trusted: "size"),
                    values: [.init(value: "large", synonyms: [.english: ["big"]]), .init(value: "small")]),
            ])
    }

    @Test("an agent in a zip archive is the same, also below a folder of its own")
    func archive() throws {
        let folder = try TestFolder()
        let files = Self.agent.sorted { $0.key < $1.key }
        try folder.write("a.zip", TestWorkbook.zip(files.map { ($0.key, Data($0.value.utf8)) }))
        try folder.write(
            "b.zip", TestWorkbook.zip(files.map { ("my-agent/\($0.key)", Data($0.value.utf8)) }))
        let plain = try TestFolder(Self.agent).read().content.withoutPlaces
        #expect(try folder.read("a.zip").content.withoutPlaces == plain)
        #expect(try folder.read("b.zip").content.withoutPlaces == plain)
        #expect(
            try folder.warnings("a.zip").contains {
                $0.hasPrefix("a.zip#intents/van.book.json:1: warning: ")
            })
    }

    @Test("what is changed and left out is told with what to do about it")
    func report() throws {
        let folder = try TestFolder(Self.agent)
        #expect(try folder.warnings() == Self.report)
    }

    static let report = [
        "intents/van.book.json:1: warning: the intent 'van.book' depends on a context and is now understood everywhere; name its topic in its examples",
        "intents/Opening hours_usersays_en.json:1: warning: the intent 'Opening hours' is named 'Opening_hours', since a name has letters, digits and . _ - / :",
        "intents/van.book.json:4: warning: the slot 'when' is left out of 'van.book': it has no question in each language of the examples; write it with 'ask'",
        "intents/van.book.json:7: warning: an answer of 'van.book' is left out: it needs 'when', which is no slot of the intent; write it under 'slots' with 'entity' and 'ask'",
        "intents/Opening hours.json:4: warning: left out, cards, pictures and payloads (1): Opening hours; answers are plain text; write an address into it",
        "intents/van.book - yes.json:1: warning: left out, intents that only follow another one (1): van.book - yes; the bot asks for slots and for a yes by itself ('slots', 'confirm: true'); write the rest as intents of their own",
        "intents/Opening hours_usersays_en.json:2: warning: left out, training phrases that are templates (1): Opening hours; write them as sentences that customers say",
        "intents/Default Fallback Intent.json:1: warning: left out, answers to what no intent fits (1): Default Fallback Intent; what the bot says there is 'says' in phrases/<locale>.yaml",
        "intents/Opening hours.json:2: warning: left out, quick replies that are no example of an intent (1): nothing; add such an example, or write the button with its 'intent'",
        ".:1: note: read as a Dialogflow agent: 3 intents, 5 examples, 3 answers and 2 entities are taken",
    ]

    @Test("a required parameter with a question becomes a slot")
    func slots() throws {
        var files = Self.agent
        files["intents/van.book.json"] = files["intents/van.book.json"]?
            .replacing(
                "\"prompts\": []}", with: "\"prompts\": [{\"lang\": \"en\", \"value\": \"When?\"}]}")
        let content = try TestFolder(files).read().content
        let intent = try #require(content.intents.first { $0.name.rawValue == "van.book" })
        #expect(
            intent.slots.map { "\($0.name) \($0.entity): \($0.ask.values.joined())" } == [
                "van_size size: Which size?", "when date: When?",
            ])
        #expect(
            intent.answers.map { $0.text.values.joined() } == [
                "A {{van_size}} van costs $5, {{van_size}} it is.\nSee you on {{when}}."
            ])
        let issues = ContentLint.check(content, places: ContentPlaces())
        #expect(issues.filter { $0.severity == .error } == [])
    }

    @Test(
        "mistakes name the file and line, and nothing is taken",
        arguments: [
            (
                "intents/van.book.json", "{\n}",
                "intents/van.book.json:1: error: an intent of Dialogflow without 'name'"
            ),
            (
                "intents/van.book_usersays_en.json", "[\n{\"data\": 1}]",
                "intents/van.book_usersays_en.json:2: error: a training phrase of Dialogflow without 'data', a list of parts with 'text'"
            ),
            (
                "intents/van.book_usersays_en.json", "{}",
                "intents/van.book_usersays_en.json:1: error: training phrases of Dialogflow that are no list"
            ),
            (
                "entities/size.json", "{\n\"name\": \"a b\"}",
                "entities/size.json:1: error: an entity of Dialogflow without a 'name' of 1 to 128 letters, digits and . _ - / :"
            ),
            (
                "agent.json", "{\n1}",
                "agent.json:2: error: not valid JSON: expected a string in quotes"
            ),
        ])
    func mistakes(path: String, text: String, error: String) throws {
        #expect(try TestFolder(Self.agent.merging([path: text]) { $1 }).errors() == [error])
    }

    // MARK: CX

    static let package = [
        "agent.json": #"{"displayName": "Vans", "defaultLanguageCode": "en"}"#,
        "intents/zone/zone.json": #"{"name": "i1", "displayName": "zone", "parameters": []}"#,
        "intents/zone/trainingPhrases/en.json":
            #"{"trainingPhrases": [{"parts": [{"text": "where may I park"}], "repeatCount": 1, "languageCode": "en"}]}"#,
        "intents/book/book.json":
            #"{"name": "i2", "displayName": "book", "parameters": [{"id": "size", "entityType": "@size"}]}"#,
        "intents/book/trainingPhrases/en.json":
            #"{"trainingPhrases": [{"parts": [{"text": "a "}, {"text": "big", "parameterId": "size"}, {"text": " van"}]}]}"#,
        "entityTypes/size/size.json": #"{"displayName": "size", "kind": "KIND_MAP"}"#,
        "entityTypes/size/entities/en.json":
            #"{"entities": [{"value": "large", "synonyms": ["big"]}]}"#,
        "flows/Main/Main.json": """
        {"displayName": "Main", "transitionRoutes": [
          {"intent": "zone", "triggerFulfillment": {"messages": [{"text": {"text": ["Anywhere.", "Where you like."]}}]}},
          {"intent": "book", "triggerFulfillment": {"messages": []}, "targetPage": "Booking"},
          {"intent": "book", "condition": "$session.params.x = 1", "triggerFulfillment": {}}]}
        """,
        "flows/Main/pages/Booking.json": """
        {"displayName": "Booking", "form": {"parameters": [
          {"displayName": "size", "required": true, "entityType": "@size", "fillBehavior":
            {"initialPromptFulfillment": {"messages": [{"text": {"text": ["Which size?"]}}]}}}]},
         "transitionRoutes": [{"condition": "$page.params.status = \\"FINAL\\"", "triggerFulfillment":
            {"messages": [{"text": {"text": ["A $session.params.size van is booked."]}}, {"payload": {}}]}}]}
        """,
    ]

    @Test("a CX package's routes are answers, and the form of a page is slots")
    func package() throws {
        let folder = try TestFolder(Self.package)
        let result = try folder.read()
        #expect(
            RasaProjectTests.told(result.content) == [
                "zone: Anywhere.", "zone: Where you like.", "book: A {{size}} van is booked.",
            ])
        let book = try #require(result.content.intents.first { $0.name.rawValue == "book" })
        #expect(
            book.slots.map { "\($0.name) \($0.entity): \($0.ask.values.joined())" } == [
                "size size: Which size?"
            ])
        #expect(
            book.examples.flatMap(\.spans) == [
                EntitySpan(entity: EntityName(trusted: "size"), start: 2, end: 5)
            ])
        #expect(
            result.issues.map { folder.plain($0.description) } == [
                "flows/Main/pages/Booking.json:5: warning: left out, cards, pictures and payloads (1): book; answers are plain text; write an address into it",
                "flows/Main/Main.json:4: warning: left out, routes with a condition (1): book; write them as answers with 'when'",
                ".:1: note: read as a Dialogflow CX agent: 2 intents, 2 examples, 3 answers and 1 entities are taken",
            ])
    }

    @Test("intents as Dialogflow's interface lists them are one file")
    func listed() throws {
        let folder = try TestFolder([
            "intents.json": """
            {"intents": [{"displayName": "zone", "trainingPhrases": [{"parts": [{"text": "where may I park"}]}],
              "messages": [{"text": {"text": ["Anywhere."]}}]}]}
            """
        ])
        #expect(RasaProjectTests.told(try folder.read("intents.json").content) == ["zone: Anywhere."])
    }
}
