import Foundation
import Testing

extension EndToEndTests {
    @Suite("What visitors may store") struct QuotaTests {
        static let origin = "https://shop.example"
    }
}

extension EndToEndTests.QuotaTests {
    private func visitor(_ server: ServerProcess, _ key: String) -> Caller {
        Caller(server: server, key: key, headers: [("Origin", Self.origin)])
    }

    /// Talks in a conversation until it is refused; nil when it never is.
    private func refusal(_ chat: Chat) async throws -> Response? {
        for _ in 0..<60 {
            let response = try await chat.post(["text": .string(String(repeating: "many words ", count: 60))])
            if response.status != 200 { return response }
        }
        return nil
    }

    @Test("a web page's conversation is stored with its first turn; a program's at once, and it survives a restart")
    func pending() async throws {
        let data = try await DataFolder.trained()
        let page = try await data.makePublishableKey("page", origins: [Self.origin])
        let secret = try await data.makeKey()
        let server = try await ServerProcess.start(data)
        let (visitor, program) = (visitor(server, page), Caller(server: server, key: secret))
        let silent = try await visitor.start(["metadata": ["page": "/cart"]])
        let talking = try await visitor.start(["locale": "en"])
        let kept = try await program.start()
        #expect(try await silent.caller.get(silent.path).json["last_seq"].integer == 0)
        expectProblem(try await visitor.get(silent.path), 404, "not_found", naming: "Frontdesk-Resume-Token")
        #expect(try await silent.history().isEmpty)
        let turn = try await talking.say("hello")
        let socket = try await visitor.webSocket()
        let token = try #require(silent.resumeToken)
        await socket.send([
            "type": "resume", "conversation_id": .string(silent.id), "after": 0, "resume_token": .string(token),
        ])
        let ready = try await socket.next()
        #expect(ready["type"] == "ready" && ready["last_seq"].integer == 0)
        server.child.send(SIGKILL)
        _ = try await server.child.wait(within: 10)

        let again = try await ServerProcess.start(data)
        let (later, laterProgram) = (self.visitor(again, page), Caller(server: again, key: secret))
        let (gone, there) = (
            Chat(caller: later, id: silent.id, resumeToken: silent.resumeToken),
            Chat(caller: later, id: talking.id, resumeToken: talking.resumeToken)
        )
        expectProblem(try await gone.caller.get(gone.path), 404, "not_found")
        expectProblem(try await gone.post(["text": "hello"]), 404, "not_found")
        #expect(try await there.caller.get(there.path).json["last_seq"].integer == 2)
        let history = try await there.history()
        #expect(history.first == turn["message"])
        #expect(try await laterProgram.get(kept.path).status == 200)
        #expect(try await again.stop() == 0)
    }

    @Test("an address that stored its quota is refused over REST and sockets until it frees; programs are not")
    func addressQuota() async throws {
        let data = try await DataFolder.trained()
        let page = try await data.makePublishableKey("page", origins: [Self.origin])
        let secret = try await data.makeKey()
        let server = try await ServerProcess.start(
            data, "--address-quota", "30kB", "--conversation-rate", "1000", "--address-rate", "1000", "--call-rate",
            "1000")
        let visitor = visitor(server, page)
        let chat = try await visitor.start(["locale": "en"])
        let refused = try #require(try await refusal(chat))
        expectProblem(refused, 429, "rate_limited", naming: "this address has stored the 30 kB")
        let wait = try #require(refused["Retry-After"].flatMap(Int.init))
        #expect((23 * 3_600...25 * 3_600).contains(wait))
        // A new conversation may begin, and is refused with its first message.
        let next = try await visitor.start()
        expectProblem(try await next.post(["text": "hello"]), 429, "rate_limited")

        let socket = try await visitor.webSocket()
        await socket.send(["type": "start"])
        #expect(try await socket.next()["type"] == "ready")
        await socket.send(["type": "message", "client_message_id": "m1", "text": "hello"])
        let error = try #require(try await socket.upTo(type: "error").last)
        #expect(error["code"] == "rate_limited" && error["client_message_id"] == "m1")
        #expect(error["message"].string?.contains("this address") == true)
        await socket.send(["type": "ping"])
        #expect(try await socket.upTo(type: "pong").last == ["type": "pong"])

        let program = Caller(server: server, key: secret)
        #expect(try await program.start().say("hello")["replies"].elements.count == 1)
        let metrics = try await server.metrics().text
        #expect(metrics.contains("frontdesk_address_quota_refused_total 3\n"))
        #expect(try await server.stop() == 0)
    }

    @Test("an app's quota holds over a restart and for its key only")
    func appQuota() async throws {
        let data = try await DataFolder.trained()
        let page = try await data.makePublishableKey("page", origins: [Self.origin])
        let other = try await data.makePublishableKey("other", origins: [Self.origin])
        let settings = [
            "--app-quota", "30kB", "--conversation-rate", "1000", "--address-rate", "1000", "--call-rate", "1000",
        ]
        let server = try await ServerProcess.launch(data, settings)
        try await server.untilReady()
        let refused = try #require(try await refusal(try await visitor(server, page).start()))
        expectProblem(refused, 429, "rate_limited", naming: "this app has stored the 30 kB")
        server.child.send(SIGKILL)
        _ = try await server.child.wait(within: 10)
        let again = try await ServerProcess.launch(data, settings)
        try await again.untilReady()
        let chat = try await visitor(again, page).start()
        expectProblem(try await chat.post(["text": "hello"]), 429, "rate_limited", naming: "this app")
        #expect(try await visitor(again, other).start().say("hello")["replies"].elements.count == 1)
        #expect(try await again.stop() == 0)
    }

    @Test(
        "a size or time that is none is refused in one line",
        arguments: [("--address-quota", "20 parsecs"), ("--app-quota", "0"), ("--keep-conversations", "1.5d")])
    func settings(option: String, value: String) async throws {
        let data = try DataFolder.empty()
        let result = try await data.run("serve", option, value)
        #expect(result.status == 65 && result.errorLines.count == 1, "\(result)")
        #expect(result.errors.contains("\(option): '\(value)' is not a"))
    }
}
