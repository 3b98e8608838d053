import Foundation
import Testing

extension EndToEndTests {
    @Suite("Conversations as tests, titles and settings") struct ConversationScriptTests {}
}

extension EndToEndTests.ConversationScriptTests {
    private static let right = """
        conversations:
          - name: an order & its number
            locale: en
            turns:
              - say: where is my order
                expect:
                  - { action: answer }
                  - { action: ask, intent: order.status, slots: { order_number: } }
              - say: it is A1234567
                expect: { action: answer, slots: { order_number: A1234567 }, contains: A1234567 }
          - name: 读屏软件
            turns:
              - say: 你们网站支持读屏软件吗？
                expect: { knowledge: shop.accessibility.zh, not_contains: 抱歉 }
          - name: a pressed entry
            turns:
              - press: { knowledge: shop.accessibility.en }
                expect: { action: search, knowledge: shop.accessibility.en }

        """

    private func file(_ text: String, _ name: String = "talk.yaml") throws -> URL {
        let file = try Scratch.folder("talk").appendingPathComponent(name)
        try Data(text.utf8).write(to: file)
        return file
    }

    @Test("conversations that go as expected give a table, JUnit's XML and exit code 0, and leave nothing behind")
    func right() async throws {
        let data = try await DataFolder.trained()
        let folder = try file(Self.right).deletingLastPathComponent()
        let junit = folder.appendingPathComponent("out.xml")
        let result = try await data.run(
            "test-conversations", folder.path, "--junit", junit.path, "--jobs", "3")
        #expect(result.status == 0, "\(result.output)\n\(result.errors)")
        #expect(result.output.contains("3 of 3") && result.output.contains("4 of 4"))
        let document = try XMLText(contentsOf: junit)
        #expect(document.count("<testcase ") == 3 && document.count("<failure") == 0)
        #expect(document.text.contains("an order &amp; its number"))
        #expect(try await data.run("review list", "--json").json["total"].integer == 0)
    }

