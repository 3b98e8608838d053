import Foundation
import Testing

extension EndToEndTests {
    @Suite("What a socket refuses") struct WebSocketRefusalTests {}
}

extension EndToEndTests.WebSocketRefusalTests {
    private func started() async throws -> WebSocket {
        let socket = try await SharedServer.caller().webSocket()
        await socket.send(["type": "start", "locale": "en"])
        try #require(try await socket.next()["type"] == "ready")
        return socket
    }

    private func stillWorks(_ socket: WebSocket) async throws -> Bool {
        await socket.send(["type": "message", "client_message_id": "after", "text": "hello"])
        return try await socket.upTo(type: "message").contains { $0["type"] == "ack" }
    }

    @Test(
        "a bad frame gets an error, and the socket lives on",
        arguments: [
            "", "hello", "[]", "5", #"{"type":"message""#, "{}", #"{"type":5}"#, #"{"type":"dance"}"#,
            #"{"type":"message","text":"hi"}"#, #"{"type":"message","client_message_id":"a"}"#,
            #"{"type":"message","client_message_id":"a","text":""}"#,
            #"{"type":"message","client_message_id":"a","text":5}"#,
            #"{"type":"message","client_message_id":"a","text":"hi","more":1}"#, #"{"type":"ping","more":1}"#,
            #"{"type":"message","client_message_id":"a","text":"a\u0000b"}"#, #"{"type":"feedback"}"#,
            #"{"type":"feedback","message_id":"msg_0","rating":"up"}"#, #"{"type":"start"}"#,
            #"{"type":"resume","conversation_id":"conv_0","after":0}"#,
        ])
    func badFrame(text: String) async throws {
        let socket = try await started()
        await socket.send(text: text)
        let error = try await socket.next()
        #expect(error["type"] == "error" && error["message"].string?.isEmpty == false, "\(text) \(error.text)")
        #expect(["invalid_request", "not_found", "conflict"].contains(error["code"].string))
        #expect(try await stillWorks(socket))
        await socket.connection.close()
    }

    @Test("deep nesting and too long a text get an error that names the message")
    func boundedMessage() async throws {
        let socket = try await started()
        await socket.send(text: String(repeating: "[", count: 30_000))
        #expect(try await socket.next()["code"] == "invalid_request")
        await socket.send([
            "type": "message", "client_message_id": "long", "text": .string(String(repeating: "x", count: 2_001)),
        ])
        let error = try await socket.upTo(type: "error").last
        #expect(error?.picking("code", "client_message_id") == ["code": "too_large", "client_message_id": "long"])
        #expect(try await stillWorks(socket))
        await socket.connection.close()
    }

    @Test("the same id with other words is a conflict")
    func conflict() async throws {
        let socket = try await started()
        await socket.send(["type": "message", "client_message_id": "a", "text": "hello"])
        _ = try await socket.upTo(type: "message")
        await socket.send(["type": "message", "client_message_id": "a", "text": "goodbye"])
        let error = try await socket.upTo(type: "error").last
        #expect(error?.picking("code", "client_message_id") == ["code": "conflict", "client_message_id": "a"])
        await socket.connection.close()
    }

    @Test("a message before start gets an error")
    func early() async throws {
        let socket = try await SharedServer.caller().webSocket()
        await socket.send(["type": "message", "client_message_id": "a", "text": "hello"])
        #expect(try await socket.next()["code"] == "invalid_request")
        await socket.send(["type": "start"])
        #expect(try await socket.next()["type"] == "ready")
        await socket.connection.close()
    }

    @Test("a conversation of another app cannot be resumed")
    func foreign() async throws {
        let caller = try await SharedServer.caller()
        let mine = try await caller.start()
        let data = caller.server.data
        let stranger = Caller(server: caller.server, key: try await data.makeKey("stranger", scopes: ["chat"]))
        let socket = try await stranger.webSocket()
        await socket.send(["type": "resume", "conversation_id": .string(mine.id), "after": 0])
        #expect(try await socket.next()["code"] == "not_found")
        await socket.connection.close()
    }

