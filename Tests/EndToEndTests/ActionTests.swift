import Foundation
import Testing

extension EndToEndTests {
    @Suite("The example of a shop's service") struct ActionTests {}
}

extension EndToEndTests.ActionTests {
    private static let script = Installation.packageRoot.appendingPathComponent("Examples/shop/shop.py")
    private static let targets = ["order_status", "refund_status", "refund"]
    private static let failure = "I cannot look the order up right now"

    /// `Examples/shop/shop.py`, running.
    private func shop(_ secret: String, port: Int, delay: Double = 0) async throws -> Child {
        let child = try Child(
            ["python3", Self.script.path, "--port", "\(port)", "--delay", "\(delay)"],
            program: URL(fileURLWithPath: "/usr/bin/env"), environment: ["SHOP_SECRET": secret])
        _ = try await eventually("the shop listens", within: 20) { () -> Bool? in
            if let status = child.status { throw ServerProcess.Ended(status: status, errors: child.errors) }
            return child.output.contains("listening on") ? true : nil
        }
        return child
    }

    private func end(_ child: Child) async throws {
        child.send(SIGKILL)
        _ = try await child.wait(within: 20)
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

    @Test("orders and refunds in two languages; a service that is down or slow, and the others who do not wait for it")
    func shop() async throws {
        let data = try await DataFolder.trained()
        let key = try await data.makeKey("shop", scopes: ["chat"])
        let server = try await ServerProcess.start(data, "--webhooks-allow", "127.0.0.1")
        let caller = Caller(server: server, key: key)

        // As before there was a service.
        let english = try await caller.start(["locale": "en"])
        let before = try await english.say("where is my order A1234567")
        #expect(before.replyText.contains("https://shop.example/orders/A1234567"))
        #expect(before["decision"]["action"] == "answer")

        // A running server follows.
        let port = try await ServerProcess.freePort()
        let secret = try await set(port, in: data)
        var shop = try await shop(secret, port: port)
        #expect(try await english.say("where is my order A1234567").replyText.contains("on its way with DHL"))
        #expect(try await english.say("where is my order Z9999999").replyText.contains("cannot find an order Z9999999"))
        let chinese = try await caller.start(["locale": "zh"])
        #expect(try await chinese.say("我的订单 B7654321 到哪了").replyText.contains("订单 B7654321 正在备货"))
        #expect(try await chinese.say("退款进度，订单 C2468135").replyText.contains("249.00 EUR"))

        let asked = try await english.say("I want a refund for B7654321")
        #expect(asked["decision"]["rule"] == "confirm.ask" && !shop.output.contains("answered refund act_"))
        let refunded = try await english.say("yes")
        #expect(
            refunded.replyText.contains("18.00 EUR") && refunded.replyText.contains("R-0001"), "\(refunded.replyText)")
        #expect(shop.output.components(separatedBy: "answered refund act_").count == 2)

        // Down: the owner's words, and a person beside them; then slow, but no longer than the action's time.
        try await end(shop)
        let down = try await english.say("where is my order A1234567")
        #expect(down.replyText.contains(Self.failure) && down["decision"]["rule"] == "action.failed")
        #expect(down["replies"][0]["buttons"][0]["intent"] == "agent.request")
        shop = try await self.shop(secret, port: port, delay: 20)
        let other = try await caller.start(["locale": "en"])
        _ = try await other.say("hello there")
        let start = ContinuousClock.now
        async let slow = english.say("where is my order A1234567")
        var slowest = Duration.zero
        while ContinuousClock.now - start < .seconds(2) {
            let begun = ContinuousClock.now
            _ = try await other.say("hello there")
            slowest = max(slowest, ContinuousClock.now - begun)
        }
        #expect(slowest < .seconds(2), "\(slowest)")
        #expect(try await slow.replyText.contains(Self.failure))
        let time = ContinuousClock.now - start
        #expect(time > .milliseconds(2_900) && time < .seconds(8), "\(time)")
        try await end(shop)

        #expect(try await data.run("actions remove", Self.targets).status == 0)
        let after = try await english.say("where is my order A1234567")
        #expect(after.replyText.contains("https://shop.example/orders/A1234567"))
        #expect(try await server.stop() == 0)
    }

    @Test("a server that is killed during a refund does not ask for it again when the message comes again")
    func killed() async throws {
        let data = try await DataFolder.trained()
        let key = try await data.makeKey("shop", scopes: ["chat"])
        let port = try await ServerProcess.freePort()
        let secret = try await set(port, in: data)
        let shop = try await shop(secret, port: port, delay: 2)
        var server = try await ServerProcess.start(data, "--webhooks-allow", "127.0.0.1")
        let chat = try await Caller(server: server, key: key).start(["locale": "en"])
        #expect(try await chat.say("I want a refund for B7654321")["decision"]["rule"] == "confirm.ask")
        let yes: JSON = ["text": "yes", "client_message_id": "yes-1"]
        let cut = Task { try? await chat.post(yes) }
        _ = try await eventually("the shop is asked", within: 20) { () -> Bool? in
            shop.output.contains("asked refund act_") ? true : nil
        }
        server.child.send(SIGKILL)
        _ = try await server.child.wait(within: 20)
        _ = await cut.value
        _ = try await eventually("the shop has carried it out", within: 20) { () -> Bool? in
            shop.output.contains("answered refund act_") ? true : nil
        }

        server = try await ServerProcess.start(data, "--webhooks-allow", "127.0.0.1")
        let again = Chat(caller: Caller(server: server, key: key), id: chat.id)
        let turn = try await again.turn(yes)
        #expect(turn["decision"]["rule"] == "action.failed", "\(turn.replyText)")
        #expect(turn.replyText.contains("could not see whether the refund was requested"))
        #expect(try await again.turn(yes) == turn)
        #expect(shop.output.components(separatedBy: "answered refund act_").count == 2)
        // Whoever asks hears how it stands.
        #expect(try await again.say("where is my refund for B7654321").replyText.contains("18.00 EUR"))
        try await end(shop)
        #expect(try await server.stop() == 0)
    }

    @Test("written conversations: without a service, and with answers that stand in a file")
    func conversations() async throws {
        let data = try await DataFolder.trained()
        let folder = try Scratch.folder("actions")
        func write(_ name: String, _ text: String) throws -> String {
            let file = folder.appendingPathComponent(name)
            try Data(text.utf8).write(to: file)
            return file.path
        }
        func conversations(_ contains: String, _ rule: String) throws -> String {
            try write(
                "\(rule).yaml",
                """
                conversations:
                  - name: an order
                    locale: en
                    turns:
                      - say: where is my order A1234567
                        expect: { intent: order.status, contains: "\(contains)" }
                """)
        }
        let answers = try write(
            "answers.yml",
            """
            actions:
              order_status:
                - when: { order_number: a1234567 }
                  answer: { found: true, status: processing }
                - failure: late
            """)
        let plain = try conversations("https://shop.example/orders/A1234567", "plain")
        let filled = try conversations("is being packed", "filled")
        #expect(try await data.run("test-conversations", plain).status == 0)
        #expect(try await data.run("test-conversations", filled).status == 1)
        #expect(try await data.run("test-conversations", filled, "--actions", answers).status == 0)
        #expect(try await data.run("test-conversations", plain, "--actions", answers).status == 1)
        let wrong = try write("wrong.yml", "actions:\n  order_status:\n    - failure: slow\n")
        let refused = try await data.run("test-conversations", plain, "--actions", wrong)
        #expect(refused.status == 65 && refused.errors.contains("wrong.yml:3"), "\(refused.errors)")
    }
}
