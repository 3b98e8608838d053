import ConversationDomain
import Foundation
import IntentData
import NativeContent
import Testing

@Suite struct ContentLintTests {
    /// The issues of files, but for those about too few examples and about titles that are not there, unless they are asked
    /// for.
    static func issues(
        _ files: [String: String], existing: BotContent? = nil, counts: Bool = false, titles: Bool = false
    ) throws -> [String] {
        let folder = try TestFolder(files)
        let result = try folder.read()
        let issues = ContentLint.check(result.content, existing: existing, places: result.places)
        return issues.map { folder.plain($0.description) }
            .filter { counts || !$0.contains("expected at least 10") }
            .filter { titles || !$0.contains("button can stand") && !$0.contains("button that stands") }
    }

    static func examples(_ texts: String...) -> String {
        "examples:\n  en:\n" + texts.map { "    - \($0)\n" }.joined()
    }

    static let answer = "answers:\n  - en: ok\n"

    @Test("an intent with enough examples and an answer in each language has no issues")
    func fine() throws {
        let english = (1...10).map { "    - sentence \($0)\n" }.joined()
        let chinese = (1...10).map { "    - 句子 \($0)\n" }.joined()
        let yaml =
            "intent: a\ntitle: { en: A, zh: 甲 }\nexamples:\n  en:\n\(english)  zh:\n\(chinese)answers:\n  - { en: ok, zh: 好 }\n"
        #expect(try Self.issues(["a.yaml": yaml], counts: true, titles: true) == [])
    }