    @Test("a binary frame gets an error; bad frames again and again close with 4400")
    func repeatedlyBad() async throws {
        let socket = try await started()
        await socket.send(opcode: 2, [1, 2, 3])
        #expect(try await socket.next()["type"] == "error")
        for _ in 0..<50 { await socket.send(text: "nonsense") }
        #expect(try await socket.closeCode() == 4400)
    }

    @Test("text that is not UTF-8 is a bad frame")
    func notUTF8() async throws {
        let socket = try await started()
        await socket.send(opcode: 1, [0x22, 0xFF, 0xC0, 0x22])
        do {
            #expect(try await socket.next()["type"] == "error")
            await socket.connection.close()
        } catch let closed as WebSocket.Closed {
            #expect([4400, 1007].contains(closed.code))
        }
    }

    @Test("a frame of more than 64 KiB closes with 1009, whole or in fragments")
    func tooBig() async throws {
        let whole = try await started()
        await whole.send(text: #"{"type":"ping","x":"\#(String(repeating: "x", count: 70_000))"}"#)
        #expect(try await whole.closeCode() == 1009)
        let pieces = try await started()
        await pieces.send(opcode: 1, isFinal: false, Array(repeating: 0x78, count: 30_000))
        for _ in 0..<4 { await pieces.send(opcode: 0, isFinal: false, Array(repeating: 0x78, count: 30_000)) }
        #expect(try await pieces.closeCode() == 1009)
        #expect(try await stillWorks(try await started()))
    }

    @Test("60,000 bytes are a frame")
    func largeButAllowed() async throws {
        let socket = try await started()
        await socket.send(text: #"{"type":"ping"\#(String(repeating: " ", count: 60_000))}"#)
        #expect(try await socket.next() == ["type": "pong"])
        await socket.connection.close()
    }

    @Test("a frame without a mask breaks the protocol")
    func unmasked() async throws {
        let socket = try await started()
        await socket.connection.send([0x81, 0x02, 0x7B, 0x7D])
        let code = try await socket.closeCode()
        #expect([nil, 1002].contains(code))
        #expect(try await stillWorks(try await started()))
    }

    @Test("without a key that works and may chat there is no socket")
    func credentials() async throws {
        let shared = try await SharedServer.shared.value
        let classify = try await shared.server.data.makeKey("no-chat", scopes: ["classify"])
        let page = try await shared.server.data.makePublishableKey("socket-page", origins: ["https://shop.example"])
        func outcome(_ protocols: [String], _ headers: [(String, String)] = [], path: String = "/v1/ws") async throws
            -> Int?
        {
            do {
                let socket = try await WebSocket.open(
                    port: shared.server.port, protocols: protocols, headers: headers, path: path)
                return try await socket.closeCode()
            } catch let refused as WebSocket.Refused {
                return refused.response.status
            }
        }
        // Calls without a valid key are few a second; wait until there is room for these.
        _ = try await shared.server.refusal("GET", "/v1/intents", [])
        #expect([401, 4401].contains(try await outcome(["frontdesk.v1"])))
        #expect([401, 4401].contains(try await outcome(["frontdesk.v1", "bearer.nonsense"])))
        #expect([401, 4401].contains(try await outcome(["frontdesk.v1"], path: "/v1/ws?key=\(shared.key)")))
        #expect([403, 4403].contains(try await outcome(["frontdesk.v1", "bearer.\(classify)"])))
        #expect([403, 4403].contains(try await outcome(["frontdesk.v1", "bearer.\(page)"])))
        #expect(
            [403, 4403].contains(
                try await outcome(["frontdesk.v1", "bearer.\(page)"], [("Origin", "https://evil.example")])))
        let socket = try await WebSocket.open(
            port: shared.server.port, protocols: ["frontdesk.v1", "bearer.\(page)"],
            headers: [("Origin", "https://shop.example")])
        await socket.send(["type": "start"])
        #expect(try await socket.next()["type"] == "ready")
        await socket.connection.close()
    }

    @Test("a plain request to the socket's address is told what is missing")
    func notAnUpgrade() async throws {
        let response = try await SharedServer.caller().get("/v1/ws")
        #expect((400..<500).contains(response.status), "\(response.status)")
    }

    @Test("a client that closes its sending side is let go, also with a message on its way")
    func halfClosed() async throws {
        let idle = try await started()
        await idle.connection.closeSendingSide()
        try await idle.connection.waitForClose(within: 10)
        let busy = try await started()
        await busy.send(["type": "message", "client_message_id": "last", "text": "hello"])
        await busy.connection.closeSendingSide()
        try await busy.connection.waitForClose(within: 10)
        #expect(try await stillWorks(try await started()))
    }

    @Test("a socket without a heartbeat is closed with 4408; one with a heartbeat stays")
    func heartbeat() async throws {
        let data = try await DataFolder.trained()
        let server = try await ServerProcess.start(data, "--heartbeat", "1")
        let caller = Caller(server: server, key: try await data.makeKey())
        let silent = try await caller.webSocket()
        let lively = try await caller.webSocket()
        for socket in [silent, lively] { await socket.send(["type": "start"]) }
        let ready = try await silent.next()
        #expect(ready["heartbeat_s"] == 1)
        #expect(try await lively.next()["type"] == "ready")
        async let code = silent.closeCode(within: 10)
        let end = ContinuousClock.now + .seconds(4)
        while ContinuousClock.now < end {
            await lively.send(["type": "ping"])
            #expect(try await lively.next() == ["type": "pong"])
            // Five signs of life in each heartbeat of the running server, whose clock is the real one.
            try await Task.sleep(for: .milliseconds(200))
        }
        #expect(try await code == 4408)
        await lively.connection.close()
        #expect(try await server.stop() == 0)
    }

    @Test("a page that goes on sending too fast is told so, then closed with 4429")
    func tooFast() async throws {
        let server = try await SharedServer.shared.value.server
        let key = try await server.data.makePublishableKey("fast-page", origins: ["https://shop.example"])
        let socket = try await Caller(server: server, key: key).webSocket([("Origin", "https://shop.example")])
        await socket.send(["type": "start", "locale": "en"])
        #expect(try await socket.next()["type"] == "ready")
        for number in 0..<200 {
            await socket.send(["type": "message", "client_message_id": "f-\(number)", "text": "hello"])
        }
        let refusal = try await socket.upTo(type: "error").last
        #expect(refusal?["code"] == "rate_limited")
        #expect(try await socket.closeCode() == 4429)
    }

    @Test("a client that sends far more than it may is slowed, refused or closed, and others go on")
    func flood() async throws {
        let caller = try await SharedServer.caller()
        let socket = try await caller.webSocket()
        await socket.send(["type": "start", "locale": "en"])
        let chat = Chat(caller: caller, id: try #require(try await socket.next()["conversation_id"].string))
        async let other = SharedServer.caller().start(["locale": "en"]).say("hello")
        for number in 0..<200 {
            await socket.send(["type": "message", "client_message_id": "x-\(number)", "text": "hello"])
        }
        #expect(try await other["replies"].elements.count == 1)
        var acks = 0
        var errors: Set<String> = []
        do {
            while acks + errors.count < 200, errors.isEmpty || acks == 0 {
                let frame = try await socket.next(within: 30)
                if frame["type"] == "ack" { acks += 1 }
                if let code = frame["code"].string { errors.insert(code) }
            }
        } catch let closed as WebSocket.Closed {
            #expect(closed.code == 4429)
        }
        #expect(errors.isSubset(of: ["rate_limited", "overloaded"]))
        await socket.connection.close()
        let history = try await chat.history()
        #expect(history.map { $0["seq"].integer } == (1...max(history.count, 1)).map { $0 })
    }
}
