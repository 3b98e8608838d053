import Foundation
import Testing

extension EndToEndTests {
    @Suite("The example of a shop's service") struct ActionTests {}
}

extension EndToEndTests.ActionTests {
    private static let example = Installation.packageRoot.appendingPathComponent("Examples/shop")
    private static let script = example.appendingPathComponent("shop.py")
    private static let targets = ["order_status", "refund_status", "refund"]

    /// `Examples/shop/shop.py`, running.
    private struct Shop {
        let child: Child

        /// How often it was asked for something.
        func asked(_ action: String) -> Int { child.output.components(separatedBy: "asked \(action) act_").count - 1 }

        func end() async throws {
            child.send(SIGKILL)
            _ = try await child.wait(within: 20)
        }
    }

    private func shop(_ secret: String, port: Int, _ arguments: String...) async throws -> Shop {
        let child = try Child(
            ["python3", Self.script.path, "--port", "\(port)"] + arguments,
            program: URL(fileURLWithPath: "/usr/bin/env"), environment: ["SHOP_SECRET": secret])
        _ = try await eventually("the shop listens", within: 20) { () -> Bool? in
            if let status = child.status { throw ServerProcess.Ended(status: status, errors: child.errors) }
            return child.output.contains("listening on") ? true : nil
        }
        return Shop(child: child)
    }

    private func set(_ port: Int, in data: DataFolder) async throws -> String {
        let url = "http://127.0.0.1:\(port)/"
        let made = try await data.run("actions set", Self.targets + ["--url", url])
        try #require(made.status == 0, "\(made.errors)")
        // Who sets it is told that the server refuses this machine unless it is allowed.
        #expect(made.errors.contains("--webhooks-allow"))
        let secret = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        try #require(secret.hasPrefix("whsec_") && !secret.contains("\n"))
        return secret
    }

    /// A conversation over REST or over a socket.
    private enum Line {
        case rest(Chat)
        case socket(WebSocket)

        static func open(_ isSocket: Bool, _ locale: String, _ caller: Caller) async throws -> Line {
            guard isSocket else { return .rest(try await caller.start(["locale": .string(locale)])) }
            let socket = try await caller.webSocket()
            await socket.send(["type": "start", "locale": .string(locale)])
            try #require(try await socket.next()["type"] == "ready")
            return .socket(socket)
        }

        /// What the bot says to it, with the rule that decided.
        func say(_ text: String) async throws -> (text: String, rule: String?) {
            switch self {
            case .rest(let chat):
                let turn = try await chat.say(text)
                return (turn.replyText, turn["decision"]["rule"].string)
            case .socket(let socket):
                await socket.send([
                    "type": "message", "client_message_id": .string(UUID().uuidString), "text": .string(text),
                ])
                let reply = try await socket.upTo(type: "message").last ?? .null
                return (reply["message"]["text"].string ?? "", reply["decision"]["rule"].string)
            }
        }

        func close() async { if case .socket(let socket) = self { await socket.connection.close() } }
    }

    /// What is said in a language, and a part of what the bot says to it.
    private struct Words: Sendable {
        let order: @Sendable (String) -> String
        let refund: String
        let yes: String
        let no: String
        let found: String
        let unknown: String
        let refunded: String
        let failed: String
        let refundFailed: String
    }

    private static let words = [
        "en": Words(
            order: { "where is my order \($0)" }, refund: "I want a refund for B7654321", yes: "yes", no: "no",
            found: "on its way with DHL", unknown: "cannot find an order Z9999999",
            refunded: "The refund of 18.00 EUR for order B7654321 has been requested; its reference is R-0001",
            failed: "I cannot look the order up right now",
            refundFailed: "could not see whether the refund was requested"),
        "zh": Words(
            order: { "我的订单 \($0) 到哪了" }, refund: "我要退款，订单 B7654321", yes: "好的", no: "不用了",
            found: "已由 DHL 承运", unknown: "没有找到订单 Z9999999", refunded: "订单 B7654321 的退款 18.00 EUR 已提交，编号 R-0001",
            failed: "现在暂时查不到订单信息", refundFailed: "没能确认退款是否已申请成功"),
    ]

