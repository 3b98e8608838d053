import ConversationDomain
import Foundation
import IntentData
import NativeContent
import Scripts
import Testing
import Wire

@Suite struct ConversationReaderTests {
    private func errors(_ yaml: String) throws -> [String] {
        let folder = try TestFolder(["a.yaml": yaml])
        do {
            _ = try ConversationReader.read(folder.file("a.yaml"))
            return []
        } catch {
            return error.description.split(separator: "\n").map { folder.plain(String($0)) }
        }
    }

    @Test("conversations are read from all files of a folder, in the order of their names")
    func folder() throws {
        func file(_ name: String) -> String { "conversations:\n  - { name: \(name), turns: [ { say: hi } ] }\n" }
        let folder = try TestFolder([
            "tests/b.yaml": file("two"), "tests/a.yml": file("one"), "tests/zh/c.yaml": file("three"),
            "tests/README.md": "no conversations",
        ])
        let scripts = try ConversationReader.read(folder.file("tests"))
        #expect(scripts.map(\.name) == ["one", "two", "three"])
        #expect(
            scripts.map { folder.plain($0.place.description) } == [
                "tests/a.yml:2", "tests/b.yaml:2", "tests/zh/c.yaml:2",
            ])
    }

    @Test("a turn is something said or pressed, with alternatives of what may come of it")
    func turns() throws {
        let folder = try TestFolder([
            "a.yaml": """
            conversations:
              - name: a late parcel
                locale: zh-CN
                channel: api
                turns:
                  - say: " my parcel is late "
                    expect:
                      - action: [ask, answer]
                        intent: order.status
                        slots: { order_number: , city: [Basel, Bern] }
                      - { knowledge: late.en, contains: [Soon, now], not_contains: Refund, offers: agent.request }
                  - press: { intent: order.status, slots: { order_number: A1 } }
                    expect: { action: answer }
                  - press: { knowledge: late.en }
            """
        ])
        let script = try #require(try ConversationReader.read(folder.file("a.yaml")).first)
        #expect(script.locale == BotLocale("zh-CN") && script.channel == .api)
        #expect(
            script.turns.map(\.content) == [
                .text("my parcel is late"),
                .button(intent: IntentName(trusted: "order.status"), slots: ["order_number": "A1"]),
                .knowledge(KnowledgeID(trusted: "late.en")),
            ])
        #expect(script.turns.map(\.place.line) == [6, 12, 14])
        #expect(script.turns.map(\.expected.count) == [2, 1, 0])
        #expect(
            script.turns[0].expected.map(\.description) == [
                "{action: ask or answer, intent: order.status, city: Basel or Bern, order_number: empty}",
                "{knowledge: late.en, contains: 'Soon' and 'now', not_contains: 'Refund', offers: agent.request}",
            ])
    }

    @Test("mistakes are told with their lines")
    func mistakes() throws {
        #expect(
            try errors(
                """
                conversations:
                  - name: a
                    turns:
                      - say: x
                        press: { intent: b }
                      - press: { intent: b, knowledge: c }
                      - press: { knowledge: c, slots: { x: y } }
                      - say: x
                        expect: { action: shout }
                      - say: x
                        expect: [ { intents: b }, {} ]
                      - say: ""
                      - say: x
                        expect: []
                      - say: x
                        expect: { contains: [] }
                  - name: a
                    locale: english
                    turns: []
                  - turns: [ { say: x } ]
                  - text
                """) == [
                    "a.yaml:4: error: a turn needs 'say' or 'press', and not both",
                    "a.yaml:6: error: 'press' needs 'intent' or 'knowledge', and not both",
                    "a.yaml:7: error: 'slots' goes with 'intent'",
                    "a.yaml:9: error: 'action' is 'shout', expected answer, ask, search, clarify, handoff or fallback",
                    "a.yaml:11: error: unknown key 'intents' in what is expected, expected action, intent, knowledge, slots, contains, not_contains or offers",
                    "a.yaml:11: error: an alternative of 'expect' is empty, expected action, intent, knowledge, slots, contains, not_contains or offers",
                    "a.yaml:12: error: 'say' is empty",
                    "a.yaml:14: error: 'expect' is empty",
                    "a.yaml:16: error: 'contains' is empty",
                    "a.yaml:18: error: 'locale' is 'english', expected a language tag such as en or zh-TW",
                    "a.yaml:19: error: a conversation has 0 turns, expected 1 to 100",
                    "a.yaml:17: error: the conversation 'a' is there already, in line 2",
                    "a.yaml:20: error: a conversation needs 'name'",
                    "a.yaml:21: error: a conversation must be keys with values, found text",
                ])
        #expect(try errors("conversation: []\n").first?.contains("unknown key 'conversation'") == true)
        #expect(
            try errors("conversations: []\n") == ["a.yaml:1: error: no conversations, expected files *.yaml with some"])
        let folder = try TestFolder()
        #expect(throws: ContentFileError.self) { try ConversationReader.read(folder.file("gone")) }
    }

    @Test("an import of the folder leaves its conversations alone, and refuses them as a file of their own")
    func importing() throws {
        let conversations = "conversations:\n  - { name: a, turns: [ { say: hi } ] }\n"
        let folder = try TestFolder(["a.yaml": "intent: a\nexamples: { en: [x] }\n", "tests/t.yaml": conversations])
        #expect(try folder.read().content.intents.map(\.name.rawValue) == ["a"])
        #expect(try folder.warnings() == [])
        #expect(
            folder.errors("tests/t.yaml") == [
                "tests/t.yaml:1: error: conversations that test a bot; run them with 'frontdesk test-conversations'"
            ])
    }
}
