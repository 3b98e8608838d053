import ServiceTestSupport
import Testing
import WebSocketTestClient

@Suite("Bad frames")
struct BadFrameTests {
    @Test(
        "a frame that is not of the wire format gets an error",
        arguments: [
            "", "hello", "[]", "7", "{}", #"{"type":7}"#, #"{"type":"hello"}"#, #"{"type":"ping","more":1}"#,
            #"{"type":"message","text":"hi"}"#, #"{"type":"message","client_message_id":"","text":"hi"}"#,
            #"{"type":"resume","conversation_id":"conv_1"}"#, #"{"type":"resume","after":0}"#,
            #"{"type":"typing"}"#, #"{"type":"typing","on":"yes"}"#, #"{"type":"feedback","message_id":"msg_1"}"#,
            #"{"type":"start"}"#, #"{"type":"start","locale":"?"}"#,
        ])
    func errors(frame: String) async throws {
        try await TestSockets.run { test in
            let (socket, _) = try await test.started()
            try await socket.send(frame)
            #expect(try await socket.summary() == "error invalid_request")
            try await socket.say("hi", id: "c1")
            #expect(try await socket.summaries(4).last == "typing off")
        }
    }

    @Test("an error names the message that it is about")
    func named() async throws {
        try await TestSockets.run { test in
            let (socket, _) = try await test.started()
            try await socket.send(#"{"type":"message","client_message_id":"c1","text":"a","intent":"b"}"#)
            #expect(try await socket.summary() == "error c1 invalid_request")
        }
    }

    @Test(
        "start or resume comes first",
        arguments: [
            #"{"type":"message","client_message_id":"c1","text":"hi"}"#, #"{"type":"typing","on":true}"#,
            #"{"type":"feedback","message_id":"msg_1","rating":"up"}"#,
        ])
    func first(frame: String) async throws {
        try await TestSockets.run { test in
            let socket = try await test.connect()
            try await socket.send(frame)
            #expect(try await socket.summary().hasSuffix("invalid_request"))
            _ = try await socket.start()
        }
    }

    @Test("the fifth bad frame closes with 4400")
    func five() async throws {
        try await TestSockets.run { test in
            let (socket, _) = try await test.started()
            for _ in 0..<5 { try await socket.send("nonsense") }
            // Whether these can still be sent depends on how fast the server is; they are not answered either way.
            for _ in 0..<2 { try? await socket.send("nonsense") }
            #expect(
                try await socket.summariesToTheEnd()
                    == Array(repeating: "error invalid_request", count: 5) + ["closed 4400", "ended"])
            await test.chat.untilFollowers(are: 0)
        }
    }

