import ConversationDomain
import ServiceTestSupport
import Testing
import WebSocketService
import WebSocketTestClient

@Suite("Clients that are slower or faster than the server", .timeLimit(.minutes(1)))
struct BackpressureTests {
    /// Long enough that a few hundred of them fill what the kernel holds for a connection.
    private static let long = String(repeating: "好", count: 2_000)

    @Test("what a client sends while its turn lasts is all answered, in order, however little of it may wait")
    func fastSender() async throws {
        try await TestSockets.run({ $0.queueLimit = 4 }) { test in
            let (socket, _) = try await test.started()
            try await socket.say("wait", id: "c1")
            await test.chat.untilTurnWaits()
            for number in 1...300 { try await socket.ping("\(number)") }
            test.chat.release()
            #expect(
                try await socket.summaries(304)
                    == ["typing on", "ack c1 1", "message 2 echo: wait", "typing off"]
                    + (1...300).map { "pong frame \($0)" })
        }
    }

    @Test("a history that is longer than all buffers reaches a client that begins to read late")
    func slowHistory() async throws {
        try await TestSockets.run { test in
            let (first, conversation) = try await test.started()
            for _ in 0..<400 { try await test.chat.say(Self.long, in: conversation, keys: test.keys) }
            try await first.connection.close()
            await test.chat.untilFollowers(are: 0)
            let socket = try await test.connect()
            try await socket.connection.pauseReading()
            try await socket.send(#"{"type":"resume","conversation_id":"\#(conversation)","after":0}"#)
            await test.chat.untilFollowers(are: 1)
            // Comes before the history has been shown, and is shown after it.
            try await test.chat.say("last", in: conversation, keys: test.keys)
            try await socket.connection.resumeReading()
            #expect(try await socket.summary().hasPrefix("ready "))
            let seqs = try await socket.summaries(802).map { Int($0.split(separator: " ")[1]) }
            #expect(seqs == Array(1...802))
        }
    }

    @Test("a client that vanishes while its history waits for it leaves nothing behind")
    func vanished() async throws {
        try await TestSockets.run { test in
            let (first, conversation) = try await test.started()
            for _ in 0..<400 { try await test.chat.say(Self.long, in: conversation, keys: test.keys) }
            try await first.connection.close()
            await test.chat.untilFollowers(are: 0)
            let socket = try await test.connect()
            try await socket.connection.pauseReading()
            try await socket.send(#"{"type":"resume","conversation_id":"\#(conversation)","after":0}"#)
            await test.chat.untilFollowers(are: 1)
            try await socket.connection.close()
            await test.chat.untilFollowers(are: 0)
            _ = try await test.started()
        }
    }
}
