import ConversationDomain
import Foundation
import IntentData
import NativeContent
import Testing

@Suite struct IntentYAMLTests {
    static let order = """
        intent: order.status
        description: Where an order is.
        examples:
          en:
            - where is my order
            - "track [A1](order_number) now"
          zh:
            - 快递到哪了
        slots:
          order_number:
            entity: order_number
            ask: { en: "Which order?", zh: "哪个订单?" }
        answers:
          - when: { channel: web, locale: en, slots: { vip: yes } }
            en: "Order {{order_number}}."
            buttons: [ { title: { en: Person, zh: 人工 }, intent: agent.request, slots: { n: 5 } } ]
          - en: Else.
            zh: 其他。
        """

    @Test("an intent file gives examples with spans, slots, answers and the line of everything")
    func wholeIntent() throws {
        let folder = try TestFolder(["order.yaml": Self.order])
        let result = try folder.read("order.yaml")
        let path = folder.file("order.yaml").path
        func place(_ line: Int) -> SourcePlace { SourcePlace(path: path, line: line) }
        let name = IntentName(trusted: "order.status")
        let slot = SlotName(trusted: "order_number")
        let entity = EntityName(trusted: "order_number")
        #expect(
            result.content.intents == [
                Intent(
                    name: name, description: "Where an order is.",
                    examples: [
                        Example(text: "where is my order", locale: .english, place: place(5)),
                        Example(
                            text: "track A1 now", locale: .english,
                            spans: [EntitySpan(entity: entity, start: 6, end: 8)], place: place(6)),
                        Example(text: "快递到哪了", locale: .chinese, place: place(8)),
                    ],
                    slots: [
                        SlotDefinition(
                            name: slot, entity: entity, ask: [.english: "Which order?", .chinese: "哪个订单?"])
                    ],
                    answers: [
                        AnswerTemplate(
                            intent: name, ordinal: 1,
                            condition: AnswerCondition(channel: .web, locale: .english, slots: ["vip": "yes"]),
                            text: [.english: "Order {{order_number}}."],
                            buttons: [
                                ButtonTemplate(
                                    title: [.english: "Person", .chinese: "人工"], intent: .agentRequest,
                                    slots: ["n": "5"])
                            ]),
                        AnswerTemplate(intent: name, ordinal: 2, text: [.english: "Else.", .chinese: "其他。"]),
                    ], place: place(1))
            ])
        #expect(result.places[.ask(name, slot, .chinese)] == place(12))
        #expect(result.places[.condition(name, ordinal: 1)] == place(14))
        #expect(result.places[.answerText(name, ordinal: 2, .chinese)] == place(18))
        #expect(result.places[.button(name, ordinal: 1, button: 1)] == place(16))
        #expect(result.issues == [])
    }

    @Test("a byte order mark and CRLF line ends change nothing")
    func windowsFile() throws {
        let folder = try TestFolder([
            "a.yaml": Self.order, "b.yaml": "\u{FEFF}" + Self.order.replacing("\n", with: "\r\n"),
        ])
        let plain = try folder.read("a.yaml").content
        let windows = try folder.read("b.yaml").content
        #expect(windows.withoutPlaces == plain.withoutPlaces)
        #expect(windows.intents[0].examples.map(\.place?.line) == [5, 6, 8])
    }

    @Test("every mistake of a file is told with its line and what was expected")
    func allMistakes() throws {
        let errors = try TestFolder.errors(
            yaml: """
                intent: order status
                exmaples: {}
                """)
        #expect(
            errors == [
                "a.yaml:2: error: unknown key 'exmaples' in an intent, expected intent, description, title, act, confirm, examples, reviewed, slots, action or answers",
                "a.yaml:1: error: the intent's name cannot be 'order status', expected 1 to 128 letters, digits and . _ - / :",
            ])
        let more = try TestFolder.errors(
            yaml: """
                intent: a
                examples:
                  en: hello
                  english: [x]
                  zh:
                    -
                    - [nested]
                    - "  "
                slots:
                  1st: { entity: number, ask: { en: x } }
                  n: { entity: number }
                  m: { entity: "a b", ask: { en: x, de: } }
                answers:
                  - text: hello
                    when: { day: monday, locale: "?" }
                    buttons:
                      - { title: { en: x } }
                      - { titel: x, intent: a }
                  - hello
                """)
        #expect(
            more == [
                "a.yaml:3: error: the examples of 'en' must be a list (- …), found text",
                "a.yaml:4: error: unknown key 'english' in 'examples', expected language tags such as en or zh",
                "a.yaml:6: error: an example must be text, found nothing",
                "a.yaml:7: error: an example must be text, found a list",
                "a.yaml:8: error: an example is empty",
                "a.yaml:10: error: a slot's name cannot be '1st', expected a letter, then at most 63 letters, digits and _",
                "a.yaml:11: error: slot 'n' needs 'ask'",
                "a.yaml:12: error: the entity of slot 'm' cannot be 'a b', expected 1 to 128 letters, digits and . _ - / :",
                "a.yaml:14: error: unknown key 'text' in an answer, expected when, buttons or language tags such as en or zh",
                "a.yaml:15: error: unknown key 'day' in 'when', expected channel, locale, slots or fields",
                "a.yaml:15: error: 'locale' in 'when' is '?', expected a language tag such as en",
                "a.yaml:17: error: a button needs 'title' and 'intent'",
                "a.yaml:18: error: unknown key 'titel' in a button, expected title, intent or slots",
                "a.yaml:18: error: a button needs 'title' and 'intent'",
                "a.yaml:19: error: an answer must be keys with values, found text",
            ])
    }

    @Test(
        "a broken marker is an error that shows the right form",
        arguments: [
            ("[A1(order_number)", "'[' without ']'"), ("A1](order_number)", "']' without '['"),
            ("[A1] (order_number)", "no '(' after ']'"), ("[A1](order_number", "'(' without ')'"),
            ("[](order_number)", "nothing between '[' and ']'"), ("[[A1](x)](y)", "'[' inside '['"),
            ("[A1](order number)", "'order number' is no entity's name"),
        ])
    func brokenMarker(text: String, found: String) throws {
        let errors = try TestFolder.errors(yaml: "intent: a\nexamples:\n  en:\n    - ok\n    - '\(text)'\n")
        #expect(
            errors == [
                "a.yaml:5: error: broken marker: \(found); expected [text](entity), or \\[ and \\] for plain brackets"
            ])
    }

    @Test("escaped brackets are plain text, and spans count Unicode scalars")
    func escapes() throws {
        let folder = try TestFolder([
            "a.yaml": #"""
            intent: a
            examples:
              en:
                - 'see \[1\] and c:\\x \n 👍🏽 [é\]2](number)!'
            """#
        ])
        let example = try folder.read("a.yaml").content.intents[0].examples[0]
        #expect(example.text == #"see [1] and c:\x \n 👍🏽 é]2!"#)
        #expect(example.spans == [EntitySpan(entity: EntityName(trusted: "number"), start: 23, end: 26)])
    }

    @Test("texts and files beyond their bounds are refused")
    func bounds() throws {
        let long = String(repeating: "好", count: 2_001)
        #expect(
            try TestFolder.errors(yaml: "intent: a\nexamples:\n  zh:\n    - \(long)\n") == [
                "a.yaml:4: error: an example is longer than 2000 characters"
            ])
        let folder = try TestFolder(["a.yaml": Self.order])
        var options = ReadOptions()
        options.limits.fileBytes = 100
        #expect(
            folder.errors("a.yaml", options: options) == [
                "a.yaml:1: error: larger than 100 bytes; expected a smaller file"
            ])
        options = ReadOptions()
        options.limits.rows = 2
        #expect(folder.errors("a.yaml", options: options) == ["a.yaml:1: error: more than 2 examples and questions"])
    }

    @Test("reading stops after a hundred errors and says so")
    func manyErrors() throws {
        let lines = (1...150).map { "key\($0): x" }.joined(separator: "\n")
        let errors = try TestFolder.errors(yaml: "intent: a\n" + lines)
        #expect(errors.count == 101)
        #expect(errors.last == "stopped after 100 errors")
    }
}