    /// Orders and refunds against a shop that is there, fails first, is slow, and is gone.
    private func talk(_ words: Words, _ line: Line, _ secret: String, _ port: Int) async throws {
        var shop = try await shop(secret, port: port)
        #expect(try await line.say(words.order("A1234567")).text.contains(words.found))
        let unknown = try await line.say(words.order("Z9999999"))
        #expect(unknown.text.contains(words.unknown) && unknown.rule != "action.failed")
        #expect(try await line.say(words.refund).rule == "confirm.ask")
        #expect(try await line.say(words.no).rule == "confirm.declined")
        #expect(try await line.say(words.refund).rule == "confirm.ask")
        #expect(shop.asked("refund") == 0)
        #expect(try await line.say(words.yes).text.contains(words.refunded))
        #expect(shop.asked("refund") == 1 && shop.asked("order_status") == 2)
        try await shop.end()

        // What may be called twice is, and what may not is not.
        shop = try await self.shop(secret, port: port, "--flaky")
        #expect(try await line.say(words.order("A1234567")).text.contains(words.found))
        #expect(shop.asked("order_status") == 2)
        #expect(try await line.say(words.refund).rule == "confirm.ask")
        let refused = try await line.say(words.yes)
        #expect(refused.text.contains(words.refundFailed) && refused.rule == "action.failed")
        #expect(shop.asked("refund") == 1)
        try await shop.end()

        shop = try await self.shop(secret, port: port, "--delay", "20")
        let start = ContinuousClock.now
        let slow = try await line.say(words.order("A1234567"))
        #expect(slow.text.contains(words.failed) && slow.rule == "action.failed")
        let time = ContinuousClock.now - start
        #expect(time > .milliseconds(2_900) && time < .seconds(8), "\(time)")
        #expect(shop.asked("order_status") == 1)
        try await shop.end()

        let down = try await line.say(words.order("A1234567"))
        #expect(down.text.contains(words.failed) && down.rule == "action.failed")
    }

    @Test(
        "orders and refunds in two languages over two wires, with a service that works, fails first, is slow and is down"
    )
    func conversations() async throws {
        let data = try await DataFolder.trained()
        let key = try await data.makeKey("shop", scopes: ["chat"])
        let server = try await ServerProcess.start(data, "--webhooks-allow", "127.0.0.1")
        let caller = Caller(server: server, key: key)
        let page = "https://shop.example/orders/A1234567"

        // As before there was a service; then a running server follows.
        let chat = try await caller.start(["locale": "en"])
        #expect(try await chat.say("where is my order A1234567").replyText.contains(page))
        let port = try await ServerProcess.freePort()
        let secret = try await set(port, in: data)
        for (locale, words) in Self.words {
            for isSocket in [false, true] {
                let line = try await Line.open(isSocket, locale, caller)
                try await talk(words, line, secret, port)
                await line.close()
            }
        }
        // A person stands beside the owner's words.
        let down = try await chat.say("where is my order A1234567")
        #expect(
            down["decision"]["action"] == "fallback" && down["replies"][0]["buttons"][0]["intent"] == "agent.request")
        let metrics = try await server.metrics().text
        #expect(metrics.contains(#"frontdesk_action_calls_total{target="refund",outcome="broken"} 4"#), "\(metrics)")

