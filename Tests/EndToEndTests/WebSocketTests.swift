import Foundation
import Testing

extension EndToEndTests {
    @Suite("Chatting over WebSocket") struct WebSocketTests {}
}

extension EndToEndTests.WebSocketTests {
    /// A socket with a conversation that has just been started on it.
    private func started(_ body: JSON = ["locale": "en"]) async throws -> (socket: WebSocket, chat: Chat) {
        let caller = try await SharedServer.caller()
        let socket = try await caller.webSocket()
        var start = body
        start["type"] = "start"
        await socket.send(start)
        let ready = try await socket.next()
        try #require(ready["type"] == "ready", "\(ready.text)")
        return (socket, Chat(caller: caller, id: try #require(ready["conversation_id"].string)))
    }

    private func message(_ id: String, _ text: String) -> JSON {
        ["type": "message", "client_message_id": .string(id), "text": .string(text)]
    }

    private func types(_ frames: [JSON]) -> [String?] { frames.map { $0["type"].string } }

    @Test("the server chooses the protocol and never repeats the key")
    func handshake() async throws {
        let caller = try await SharedServer.caller()
        let socket = try await caller.webSocket()
        #expect(socket.subprotocol == "frontdesk.v1")
        await socket.send(["type": "start", "locale": "en"])
        let ready = try await socket.next()
        #expect(ready.keys == ["conversation_id", "heartbeat_s", "last_seq", "resume_token", "type"])
        #expect(ready.picking("type", "last_seq") == ["type": "ready", "last_seq": 0])
        #expect((ready["heartbeat_s"].number ?? 0) > 0)
        await socket.send(["type": "ping"])
        #expect(try await socket.next() == ["type": "pong"])
        await socket.sendClose()
        #expect(try await socket.closeCode() == 1000)

        let byHeader = try await WebSocket.open(
            port: caller.server.port, protocols: ["frontdesk.v1"],
            headers: [("Authorization", "Bearer \(caller.key ?? "")")])
        await byHeader.send(["type": "start"])
        #expect(try await byHeader.next()["type"] == "ready")
        await byHeader.connection.close()
    }

    @Test("a message shows typing at once, then is acknowledged, answered, and typing ends")
    func turn() async throws {
        let (socket, chat) = try await started()
        await socket.send(message("m-1", "is my parcel on its way?"))
        let frames = [
            try await socket.next(), try await socket.next(), try await socket.next(), try await socket.next(),
        ]
        let history = try await chat.history()
        #expect(types(frames) == ["typing", "ack", "message", "typing"])
        #expect(frames[0] == ["type": "typing", "on": true])
        #expect(frames[1] == ["type": "ack", "client_message_id": "m-1", "seq": 1])
        #expect(frames[2].keys == ["decision", "message", "type"])
        #expect(frames[2]["message"] == history.last)
        #expect(frames[2]["decision"].picking("action", "intent") == ["action": "ask", "intent": "order.status"])
        #expect(frames[3] == ["type": "typing", "on": false])
        // REST goes on with the same conversation.
        let next = try await chat.say("D1234567")
        #expect(next.outcome == ["answer", "order.status", "bot"])
        let fed = try await socket.next()
        let reply = try await socket.next()
        #expect(fed["message"] == next["message"])
        #expect(reply["message"] == next["replies"][0])
        await socket.connection.close()
    }

    @Test("a pressed button, a call for a person and feedback work over the socket")
    func buttonAndFeedback() async throws {
        let (socket, chat) = try await started(["locale": "zh", "channel": "web"])
        await socket.send(["type": "typing", "on": true])
        await socket.send(["type": "message", "client_message_id": "b", "intent": "agent.request", "slots": [:]])
        var frames = try await socket.upTo(type: "ack")
        while frames.filter({ $0["type"] == "typing" && $0["on"] == false }).isEmpty
            || !types(frames).contains("status")
        {
            frames.append(try await socket.next())
        }
        #expect(frames.contains(["type": "status", "status": "waiting"]))
        let reply = try #require(frames.first { $0["type"] == "message" })["message"]["id"]
        await socket.send(["type": "feedback", "message_id": reply, "rating": "up"])
        #expect(try await socket.next() == ["type": "ack", "message_id": reply])
        #expect(try await chat.caller.get(chat.path).json["status"] == "waiting")
        await socket.connection.close()
    }

    @Test("a second socket sees everything; only the sender is acknowledged")
    func secondSocket() async throws {
        let (first, chat) = try await started()
        let second = try await chat.caller.webSocket()
        await second.send(["type": "resume", "conversation_id": .string(chat.id), "after": 0])
        #expect(try await second.next()["type"] == "ready")
        for number in 1...3 {
            await first.send(message("m-\(number)", "hello"))
            _ = try await first.upTo(type: "message")
        }
        var seen: [JSON] = []
        while seen.count < 6 {
            let frame = try await second.next()
            #expect(frame["type"] != "ack")
            if frame["type"] == "message" { seen.append(frame["message"]) }
        }
        #expect(seen == (try await chat.history()))
        await first.connection.close()
        await second.connection.close()
    }

    @Test("a socket that drops resumes after what it saw, with nothing missing and nothing twice")
    func resume() async throws {
        let (socket, chat) = try await started()
        await socket.send(message("m-1", "hello"))
        _ = try await socket.upTo(type: "message")
        await socket.connection.close()
        for text in ["thanks", "goodbye"] { _ = try await chat.say(text) }
        let history = try await chat.history()
        for after in [0, 2, 5, 6] {
            let again = try await chat.caller.webSocket()
            await again.send(["type": "resume", "conversation_id": .string(chat.id), "after": .number(Double(after))])
            let ready = try await again.next()
            #expect(ready["type"] == "ready")
            #expect(
                ready.picking("conversation_id", "last_seq") == ["conversation_id": .string(chat.id), "last_seq": 6])
            var seen: [JSON] = []
            while seen.count < 6 - after { seen.append(try await again.next()["message"]) }
            #expect(seen == Array(history.dropFirst(after)))
            await again.send(["type": "ping"])
            #expect(try await again.next() == ["type": "pong"])
            await again.connection.close()
        }
    }

    @Test("a socket that resumes in the middle of a lively conversation misses nothing")
    func resumeUnderLoad() async throws {
        let (socket, chat) = try await started()
        async let talk: Void = {
            for number in 0..<25 {
                _ = try await chat.turn(["text": "hello", "client_message_id": .string("r-\(number)")])
            }
        }()
        var watched: [[Int?]] = []
        for _ in 0..<4 {
            let watcher = try await chat.caller.webSocket()
            await watcher.send(["type": "resume", "conversation_id": .string(chat.id), "after": 0])
            var sequence: [Int?] = []
            while sequence.last != 50 {
                let frame = try await watcher.next()
                if frame["type"] == "message" { sequence.append(frame["message"]["seq"].integer) }
            }
            watched.append(sequence)
            await watcher.connection.close()
        }
        try await talk
        #expect(watched == Array(repeating: (1...50).map { $0 }, count: 4))
        await socket.connection.close()
    }

    @Test("a repeated id is acknowledged with its stored seq and answered again, to that socket only")
    func repeated() async throws {
        let (first, chat) = try await started()
        var originals: [[JSON]] = []
        for number in 1...6 {
            await first.send(message("m-\(number)", "hello"))
            originals.append(try await first.upTo(type: "message").filter { $0["type"] != "typing" })
            #expect(try await first.next() == ["type": "typing", "on": false])
        }
        let second = try await chat.caller.webSocket()
        await second.send(["type": "resume", "conversation_id": .string(chat.id), "after": 12])
        #expect(try await second.next()["type"] == "ready")
        for (number, original) in zip(1..., originals) {
            await second.send(message("m-\(number)", "hello"))
            #expect(try await second.upTo(type: "message").filter { $0["type"] != "typing" } == original)
        }
        #expect(try await chat.history().count == 12)
        // Nothing of it reached the first socket.
        await first.send(["type": "ping"])
        #expect(try await first.next() == ["type": "pong"])
        await first.connection.close()
        await second.connection.close()
    }

    @Test("messages sent without waiting are answered in their order")
    func pipelined() async throws {
        let (socket, chat) = try await started()
        for number in 1...10 { await socket.send(message("p-\(number)", "hello")) }
        var acks: [JSON] = []
        var replies: [Int?] = []
        while replies.count < 10 {
            let frame = try await socket.next()
            if frame["type"] == "ack" { acks.append(frame) }
            if frame["type"] == "message" { replies.append(frame["message"]["seq"].integer) }
        }
        let expected = (1...10).map { number -> JSON in
            ["type": "ack", "client_message_id": .string("p-\(number)"), "seq": .number(Double(number * 2 - 1))]
        }
        #expect(acks == expected)
        #expect(replies == (1...10).map { $0 * 2 })
        #expect(try await chat.history().count == 20)
        await socket.connection.close()
    }

    @Test("text in fragments is joined")
    func fragments() async throws {
        let (socket, _) = try await started()
        let text = Array(message("f", "你好，谢谢").text.utf8)
        await socket.send(opcode: 1, isFinal: false, Array(text[..<20]))
        await socket.send(opcode: 0, isFinal: false, Array(text[20..<40]))
        await socket.send(opcode: 9, [1, 2, 3])
        await socket.send(opcode: 0, Array(text[40...]))
        #expect(try await socket.frame() == .pong([1, 2, 3]))
        #expect(types(try await socket.upTo(type: "message")) == ["typing", "ack", "message"])
        await socket.connection.close()
    }
}