    @Test("a title that is missing in a language, too long for a button, or used twice is a warning")
    func titles() throws {
        let long = String(repeating: "long ", count: 12) + "x"
        let examples = "examples: { en: [one], zh: [一] }\nanswers: [ { en: ok, zh: 好 } ]\n"
        let files = [
            "a.yaml": "intent: a\n" + examples,
            "b.yaml": "intent: b\n\ntitle: { en: 'My order?' }\n"
                + examples.replacing("one", with: "two").replacing("一", with: "二"),
            "c.yaml": "intent: c\ntitle: { en: '\(long)', zh: 订单 }\n"
                + examples.replacing("one", with: "three").replacing("一", with: "三"),
            "knowledge/k.yaml": """
            locale: en
            entries:
              - { id: k1, title: my order, questions: [q1], answer: x }
              - { id: k2, questions: [q2], answer: x }
              - { id: k3, title: "\(long)", questions: [q3], answer: x }
            """,
            "out_of_scope.yaml": "intent: out_of_scope\ndescription: none\nexamples: { en: [foreign] }\n",
            "agent.request.yaml": "intent: agent.request\nexamples: { en: [human] }\nanswers: [ { en: ok } ]\n",
            "rows.csv": "text,intent\nhello there,greet\n",
        ]
        let issues = try Self.issues(files, titles: true).filter { $0.contains("title") }
        #expect(
            issues == [
                "a.yaml:1: warning: the intent 'a' has no title for en, so no button can stand for it",
                "a.yaml:1: warning: the intent 'a' has no title for zh, so no button can stand for it",
                "b.yaml:3: warning: the intent 'b' has no title for zh, so no button can stand for it",
                "c.yaml:2: warning: the title of the intent 'c' (en) is longer than 60 characters, which fit on no button",
                "knowledge/k.yaml:3: warning: the title 'my order' of the entry 'k1' is that of the intent 'b' too (b.yaml:3); nobody can tell the buttons apart",
                "knowledge/k.yaml:4: warning: the entry 'k2' has no title; a button that stands for it shows its first question",
                "knowledge/k.yaml:5: warning: the title of the entry 'k3' (en) is longer than 60 characters, which fit on no button",
                "knowledge/k.yaml:5: warning: the title '\(long)' of the entry 'k3' is that of the intent 'c' too (c.yaml:2); nobody can tell the buttons apart",
            ])
        let stored = BotContent(intents: [
            Intent(name: IntentName(trusted: "z"), title: [.english: "MY ORDER"], examples: [], answers: [])
        ])
        let clash = try Self.issues(["b.yaml": files["b.yaml"] ?? ""], existing: stored).filter {
            $0.contains("alike") || $0.contains("too;")
        }
        #expect(
            clash == [
                "b.yaml:3: warning: the title 'My order?' of the intent 'b' is that of the intent 'z' too; nobody can tell the buttons apart"
            ])
    }

    @Test("an intent that two files define is an error at the second")
    func duplicateIntent() throws {
        let yaml = "intent: a\n" + Self.examples("x") + Self.answer
        #expect(
            try Self.issues(["1.yaml": yaml, "2.yaml": "\n" + yaml.replacing("- x", with: "- y")]) == [
                "2.yaml:2: error: the intent 'a' is defined twice, first (1.yaml:1)"
            ])
    }

    @Test("a sentence of two intents is an error, whatever its case, spaces and punctuation")
    func duplicateExamples() throws {
        #expect(
            try Self.issues([
                "a.yaml": "intent: a\n" + Self.examples("Where's my order?", "C++") + Self.answer,
                "b.yaml": "intent: b\n" + Self.examples("fine", "wheres  my order", "C") + Self.answer,
            ]) == [
                "b.yaml:5: error: 'wheres  my order' is an example of 'b' and of 'a' (a.yaml:4); expected one of them"
            ])
    }

    @Test(
        "a label from the review queue that contradicts a written sentence is a warning, so that an export can be read")
    func contradictingLabel() throws {
        let reviewed = "reviewed:\n  en: [where is it]\n"
        let issues = try Self.issues([
            "a.yaml": "intent: a\n" + Self.examples("Where is it?") + Self.answer,
            "b.yaml": "intent: b\n" + reviewed + Self.examples("fine") + Self.answer,
        ])
        #expect(
            issues == [
                "b.yaml:3: warning: 'where is it' is an example of 'b' and of 'a' (a.yaml:4); expected one of them"
            ])
    }

    @Test("a written sentence that contradicts a label that the bot has is told")
    func contradictingStoredLabel() throws {
        let label = Example("Where is it?", origin: .review)
        let stored = ["a", "b"].map { Intent(name: IntentName(trusted: $0), examples: $0 == "b" ? [label] : []) }
        let files = ["a.yaml": "intent: a\n" + Self.examples("where is it") + Self.answer]
        let named = files.merging(["b.yaml": "intent: b\n" + Self.examples("fine") + Self.answer]) { $1 }
        let message = "a.yaml:4: warning: 'where is it' is an example of 'a' and of 'b'; expected one of them"
        #expect(try Self.issues(named, existing: BotContent(intents: stored)) == [message])
        #expect(try Self.issues(files, existing: BotContent(intents: stored)) == [message])
    }

    @Test("labelled rows that contradict each other are a warning, with both places")
    func contradictingRows() throws {
        let folder = try TestFolder(["rows.csv": "text,intent\nhi,a\nHi!,b\n"])
        let result = try folder.read("rows.csv")
        let issues = ContentLint.check(result.content, existing: nil, places: result.places)
        #expect(
            issues.map { folder.plain($0.description) }.filter { $0.contains("is an example of") } == [
                "rows.csv:3: warning: 'Hi!' is an example of 'b' and of 'a' (rows.csv:2); expected one of them"
            ])
    }

    @Test("a sentence of an intent that the bot has already is an error, unless that one is replaced")
    func duplicateOfExisting() throws {
        let existing = BotContent(intents: [
            Intent(name: IntentName(trusted: "old"), examples: [Example("Hello there!")])
        ])
        let yaml = "intent: new\n" + Self.examples("hello there") + Self.answer
        #expect(
            try Self.issues(["a.yaml": yaml], existing: existing) == [
                "a.yaml:4: error: 'hello there' is an example of 'new' and of 'old'; expected one of them"
            ])
        let both = ["a.yaml": yaml, "old.yaml": "intent: old\n" + Self.examples("bye") + Self.answer]
        #expect(try Self.issues(both, existing: existing) == [])
    }

    @Test("few examples are a warning for each language, and so are none")
    func fewExamples() throws {
        let yaml = "intent: a\nexamples: { en: [x, y], zh: [一] }\nanswers: [ { en: ok, zh: 好 } ]\n"
        #expect(
            try Self.issues(["a.yaml": yaml, "b.yaml": "intent: b\n" + Self.answer], counts: true) == [
                "a.yaml:1: warning: the intent 'a' has 2 examples in en, expected at least 10",
                "a.yaml:1: warning: the intent 'a' has 1 example in zh, expected at least 10",
                "b.yaml:1: warning: the intent 'b' has no examples",
            ])
    }

    @Test("rows that are added to an intent of the bot are counted with its examples, and need no answer")
    func addedRows() throws {
        let name = IntentName(trusted: "a")
        let existing = BotContent(intents: [
            Intent(
                name: name, examples: (1...9).map { Example("old \($0)") },
                answers: [AnswerTemplate(intent: name, ordinal: 1, text: [.english: "ok"])])
        ])
        let folder = try TestFolder(["rows.csv": "text,intent\nnew,a\n"])
        let content = try folder.read("rows.csv").content
        #expect(ContentLint.check(content, existing: existing) == [])
        #expect(
            ContentLint.check(content).map { folder.plain($0.description) } == [
                "rows.csv:2: warning: the intent 'a' has 1 example in en, expected at least 10",
                "rows.csv:2: warning: the intent 'a' has no answer",
            ])
    }

    @Test("an entity that nothing knows and few examples mark is a warning; built-in ones and those of slots are not")
    func entities() throws {
        let shades = (1...5).map { "    - 'in [dark \($0)](shade)'\n" }.joined()
        let yaml =
            "intent: a\n" + Self.examples("'[red](colour) [1](number)'", "'[M](size)'") + shades
            + "slots:\n  s: { entity: size, ask: { en: Size? } }\n" + Self.answer
        #expect(
            try Self.issues(["a.yaml": yaml]) == [
                "a.yaml:4: warning: the entity 'colour' is marked once, expected at least 5 to learn it from; it is of no slot, not listed and not built in (amount, date, email, number, order_number, phone)"
            ])
    }

    @Test("answers and asks must have every language of the examples; a language covers its regions")
    func missingLocales() throws {
        let yaml = """
            intent: a
            examples: { en: [x], zh: [一], zh-TW: [二] }
            slots:
              n:
                entity: number
                ask: { en: "How many?" }
            answers:
              - en: ok
              - { en: ok, zh: 好, de: gut }
              - when: { locale: zh }
                zh: 好
              - when: { locale: zh }
                en: ok
              - {}
            """
        #expect(
            try Self.issues(["a.yaml": yaml]) == [
                "a.yaml:4: error: the slot 'n' of 'a' has no question for zh, but the intent has examples in zh",
                "a.yaml:4: error: the slot 'n' of 'a' has no question for zh-TW, but the intent has examples in zh-TW",
                "a.yaml:8: error: answer 1 of 'a' has no text for zh, but the intent has examples in zh",
                "a.yaml:8: error: answer 1 of 'a' has no text for zh-TW, but the intent has examples in zh-TW",
                "a.yaml:9: warning: answer 2 of 'a' has a text for de, but the intent has no examples in de",
                "a.yaml:12: error: answer 4 of 'a' is for zh, but has no text for zh",
                "a.yaml:14: error: answer 5 of 'a' has no text, expected one for each language of the examples",
            ])
    }

    @Test("templates have variables of their own slots and nothing else")
    func templates() throws {
        let yaml =
            "intent: a\n" + Self.examples("x") + """
                slots:
                  n: { entity: number, ask: { en: "How many, {{n}}?" } }
                answers:
                  - en: "{{n}} {{order}} {{order}}"
                  - en: "{{#n}}yes{{/n}}"
                  - en: "{{{n}}}"
                  - en: "{{n"
                """
        let issues = try Self.issues(["a.yaml": yaml])
        #expect(
            issues.prefix(2) == [
                "a.yaml:6: error: the question of the slot 'n' is plain text, '{{' cannot be used in it",
                "a.yaml:8: error: {{order}} is no slot of 'a', expected n",
            ])
        #expect(
            issues.dropFirst(2).map { $0.prefix(17) } == [
                "a.yaml:9: error: ", "a.yaml:10: error:", "a.yaml:11: error:",
            ])
        #expect(
            try Self.issues(["a.yaml": "intent: a\n" + Self.examples("x") + "answers:\n  - en: \"{{n}}\"\n"]) == [
                "a.yaml:6: error: {{n}} is no slot of 'a', which has no slots"
            ])
    }

    @Test("conditions name slots of the intent, and one answer has none")
    func conditions() throws {
        let yaml =
            "intent: a\n" + Self.examples("x") + """
                answers:
                  - when: { slots: { vip: "yes" } }
                    en: ok
                """
        #expect(
            try Self.issues(["a.yaml": yaml]) == [
                "a.yaml:1: warning: every answer of 'a' has a condition, expected one without 'when'",
                "a.yaml:6: error: the condition names 'vip', which is no slot of 'a', which has no slots",
            ])
    }

    @Test("a button leads to an intent that there is, in this content or in the bot")
    func buttons() throws {
        let yaml =
            "intent: a\nexamples: { en: [x], zh: [一] }\n" + """
                answers:
                  - en: ok
                    zh: 好
                    buttons:
                      - { title: { en: Old, zh: 旧 }, intent: old }
                      - { title: { en: New }, intent: new }
                      - { title: { en: Me, zh: 我 }, intent: a, slots: { n: "1" } }
                      - { title: {}, intent: a }
                """
        let existing = BotContent(intents: [Intent(name: IntentName(trusted: "old"), examples: [])])
        #expect(
            try Self.issues(["a.yaml": yaml], existing: existing) == [
                "a.yaml:8: error: the button leads to 'new', but there is no such intent",
                "a.yaml:9: warning: the button gives 'n', which is no slot of 'a'",
                "a.yaml:10: error: the button has no title",
            ])
        #expect(
            try Self.issues(["a.yaml": yaml.replacing("intent: new", with: "intent: old")], existing: existing).first
                == "a.yaml:8: warning: the button has no title for zh, but the intent has examples in zh")
    }

    @Test("a button gives slots that the bot has of an intent that only gets more examples")
    func buttonsOfAddedRows() throws {
        let name = IntentName(trusted: "old")
        let slot = SlotDefinition(
            name: SlotName(trusted: "n"), entity: EntityName(trusted: "number"), ask: [.english: "n?"])
        let existing = BotContent(intents: [
            Intent(
                name: name, examples: [Example("x")], slots: [slot],
                answers: [AnswerTemplate(intent: name, ordinal: 1, text: [.english: "ok"])])
        ])
        let button = ButtonTemplate(title: [.english: "Old"], intent: name, slots: ["n": "1"])
        let a = IntentName(trusted: "a")
        let content = BotContent(intents: [
            Intent(name: name, examples: (1...10).map { Example("old \($0)") }),
            Intent(
                name: a, title: [.english: "A"], examples: (1...10).map { Example("new \($0)") },
                answers: [AnswerTemplate(intent: a, ordinal: 1, text: [.english: "ok"], buttons: [button])]),
        ])
        #expect(ContentLint.check(content, existing: existing) == [])
        #expect(
            ContentLint.check(BotContent(intents: [content.intents[1]])) == [
                LintIssue(.error, at: nil, "the button leads to 'old', but there is no such intent")
            ])
    }

    @Test("an intent without answer is a warning, but not what the bot rejects")
    func noAnswer() throws {
        #expect(
            try Self.issues([
                "a.yaml": "intent: a\n" + Self.examples("x"), "o.yaml": "intent: out_of_scope\n" + Self.examples("y"),
            ]) == ["a.yaml:1: warning: the intent 'a' has no answer"])
        #expect(
            try Self.issues(["o.yaml": "intent: out_of_scope\n" + Self.examples("y") + Self.answer]) == [
                "o.yaml:1: warning: 'out_of_scope' is what the bot rejects: its slots and answers are never used"
            ])
    }

    @Test("knowledge has ids and questions once, web links and answers that are not too long")
    func knowledge() throws {
        let yaml = """
            locale: en
            entries:
              - { id: a, questions: [How?, "how ?"], answer: So. }
              - { id: b, questions: [HOW], answer: So. }
              - { id: a, questions: [x], answer: So. }
              - id: c
                questions: [y]
                answer: So.
                link: ftp://shop.example
              - { id: d, questions: [z], answer: So., link: "https:///x" }
              - { id: e, questions: [old], answer: So. }
            """
        let existing = BotContent(knowledge: [
            KnowledgeEntry(id: KnowledgeID(trusted: "o"), locale: .english, questions: ["Old?"], answer: "x"),
            KnowledgeEntry(id: KnowledgeID(trusted: "b"), locale: .english, questions: ["y"], answer: "x"),
        ])
        let web = "expected an address that starts with https:// or http://"
        #expect(
            try Self.issues(["knowledge/k.yaml": yaml], existing: existing) == [
                "knowledge/k.yaml:3: warning: 'a' has 'how ?' twice, first (knowledge/k.yaml:3)",
                "knowledge/k.yaml:4: error: 'HOW' is a question of 'b' and of 'a' (knowledge/k.yaml:3); expected one of them",
                "knowledge/k.yaml:5: error: the id 'a' is used twice, first (knowledge/k.yaml:3)",
                "knowledge/k.yaml:9: error: the link of 'c' is 'ftp://shop.example', \(web)",
                "knowledge/k.yaml:10: error: the link of 'd' is 'https:///x', \(web)",
                "knowledge/k.yaml:11: error: 'old' is a question of 'e' and of 'o'; expected one of them",
            ])
    }

    @Test("content that comes from no file is checked alike, without places")
    func withoutFiles() {
        let name = IntentName(trusted: "a")
        let long = String(repeating: "x", count: 4_001)
        let content = BotContent(
            intents: [
                Intent(
                    name: name, title: [.english: "A"], examples: (1...10).map { Example("x\($0)") },
                    answers: [
                        AnswerTemplate(intent: name, ordinal: 1, text: [.english: long]),
                        AnswerTemplate(intent: name, ordinal: 2, text: [.english: " "]),
                    ])
            ],
            knowledge: [
                KnowledgeEntry(
                    id: KnowledgeID(trusted: "k"), locale: .english, title: "K", questions: [], answer: "\n")
            ])
        #expect(
            ContentLint.check(content) == [
                LintIssue(.error, at: nil, "answer 1 of 'a' (en) is longer than 4000 characters"),
                LintIssue(.error, at: nil, "answer 2 of 'a' (en) is empty"),
                LintIssue(.error, at: nil, "'k' has no question"),
                LintIssue(.error, at: nil, "the answer of 'k' is empty"),
            ])
    }
}
