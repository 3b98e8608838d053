import ConversationDomain
import Foundation
import IntentData
import NativeContent
import Testing

@Suite("What an intent asks of a service of the shop")
struct ActionYAMLTests {
    private static func yaml(_ action: String, answers: String = "answers:\n  - en: ok\n") -> String {
        "intent: a\nexamples: { en: [one] }\nslots: { n: { entity: n, ask: { en: Which } } }\n\(action)\n\(answers)"
    }

    @Test("all of it is read; what is not written is as the program has it")
    func whole() throws {
        let text = Self.yaml(
            """
            action:
              target: order_status
              send: [n]
              fields: [found, status]
              timeout: 0.5
              idempotent: true
              confirm: true
              failure: { en: down }
            """,
            answers: "answers:\n  - when: { fields: { found: false } }\n    en: \"{{status}}\"\n")
        let intent = try #require(try TestFolder(["a.yaml": text]).read().content.intents.first)
        #expect(
            intent.action
                == IntentAction(
                    target: ActionName(trusted: "order_status"), send: [SlotName(trusted: "n")],
                    fields: [SlotName(trusted: "found"), SlotName(trusted: "status")], timeout: 0.5, isIdempotent: true,
                    confirms: true, failure: [.english: "down"]))
        #expect(intent.answers.first?.condition.fields == ["found": "false"])
        let short = try TestFolder(["a.yaml": Self.yaml("action: { target: x }")]).read().content.intents.first?.action
        #expect(short == IntentAction(target: ActionName(trusted: "x")))
        #expect(short?.timeout == 3 && short?.isIdempotent == false && short?.send == nil)
    }

    @Test(
        "what is wrong is told with its line and what was expected",
        arguments: [
            (
                "action: order_status",
                "a.yaml:4: error: 'action' must be keys with values, found text"
            ),
            ("action: { fields: [x] }", "a.yaml:4: error: 'action' needs 'target', a service's name"),
            (
                "action: { target: x, url: y }",
                "a.yaml:4: error: unknown key 'url' in 'action', expected target, send, fields, timeout, idempotent, confirm or failure"
            ),
            (
                "action: { target: x, timeout: 11 }",
                "a.yaml:4: error: 'timeout' is '11', expected seconds from 0.1 to 10"
            ),
            (
                "action: { target: x, fields: [a-b] }",
                "a.yaml:4: error: a field of the answer cannot be 'a-b', expected a letter, then at most 63 letters, digits and _"
            ),
            ("action: { target: x, send: [n, n] }", "a.yaml:4: error: 'send' has 'n' twice"),
            ("action: { target: x, idempotent: yes }", "a.yaml:4: error: 'idempotent' must be true or false"),
        ])
    func errors(action: String, error: String) throws {
        #expect(try TestFolder.errors(yaml: Self.yaml(action)) == [error])
    }

    @Test(
        "lint: names that are no slots, fields that are slots, and words that are missing where a language needs them")
    func lint() throws {
        func issues(_ action: String, _ answers: String = "answers:\n  - en: ok\n") throws -> [String] {
            try ContentLintTests.issues(["a.yaml": Self.yaml(action, answers: answers)])
        }
        #expect(try issues("action: { target: x, send: [n], fields: [f], failure: { en: down } }") == [])
        #expect(
            try issues("action: { target: x, send: [m], fields: [n] }") == [
                "a.yaml:4: error: 'send' names 'm', which is no slot of 'a'",
                "a.yaml:4: error: 'fields' names 'n', which is a slot of 'a': a name can stand for one value only",
                "a.yaml:4: error: the action of 'a' has no 'failure' for en, but the intent has examples in en",
            ])
        let good = "action: { target: x, fields: [f], failure: { en: down } }"
        #expect(
            try issues(good, "answers:\n  - en: '{{g}}'\n  - when: { fields: { h: 1 } }\n    en: ok\n  - en: ok\n") == [
                "a.yaml:6: error: {{g}} is no slot and no field of the action of 'a', expected n or f",
                "a.yaml:7: error: the condition names 'h', which is no field of the action of 'a', expected f",
            ])
        #expect(
            try issues("", "answers:\n  - when: { fields: { h: 1 } }\n    en: ok\n  - en: ok\n") == [
                "a.yaml:6: error: the condition names 'h', which is no field of the action of 'a', which has no action with 'fields'"
            ])
        #expect(
            try issues(good, "answers:\n  - en: '{{f}}'\n").contains {
                $0.contains("every answer of 'a' needs a field")
            })
        #expect(
            try issues("action: { target: x, failure: { en: 'is {{n}}' } }").contains {
                $0.contains("'failure' of 'a' is plain text")
            })
        #expect(try issues(good, "").contains { $0.contains("has no answer to fill") })
    }
}
