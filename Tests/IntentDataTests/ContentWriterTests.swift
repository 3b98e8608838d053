import ConversationDomain
import Foundation
import IntentData
import NativeContent
import Testing

@Suite struct ContentWriterTests {
    static let awkward = [
        "plain", "it's: here", "ends:", "#hash", "a #b", "- dash", "-", "yes", "NULL", "~", "12", "1.5e3", "2026-11-23",
        "0x1F", "*star*", "&and", "!bang", "%", "@at", "`tick`", "\"quoted\"", "'single'", "[brackets] (x)", "{{slot}}",
        "{c: d}", "e, f", "? q", "back\\slash \\n \\[", "two\nlines", "crlf\r\nend", "tab\there", "你好：世界。",
        "👩‍👩‍👧 e\u{301}",
        "l\u{2028}s", "g\u{FEFF}h", "\u{E000}", "a\u{FFFE}b", "...", "---", "| x", "> y", "=", ":", "i : j",
        String(repeating: "long ", count: 300) + "end",
    ]

    static func content() -> BotContent {
        let name = IntentName(trusted: "order.status")
        let number = EntityName(trusted: "order_number")
        let texts = awkward.enumerated()
        let odd = Intent(
            name: name, description: "What's: \"this\"?", title: [.english: "It's: {this}?", .chinese: "查订单"],
            examples: awkward.map { Example($0) } + [
                Example(
                    "a [b] A1\\x C2", .english,
                    [
                        EntitySpan(entity: number, start: 6, end: 8), EntitySpan(entity: number, start: 9, end: 13),
                    ]), Example("快递", .chinese, [EntitySpan(entity: number, start: 0, end: 2)]),
                Example("from a visitor: [x]", origin: .review), Example("访客说的", .chinese, origin: .review),
            ],
            slots: [
                SlotDefinition(
                    name: SlotName(trusted: "null"), entity: number, ask: [.english: "N, o: {?}", .chinese: "号"]),
                SlotDefinition(name: SlotName(trusted: "a"), entity: EntityName(trusted: "1"), ask: [.english: "-"]),
            ],
            action: IntentAction(
                target: ActionName(trusted: "no"), send: [SlotName(trusted: "null")],
                fields: [SlotName(trusted: "found"), SlotName(trusted: "n")], timeout: 2.5, isIdempotent: true,
                confirms: true, failure: [.english: "it's: {down}", .chinese: "暂时查不到: #"]),
            answers: texts.map { index, text in
                AnswerTemplate(
                    intent: name, ordinal: index + 1,
                    condition: AnswerCondition(
                        channel: index % 2 == 0 ? ChannelName(trusted: "on") : nil,
                        locale: index % 3 == 0 ? BotLocale("no") : nil, slots: index % 5 == 0 ? ["no": text] : [:],
                        fields: index % 7 == 0 ? ["found": "false", "n": text] : [:]),
                    text: index == 1 ? [:] : [.english: text, .chinese: text],
                    buttons: index % 4 == 0
                        ? [
                            ButtonTemplate(
                                title: [.english: text], intent: IntentName(trusted: "a:b/c"), slots: ["y": text]),
                            ButtonTemplate(title: [:], intent: .agentRequest, slots: [:]),
                        ] : [])
            })
        let long = IntentName(trusted: "z" + String(repeating: "长", count: 120))
        return BotContent(
            intents: [
                Intent(name: IntentName(trusted: ".dot/slash:colon"), examples: [Example("x")]), odd,
                Intent(name: long, examples: []), Intent(name: IntentName(trusted: long.rawValue + "长"), examples: []),
            ],
            knowledge: awkward.enumerated().map { index, text in
                KnowledgeEntry(
                    id: KnowledgeID(trusted: "k\(1000 + index)"), locale: .english, title: index % 3 == 0 ? nil : text,
                    questions: [text, "q", "asked: \(text)"],
                    reviewed: ["asked: \(text)"], answer: text,
                    link: index % 2 == 0 ? "https://shop.example/#\(index)" : nil)
            } + [KnowledgeEntry(id: KnowledgeID(trusted: "null"), locale: .chinese, questions: ["问"], answer: "答")],
            settings: BotContent.Settings(targetPrecision: 0.9, askBack: 1, foreignShare: 0))
    }

    @Test("what is written is read back as the same content, whatever the texts are")
    func roundTrip() throws {
        let folder = try TestFolder()
        let content = Self.content()
        _ = try ContentWriter.write(content, to: folder.file("out"))
        let read = try folder.read("out")
        #expect(read.content.withoutPlaces == content)
        #expect(read.issues == [])
    }