    @Test("a turn that is none of what is expected is told with file and line, and the exit code is 1")
    func wrong() async throws {
        let data = try await DataFolder.trained()
        let path = try file(Self.right.replacingOccurrences(of: "action: search", with: "action: clarify"))
        let result = try await data.run("test-conversations", path.path)
        #expect(result.status == 1)
        #expect(
            result.output.contains(
                "\(path.path):17: turn 1, pressing shop.accessibility.en: expected {action: clarify, knowledge: shop.accessibility.en}, got {action: search (button)"
            ), "\(result.output)")
        let report = try Scratch.unusedPath("report")
        let evaluated = try await data.run(
            "evaluate", "--conversations", path.path, "--report", report.path, "--json")
        #expect(evaluated.status == 1)
        #expect(evaluated.json["right"].integer == 2 && evaluated.json["right_turns"].integer == 3)
        #expect(try XMLText(contentsOf: report.appendingPathComponent("conversations.xml")).count("<failure") == 1)
    }

    @Test("a wrong file is named with its line, exit code 65; what the bot does not have is warned of")
    func mistakes() async throws {
        let data = try await DataFolder.trained()
        let broken = try file("conversations:\n  - name: a\n    turns: [ { shout: hi } ]\n")
        let result = try await data.run("test-conversations", broken.path)
        #expect(result.status == 65 && result.errors.contains("\(broken.path):3: error: unknown key 'shout'"))
        #expect(try await data.run("test-conversations", broken.path + "x").status == 66)
        #expect(try await data.run("test-conversations", broken.path, "--jobs", "0").status == 65)
        let unknown = try file(
            "conversations:\n  - name: a\n    turns:\n      - say: hi\n        expect: [ { intent: no.such }, { action: answer } ]\n"
        )
        let warned = try await data.run("test-conversations", unknown.path)
        #expect(warned.status == 0, "\(warned.output)")
        #expect(warned.errors.contains("\(unknown.path):5: warning: the bot has no intent or entry 'no.such'"))
    }

    @Test("a bot can be made of a folder for the purpose; the stored one stays as it is")
    func fromFolder() async throws {
        let data = try DataFolder.empty()
        let bot = try Scratch.folder("bot")
        func examples(_ topic: String) -> String {
            ["about", "tell me about", "I need", "what of", "anything on", "help with", "more on", "question on"]
                .map { "    - \($0) \(topic)\n" }.joined()
        }
        for (name, topic) in [("bread", "bread and rolls"), ("shoes", "running shoes")] {
            let text =
                "intent: \(name)\ndescription: d\nexamples:\n  en:\n\(examples(topic))answers:\n  - en: We have \(topic).\n"
            try Data(text.utf8).write(to: bot.appendingPathComponent("\(name).yaml"))
        }
        let tests = bot.appendingPathComponent("tests")
        try FileManager.default.createDirectory(at: tests, withIntermediateDirectories: true)
        try Data(
            "conversations:\n  - name: bread\n    turns:\n      - press: { intent: bread }\n        expect: { contains: bread and rolls }\n"
                .utf8
        ).write(to: tests.appendingPathComponent("bread.yaml"))
        let result = try await data.run("test-conversations", tests.path, "--intents", bot.path)
        #expect(result.status == 0, "\(result.output)\n\(result.errors)")
        #expect(!FileManager.default.fileExists(atPath: data.database.path))
    }

    @Test("titles and settings come back whole through import and export")
    func roundTrip() async throws {
        let data = try DataFolder.empty(withModels: false)
        let bot = try Scratch.folder("bot")
        let files = [
            "hours.yaml":
                "intent: hours\ntitle: { en: \"When?\", zh: 时间 }\nexamples:\n  en:\n    - when\nanswers:\n  - en: now\n",
            "kb.yaml":
                "locale: en\nentries:\n  - id: k\n    title: Open\n    questions:\n      - open?\n    answer: yes it is\n",
            "settings.yaml": "target_precision: 0.9\n",
        ]
        for (name, text) in files { try Data(text.utf8).write(to: bot.appendingPathComponent(name)) }
        let imported = try await data.run("import", bot.path)
        #expect(imported.status == 0, "\(imported.errors)")
        #expect(imported.output.contains("settings changed"))
        let out = try Scratch.unusedPath("export")
        #expect(try await data.run("export", out.path).status == 0)
        func exported(_ name: String) throws -> String {
            try String(contentsOf: out.appendingPathComponent(name), encoding: .utf8)
        }
        #expect(try exported("hours.yaml").contains("title: { en: \"When?\", zh: \"时间\" }\n"))
        #expect(try exported("knowledge/en.yaml").contains("title: Open\n"))
        #expect(try exported("settings.yaml") == "target_precision: 0.9\nask_back: 0.5\nforeign_share: 0.3\n")
        let wrong = bot.appendingPathComponent("settings.yaml")
        try Data("ask_back: 2\n".utf8).write(to: wrong)
        let refused = try await data.run("import", bot.path)
        #expect(refused.status == 65)
        #expect(refused.errors.contains("settings.yaml:1: error: 'ask_back' is '2', expected a number from 0.4 to 1"))
    }

    @Test(
        "a button that stands for an entry shows it, over REST; a text that is no id is refused, an unknown one a miss")
    func knowledgeButton() async throws {
        let chat = try await SharedServer.caller().start(["locale": "en"])
        let shown = try await chat.turn(["knowledge": "shop.accessibility.en", "client_message_id": "k1"])
        #expect(shown["decision"]["action"] == "search" && shown["decision"]["rule"] == "button")
        #expect(shown.replyText.contains("https://shop.example/help/shop/accessibility"))
        let again = try await chat.post(["knowledge": "shop.accessibility.en", "client_message_id": "k1"])
        #expect(again["Idempotent-Replayed"] == "true" && again.json == shown)
        let conflict = try await chat.post(["knowledge": "shop.open.en", "client_message_id": "k1"])
        expectProblem(conflict, 409, "conflict")
        expectProblem(try await chat.post(["knowledge": "not an id"]), 400, "invalid_request", naming: "knowledge")
        #expect(try await chat.turn(["knowledge": "gone.en"])["decision"]["rule"] == "button.unknown")
    }
}

/// The text of a written XML file.
private struct XMLText {
    let text: String

    init(contentsOf file: URL) throws { text = try String(contentsOf: file, encoding: .utf8) }

    func count(_ part: String) -> Int { text.components(separatedBy: part).count - 1 }
}