        #expect(try await data.run("actions remove", Self.targets).status == 0)
        #expect(try await chat.say("where is my order A1234567").replyText.contains(page))
        #expect(try await server.stop() == 0)
        // Neither the secret nor what anybody asked for.
        let log = server.child.output + server.child.errors
        #expect(log.contains("gave no answer") && !log.contains(secret) && !log.contains("A1234567"))
    }

    @Test("a slow service holds up its own conversation only")
    func apart() async throws {
        let data = try await DataFolder.trained()
        let key = try await data.makeKey("shop", scopes: ["chat"])
        let port = try await ServerProcess.freePort()
        let shop = try await shop(try await set(port, in: data), port: port, "--delay", "20")
        let server = try await ServerProcess.start(data, "--webhooks-allow", "127.0.0.1")
        let caller = Caller(server: server, key: key)
        let other = try await caller.start(["locale": "en"])
        _ = try await other.say("hello there")
        let waiting = try await caller.start(["locale": "en"])
        let start = ContinuousClock.now
        async let slow = waiting.say("where is my order A1234567")
        var slowest = Duration.zero
        while ContinuousClock.now - start < .seconds(2) {
            let begun = ContinuousClock.now
            _ = try await other.say("hello there")
            slowest = max(slowest, ContinuousClock.now - begun)
        }
        #expect(slowest < .seconds(2), "\(slowest)")
        #expect(try await slow["decision"]["rule"] == "action.failed")
        try await shop.end()
        #expect(try await server.stop() == 0)
    }

    @Test(
        "a server that is killed during a refund does not ask for it again: not when the message comes again, nor when its writer says yes anew",
        arguments: ["yes-1", "yes-2"])
    func killed(next: String) async throws {
        let data = try await DataFolder.trained()
        let key = try await data.makeKey("shop", scopes: ["chat"])
        let port = try await ServerProcess.freePort()
        let secret = try await set(port, in: data)
        let shop = try await shop(secret, port: port, "--delay", "2")
        var server = try await ServerProcess.start(data, "--webhooks-allow", "127.0.0.1")
        let chat = try await Caller(server: server, key: key).start(["locale": "en"])
        #expect(try await chat.say("I want a refund for B7654321")["decision"]["rule"] == "confirm.ask")
        func yes(_ name: String) -> JSON { ["text": "yes", "client_message_id": .string(name)] }
        let cut = Task { try? await chat.post(yes("yes-1")) }
        _ = try await eventually("the shop is asked", within: 20) { () -> Bool? in
            shop.asked("refund") == 1 ? true : nil
        }
        server.child.send(SIGKILL)
        _ = try await server.child.wait(within: 20)
        _ = await cut.value
        _ = try await eventually("the shop has carried it out", within: 20) { () -> Bool? in
            shop.child.output.contains("answered refund act_") ? true : nil
        }

        server = try await ServerProcess.start(data, "--webhooks-allow", "127.0.0.1")
        let again = Chat(caller: Caller(server: server, key: key), id: chat.id)
        let turn = try await again.turn(yes(next))
        #expect(turn["decision"]["rule"] == "action.failed", "\(turn.replyText)")
        #expect(turn.replyText.contains("could not see whether the refund was requested"))
        #expect(try await again.turn(yes(next)) == turn)
        _ = try await again.turn(yes("yes-1"))
        #expect(shop.asked("refund") == 1)
        // Whoever asks hears how it stands.
        #expect(try await again.say("where is my refund for B7654321").replyText.contains("18.00 EUR"))
        try await shop.end()
        #expect(try await server.stop() == 0)
    }

    @Test("a yes that is said after a person was there goes on with nothing that the bot asked before")
    func personBetween() async throws {
        let data = try await DataFolder.trained()
        let key = try await data.makeKey("shop", scopes: ["chat", "agent", "admin"])
        let port = try await ServerProcess.freePort()
        let shop = try await shop(try await set(port, in: data), port: port)
        let server = try await ServerProcess.start(data, "--webhooks-allow", "127.0.0.1")
        let chat = try await Caller(server: server, key: key).start(["locale": "en"])
        #expect(try await chat.say("I want a refund for B7654321")["decision"]["rule"] == "confirm.ask")
        for (call, body) in [("take", [:]), ("replies", ["text": "Shall I send you the form?"]), ("return", [:])]
            as [(String, JSON)]
        {
            let response = try await chat.caller.post("\(chat.path)/\(call)", body)
            try #require((200...201).contains(response.status), "\(call): \(response.text)")
        }
        #expect(try await chat.say("yes")["decision"]["rule"] != "confirmed")
        #expect(shop.asked("refund") == 0)
        try await shop.end()
        #expect(try await server.stop() == 0)
    }

    @Test(
        "written conversations call nobody, also where the service is set; with answers that stand in a file they are held with these"
    )
    func written() async throws {
        let data = try await DataFolder.trained()
        let port = try await ServerProcess.freePort()
        let shop = try await shop(try await set(port, in: data), port: port)
        let file = Self.example.appendingPathComponent("conversations.yaml").path
        let answers = Self.example.appendingPathComponent("answers.yaml").path
        let held = try await data.run("test-conversations", file, "--actions", answers)
        #expect(held.status == 0, "\(held.output)")
        let plain = try await data.run("test-conversations", file)
        #expect(plain.status == 1 && plain.output.contains("https://shop.example/orders/A1234567"))
        let evaluated = try await data.run("evaluate", "--conversations", file)
        #expect(evaluated.output.contains("https://shop.example/orders/A1234567"), "\(evaluated.output)")
        #expect(!shop.child.output.contains("asked"))
        try await shop.end()

        let wrong = try Scratch.folder("actions").appendingPathComponent("wrong.yml")
        try Data("actions:\n  order_status:\n    - failure: slow\n".utf8).write(to: wrong)
        let refused = try await data.run("test-conversations", file, "--actions", wrong.path)
        #expect(refused.status == 65 && refused.errors.contains("wrong.yml:3"), "\(refused.errors)")
    }

    @Test("an export has the actions and reads back as the same; secrets are shown once, and in no export and no list")
    func exported() async throws {
        let data = try await DataFolder.trained()
        let secret = try await set(8095, in: data)
        let kept = try await data.run("actions set", ["order_status", "--url", "https://shop.example/bot"])
        #expect(kept.status == 0 && !kept.output.contains("whsec_"), "\(kept.output)")
        let mistyped = try await data.run("actions set", ["order_satus", "--url", "https://shop.example/bot"])
        #expect(mistyped.status == 0 && mistyped.errors.contains("no intent has the target 'order_satus'"))
        let listed = try await data.run("actions list")
        #expect(listed.output.contains("https://shop.example/bot") && !listed.output.contains("whsec_"))

        let folder = try Scratch.folder("exported")
        #expect(try await data.run("export", folder.path).status == 0)
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yaml") }
        let texts = try files.map { try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8) }
        #expect(texts.count { $0.contains("\naction:\n  target: ") } == 3)
        #expect(!texts.contains { $0.contains(secret) || $0.contains("whsec_") })
        let back = try await data.run("import", folder.path, "--replace", "--dry-run")
        #expect(back.status == 0 && back.output.contains("nothing to change"), "\(back.output)\(back.errors)")
    }
}