    @Test("files are the plain native ones, quoted only where it has to be")
    func text() throws {
        let folder = try TestFolder()
        let name = IntentName(trusted: "order.status")
        let number = EntityName(trusted: "order_number")
        let content = BotContent(
            intents: [
                Intent(
                    name: name, description: "Where it is.", title: [.english: "My order", .chinese: "查订单"],
                    examples: [
                        Example("我的快递", .chinese), Example("where is it?"),
                        Example("A1 please", .english, [EntitySpan(entity: number, start: 0, end: 2)]), Example("12"),
                    ],
                    slots: [
                        SlotDefinition(
                            name: SlotName(trusted: "order_number"), entity: number,
                            ask: [.chinese: "单号?", .english: "Which one?"])
                    ],
                    answers: [
                        AnswerTemplate(
                            intent: name, ordinal: 1, condition: AnswerCondition(channel: .web, slots: ["vip": "yes"]),
                            text: [.chinese: "看{{order_number}}。", .english: "{{order_number}} is there."],
                            buttons: [ButtonTemplate(title: [.english: "Person"], intent: .agentRequest)])
                    ])
            ],
            knowledge: [
                KnowledgeEntry(
                    id: KnowledgeID(trusted: "a.b"), locale: .english, title: "The reason", questions: ["Why?"],
                    answer: "So: there.", link: "https://shop.example")
            ], settings: BotContent.Settings(targetPrecision: 0.9, askBack: 1))
        let outcome = try ContentWriter.write(content, to: folder.file("out"))
        #expect(outcome.written == ["order.status.yaml", "knowledge/en.yaml", "settings.yaml"])
        #expect(outcome.leftOver == [])
        #expect(
            try String(contentsOf: folder.file("out/order.status.yaml"), encoding: .utf8) == """
                intent: order.status
                description: Where it is.
                title: { en: "My order", zh: "查订单" }
                examples:
                  en:
                    - where is it?
                    - "[A1](order_number) please"
                    - "12"
                  zh:
                    - 我的快递
                slots:
                  order_number:
                    entity: order_number
                    ask: { en: "Which one?", zh: "单号?" }
                answers:
                  - when: { channel: web, slots: { vip: "yes" } }
                    en: "{{order_number}} is there."
                    zh: 看{{order_number}}。
                    buttons:
                      - { title: { en: "Person" }, intent: agent.request }

                """)
        #expect(
            try String(contentsOf: folder.file("out/knowledge/en.yaml"), encoding: .utf8) == """
                locale: en
                entries:
                  - id: a.b
                    title: The reason
                    questions:
                      - Why?
                    answer: "So: there."
                    link: https://shop.example

                """)
        #expect(
            try String(contentsOf: folder.file("out/settings.yaml"), encoding: .utf8)
                == "target_precision: 0.9\nask_back: 1\nforeign_share: 0.3\n")
    }

    @Test("an intent that has the name of another file gets a file of its own")
    func takenNames() throws {
        let folder = try TestFolder()
        let content = BotContent(
            intents: ["entities", "settings"].map {
                Intent(name: IntentName(trusted: $0), examples: [Example("x \($0)")])
            },
            entities: [EntityDefinition(name: EntityName(trusted: "size"), values: [.init(value: "S")])],
            settings: BotContent.Settings())
        let outcome = try ContentWriter.write(content, to: folder.file("out"))
        #expect(outcome.written == ["entities~.yaml", "settings~.yaml", "entities.yaml", "settings.yaml"])
        #expect(try folder.read("out").content.withoutPlaces == content)
    }

    @Test("a folder with files is refused unless it may be overwritten, and what is left of it is told")
    func overwriting() throws {
        let folder = try TestFolder(["out/a.yaml": "old", "out/old.yaml": "old", "out/README.md": "mine", "file": "x"])
        let content = BotContent(intents: [Intent(name: IntentName(trusted: "a"), examples: [Example("x")])])
        var error = #expect(throws: ContentWriteError.self) { try ContentWriter.write(content, to: folder.file("out")) }
        #expect(
            error.map { folder.plain($0.description) } == "out: the folder is not empty, expected a new or empty one")
        #expect(try String(contentsOf: folder.file("out/a.yaml"), encoding: .utf8) == "old")
        let outcome = try ContentWriter.write(content, to: folder.file("out"), overwriting: true)
        #expect(outcome.written == ["a.yaml"])
        #expect(outcome.leftOver == ["old.yaml"])
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.file("out").path).sorted() == [
                "README.md", "a.yaml", "old.yaml",
            ])
        #expect(
            try String(contentsOf: folder.file("out/a.yaml"), encoding: .utf8)
                == "intent: a\nexamples:\n  en:\n    - x\n")
        error = #expect(throws: ContentWriteError.self) { try ContentWriter.write(content, to: folder.file("file")) }
        #expect(error.map { folder.plain($0.description) } == "file: is a file, expected a folder")
    }
}
