import ConversationDomain
import IntentData
import NativeContent
import Testing

/// The folder of a whole Rasa project.
@Suite struct RasaProjectTests {
    static let project = [
        "config.yml": "language: en\npipeline: []\n",
        "endpoints.yml": "action_endpoint:\n  url: http://localhost\n",
        "actions/actions.py": "class ActionFind: pass\n",
        "tests/test_stories.yml": "stories: []\n",
        "domain.yml": """
        version: "3.1"
        intents:
          - opening hours
          - greet
          - parcel:
              use_entities: true
          - faq
          - refund
        entities: [number_plate, city]
        slots:
          number_plate:
            type: text
            mappings:
            - type: from_entity
              entity: number_plate
          mood:
            type: text
            mappings: [ { type: from_text } ]
        responses:
          utter_greet:
          - text: "Hello!"
            buttons:
            - title: Find my van
              payload: '/parcel{"number_plate": "ZH 1"}'
            - title: Shop
              payload: /shopping
            - title: Free text
              payload: hello
          - text: "Hi there."
          - text: "Hey *there*"
            channel: slack
          utter_hours:
          - text: "We are open from 9 to 5."
            image: https://van.example/open.png
          utter_parcel:
          - text: "The van {number_plate} is on its way."
          - text: "You sound {mood}."
          utter_ask_number_plate:
          - text: "Which number plate?"
          utter_faq/ask_name:
          - text: "I am Bo."
          utter_lost:
          - text: "Nobody says this."
        forms:
          van_form:
            required_slots: [number_plate]
        actions: [action_find, utter_greet]
        """,
        "data/nlu.yml": """
        version: "3.1"
        nlu:
        - intent: opening hours
          examples: |
            - when are you open
        - intent: greet
          examples: |
            - hello
        - intent: parcel
          examples: |
            - where is van [ZH 12](number_plate)
            - what is there in [big Z]{"entity": "city", "value": "Zurich"}
        - intent: faq/ask_name
          examples: |
            - what is your name
        - synonym: Zurich
          examples: |
            - ZRH
            - big Z
        - synonym: sunshine
          examples: |
            - sun
        - lookup: city
          examples: |
            - Geneva
        - regex: number_plate
          examples: |
            - [A-Z]{2} \\d+
        """,
        "data/rules.yml": """
        rules:
        - rule: hours
          steps:
          - intent: opening hours
          - action: utter_hours
        - rule: faq
          steps:
          - intent: faq
          - action: utter_faq
        """,
        "data/stories.yml": """
        stories:
        - story: hello, then the van
          steps:
          - intent: greet
          - action: utter_greet
          - intent: parcel
            entities:
            - number_plate: ZH 12
          - action: utter_parcel
        - story: refund
          steps:
          - intent: refund
          - action: action_find
          - action: utter_lost
        """,
    ]

    /// `intent: answer [button → intent]`, in the order of the content.
    static func told(_ content: BotContent) -> [String] {
        content.intents.flatMap { intent in
            intent.answers.map { answer in
                let buttons = answer.buttons.map { button in
                    let slots = button.slots.map { " \($0.map { "\($0)=\($1)" }.joined())" } ?? ""
                    return " [\(button.title.values.joined()) → \(button.intent)\(slots)]"
                }
                let limits = [
                    answer.condition.channel.map { " on \($0)" }, answer.condition.locale.map { " in \($0)" },
                ]
                let channel = limits.compactMap(\.self).joined()
                let texts = answer.text.sorted { $0.key < $1.key }.map(\.value).joined(separator: " / ")
                let values = answer.condition.slots.sorted { $0.key < $1.key }.map { " if \($0.key)=\($0.value)" }
                return "\(intent.name)\(channel)\(values.joined()): \(texts)\(buttons.joined())"
            }
        }
    }