    @Test("binary frames are refused, whole or in fragments")
    func binary() async throws {
        try await TestSockets.run { test in
            let (socket, _) = try await test.started()
            try await socket.sendFrame(opcode: 2, [1, 2, 3])
            #expect(try await socket.summary() == "error invalid_request")
            try await socket.sendFrame(opcode: 2, [1], isLast: false)
            try await socket.sendFrame(opcode: 0, [2])
            #expect(try await socket.summary() == "error invalid_request")
            try await socket.send(#"{"type":"ping"}"#)
            #expect(try await socket.summary() == "pong")
        }
    }

    @Test("text that is not UTF-8 is a bad frame")
    func encoding() async throws {
        try await TestSockets.run { test in
            let (socket, _) = try await test.started()
            try await socket.sendFrame(opcode: 1, Array(#"{"type":"ping"}"#.utf8.prefix(9)) + [0xFF, 0x22, 0x7D])
            #expect(try await socket.summary() == "error invalid_request")
        }
    }

    @Test("fragments are joined, with control frames between them")
    func fragments() async throws {
        try await TestSockets.run { test in
            let (socket, _) = try await test.started()
            let bytes = Array(#"{"type":"message","client_message_id":"c1","text":"你好"}"#.utf8)
            try await socket.sendFrame(opcode: 1, Array(bytes[..<50]), isLast: false)
            try await socket.ping("between")
            for byte in bytes[50...] { try await socket.sendFrame(opcode: 0, [byte], isLast: false) }
            try await socket.sendFrame(opcode: 0, [])
            #expect(
                try await socket.summaries(5)
                    == ["pong frame between", "typing on", "ack c1 1", "message 2 echo: 你好", "typing off"])
        }
    }

    @Test("what breaks the protocol closes with 1002")
    func protocolErrors() async throws {
        try await TestSockets.run { test in
            let breaches: [(String, @Sendable (TestSocket) async throws -> Void)] = [
                ("no mask", { try await $0.sendFrame(opcode: 1, Array("{}".utf8), isMasked: false) }),
                ("a continuation of nothing", { try await $0.sendFrame(opcode: 0, [1]) }),
                (
                    "a beginning within a message",
                    {
                        try await $0.sendFrame(opcode: 1, [1], isLast: false)
                        try await $0.sendFrame(opcode: 1, [1])
                    }
                ),
                ("no mask on a close", { try await $0.sendFrame(opcode: 8, [3, 232], isMasked: false) }),
                ("a reserved bit", { try await $0.sendFrame(opcode: 0x41, Array("{}".utf8)) }),
                ("another reserved bit", { try await $0.sendFrame(opcode: 0x21, Array("{}".utf8)) }),
                ("a reserved bit on a ping", { try await $0.sendFrame(opcode: 0x19, []) }),
                ("half a close code", { try await $0.sendFrame(opcode: 8, [3]) }),
                ("an unknown opcode", { try await $0.sendFrame(opcode: 3, [1]) }),
                ("a fragmented ping", { try await $0.sendFrame(opcode: 9, [1], isLast: false) }),
                ("a long ping", { try await $0.sendFrame(opcode: 9, [UInt8](repeating: 1, count: 126)) }),
            ]
            for (name, breach) in breaches {
                let (socket, _) = try await test.started()
                try await breach(socket)
                #expect(try await socket.summary() == "closed 1002", "\(name)")
                #expect(try await socket.summary() == "ended", "\(name)")
            }
            await test.chat.untilFollowers(are: 0)
        }
    }

    @Test("a close is answered with its code, unless that is one that must not be sent")
    func closeCodes() async throws {
        try await TestSockets.run { test in
            for code in [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535] {
                let (socket, _) = try await test.started()
                try await socket.sendClose(code)
                #expect(try await socket.summariesToTheEnd() == ["closed 1002", "ended"], "\(code)")
            }
            for code in [1000, 1001, 3000, 4999] {
                let (socket, _) = try await test.started()
                try await socket.sendClose(code)
                #expect(try await socket.summariesToTheEnd() == ["closed \(code)", "ended"])
            }
            let (wordy, _) = try await test.started()
            try await wordy.sendFrame(opcode: 8, [3, 232, 0xFF])
            #expect(try await wordy.summary() == "closed 1007")
        }
    }

    @Test("a message beyond the limit closes with 1009, in one frame or joined")
    func tooBig() async throws {
        try await TestSockets.run { test in
            let limit = 64 * 1024
            let (fits, _) = try await test.started()
            try await fits.sendFrame(opcode: 1, [UInt8](repeating: 32, count: limit))
            #expect(try await fits.summary() == "error invalid_request")

            let (whole, _) = try await test.started()
            try await whole.sendFrame(opcode: 1, [UInt8](repeating: 32, count: 20 * limit))
            #expect(try await whole.summariesToTheEnd() == ["closed 1009", "ended"])

            let (joined, _) = try await test.started()
            try await joined.sendFrame(opcode: 1, [UInt8](repeating: 32, count: limit), isLast: false)
            try await joined.sendFrame(opcode: 0, [32], isLast: false)
            #expect(try await joined.summary() == "closed 1009")
        }
    }
}