    @Test("rules, stories and retrieval intents give answers, with buttons and slots")
    func answers() throws {
        let content = try TestFolder(Self.project).read().content
        #expect(
            Self.told(content) == [
                "opening_hours: We are open from 9 to 5.",
                "greet: Hello! [Find my van → parcel number_plate=ZH 1]", "greet: Hi there.",
                "greet on slack: Hey *there*", "parcel: The van {{number_plate}} is on its way.",
                "faq/ask_name: I am Bo.",
            ])
        #expect(content.intents.map(\.examples.count) == [1, 1, 2, 1])
        #expect(
            content.intents[2].slots == [
                SlotDefinition(
                    name: SlotName(trusted: "number_plate"), entity: EntityName(trusted: "number_plate"),
                    ask: [.english: "Which number plate?"])
            ])
    }

    @Test("lookups, synonyms and patterns become entities")
    func entities() throws {
        let content = try TestFolder(Self.project).read().content.withoutPlaces
        #expect(
            content.entities == [
                EntityDefinition(
                    name: EntityName(trusted: "city"),
                    values: [.init(value: "Geneva"), .init(value: "Zurich", synonyms: [.english: ["ZRH", "big Z"]])]),
                EntityDefinition(name: EntityName(trusted: "number_plate"), patterns: ["[A-Z]{2} \\d+"]),
            ])
    }

    @Test("what is changed and left out is told with its place, and the check finds nothing wrong")
    func report() throws {
        let folder = try TestFolder(Self.project)
        let result = try folder.read()
        #expect(result.issues.map { folder.plain($0.description) } == Self.report)
        let issues = ContentLint.check(result.content, places: result.places)
        #expect(issues.filter { $0.severity == .error } == [])
    }

    static let report = [
        "actions:1: warning: left out: the code of custom actions is not run; write what the bot says as answers",
        "endpoints.yml:1: warning: left out: not used; frontdesk has settings of its own",
        "tests:1: warning: left out: stories that test a bot are not read; write conversations for 'frontdesk test-conversations'",
        "domain.yml:27: warning: the button 'Free text' of the response 'utter_greet' is left out, expected a payload such as /intent{\"slot\": \"value\"}",
        "domain.yml:33: warning: 'image' of the response 'utter_hours' is left out; answers are plain text, write an address into it",
        "data/nlu.yml:5: warning: the intent 'opening hours' is named 'opening_hours', since a name has letters, digits and . _ - / :",
        "domain.yml:37: warning: a text of 'utter_parcel' is left out of 'parcel': {mood} has no slot that an entity fills and 'utter_ask_mood' asks for in each language; write it under 'slots' of the intent",
        "domain.yml:25: warning: the button 'Shop' is left out: nothing is said of its intent 'shopping'; write that intent and then the button",
        "data/stories.yml:10: warning: rules and stories that depend on more than the last intent (1, this is the first): what follows is left out; write it as 'slots' and as answers with 'when'",
        "domain.yml:45: warning: the form 'van_form' is left out; write the values that it asks for (number_plate) under 'slots' of the intent, each with 'entity' and 'ask'",
        "domain.yml:47: warning: left out, custom actions (1): action_find; they are not run; write answers that say where the customer sees it, or hand over with 'agent.request'",
        "domain.yml:42: warning: left out, responses that no intent uses (1): utter_lost; write them as 'answers' of an intent, or under 'says' in phrases/<locale>.yaml",
        "domain.yml:8: warning: left out, intents without examples and answers (1): refund; give them examples",
        "data/nlu.yml:20: warning: left out, synonyms of no entity that is known (1): sunshine; write them under 'entities' in entities.yaml",
        ".:1: note: read as a Rasa project: 4 intents, 5 examples, 6 answers and 2 entities are taken",
    ]

    @Test(
        "mistakes name Rasa's file and line, and nothing is taken",
        arguments: [
            (
                "domain.yml", "responses: []\n",
                ["domain.yml:1: error: Rasa's 'responses' must be keys with values, found a list"]
            ),
            (
                "domain.yml", "responses:\n  utter_a:\n  - text: [1]\n",
                ["domain.yml:3: error: the text of the response 'utter_a' must be text, found a list"]
            ),
            ("data/nlu.yml", "nlu: none\n", ["data/nlu.yml:1: error: 'nlu' must be a list of intents with examples"]),
            ("data/rules.yml", "rules:\n- rule: a\n", ["data/rules.yml:2: error: a rule has no 'steps'"]),
            (
                "data/rules.yml", "rules:\n- &a\n  rule: a\n",
                ["data/rules.yml:2: error: anchors (&name) are not supported"]
            ),
        ])
    func mistakes(file: String, text: String, errors: [String]) throws {
        let files = Self.project.merging([file: text]) { $1 }
        #expect(try TestFolder(files).errors() == errors)
    }

    @Test("a folder whose domain.yaml is an intent is none of Rasa's")
    func ours() throws {
        let folder = try TestFolder(["domain.yaml": "intent: domain\nexamples:\n  en: [which domain]\n"])
        #expect(try folder.read().content.intents.map(\.name.rawValue) == ["domain"])
    }

    @Test("20,000 lines of synonyms are read")
    func manySynonyms() throws {
        let words = (0..<20_000).map { "    - big Z\($0)" }.joined(separator: "\n")
        let nlu =
            "nlu:\n- intent: go\n  examples: |\n    - to [Zurich](city)\n- synonym: Zurich\n  examples: |\n\(words)\n"
        let folder = try TestFolder(["domain.yml": "entities: [city]\n", "data/nlu.yml": nlu])
        let content = try folder.read().content
        #expect(content.entities.first?.values.first?.synonyms[.english]?.count == 20_000)
    }

    @Test("a form becomes slots, several responses one answer, and conditions 'when'")
    func forms() throws {
        let folder = try TestFolder([
            "domain.yml": """
            entities: [size, city]
            slots:
              size: { type: text, mappings: [ { type: from_entity, entity: size } ] }
              city: { type: text, mappings: [ { type: from_entity, entity: city } ] }
              note: { type: text, mappings: [ { type: from_text } ] }
            forms:
              van_form: { required_slots: [size, city, note] }
            responses:
              utter_ask_van_form_size: [ { text: "Which size?" } ]
              utter_ask_city: [ { text: "Where?", buttons: [ { title: Bonn, payload: Bonn } ] } ]
              utter_ask_note: [ { text: "Anything else?" } ]
              utter_booked:
              - text: "A van in {city} is booked."
              - text: "A large van in {city} is booked."
                condition: [ { type: slot, name: size, value: large } ]
              - text: "Dear member, a van is booked."
                condition: [ { type: slot, name: member, value: true } ]
              utter_bye: [ { text: "Bye {size}." } ]
            """,
            "data/nlu.yml": """
            nlu:
            - intent: book
              examples: |
                - a [large](size) van please
            - intent: leave
              examples: |
                - I am off
            """,
            "data/rules.yml": """
            rules:
            - rule: ask
              steps:
              - intent: book
              - action: van_form
              - active_loop: van_form
            - rule: booked
              condition:
              - active_loop: van_form
              steps:
              - action: van_form
              - active_loop: null
              - slot_was_set:
                - requested_slot: null
              - action: utter_booked
              - action: utter_bye
            """,
        ])
        let result = try folder.read()
        #expect(
            Self.told(result.content) == [
                "book: A van in {{city}} is booked.\nBye {{size}}.",
                "book if size=large: A large van in {{city}} is booked.\nBye {{size}}.",
            ])
        let intent = try #require(result.content.intents.first)
        #expect(intent.slots.map { "\($0.name): \($0.ask.values.joined())" } == ["size: Which size?", "city: Where?"])
        #expect(
            result.issues.map { folder.plain($0.description) } == [
                "domain.yml:10: warning: the button 'Bonn' of the response 'utter_ask_city' is left out, expected a payload such as /intent{\"slot\": \"value\"}",
                "domain.yml:7: warning: the slot 'note' of the form 'van_form' is left out of 'book': no entity fills it, or 'utter_ask_note' does not ask for it in each language; write it under 'slots' of the intent",
                "domain.yml:16: warning: a text of 'utter_booked' is left out of 'book': its condition is on 'member', which the intent does not ask for; write it under 'slots' of the intent, and the answer with 'when'",
                ".:1: note: read as a Rasa project: 2 intents, 2 examples, 2 answers and 0 entities are taken",
            ])
    }

    @Test("an answer that depends on more than the intent is not taken")
    func several() throws {
        let folder = try TestFolder([
            "domain.yml": "responses:\n  utter_a: [ { text: A } ]\n  utter_b: [ { text: B } ]\n",
            "data/nlu.yml": "nlu:\n- intent: go\n  examples: |\n    - go on\n",
            "data/stories.yml": """
            stories:
            - story: a
              steps: [ { intent: go }, { action: utter_a } ]
            - story: b
              steps: [ { intent: go }, { action: utter_b } ]
            """,
        ])
        let result = try folder.read()
        #expect(Self.told(result.content) == [])
        #expect(
            folder.plain(result.issues.first?.description ?? "")
                == "data/stories.yml:3: warning: the intent 'go' is answered by utter_a or utter_b, none is taken; write its answers with 'when'"
        )
    }
}
