import ConversationDomain
import Foundation
import ServiceTestSupport
import Testing
import WebSocketTestClient
import Wire

@Suite("Talking over a socket")
struct ConversationTests {
    private static func parse(_ text: String) throws -> JSONValue { try JSONValue.parse(Data(text.utf8)) }

    @Test("a publishable key sees action, intent and rule of a decision, in a repeat and of others' turns too")
    func publishable() async throws {
        try await TestSockets.run { test in
            let socket = try await TestSocket.connect(
                port: test.server.port, key: test.keys.publishable, headers: [("Origin", "https://shop.example")])
            let id = try await socket.start()
            func decision() async throws -> JSONValue? {
                while true {
                    guard case .object(let frame) = try await socket.json() else { return nil }
                    if frame["type"] == .string("message"), let decision = frame["decision"], decision != .null {
                        return decision
                    }
                }
            }
            let seen = try Self.parse(#"{"action":"answer","intent":"echo","rule":"intent.accepted"}"#)
            for _ in 0..<2 {
                try await socket.say("hi", id: "c1")
                #expect(try await decision() == seen)
            }
            try await test.chat.say("there", in: id, keys: test.keys)
            #expect(try await decision() == seen)
        }
    }

    @Test("a pressed button that stands for an entry is a message too")
    func knowledgeButton() async throws {
        try await TestSockets.run { test in
            let (socket, _) = try await test.started()
            try await socket.send(#"{"type":"message","client_message_id":"c1","knowledge":"customs.en"}"#)
            #expect(
                try await socket.summaries(4) == ["typing on", "ack c1 1", "message 2 echo: customs.en", "typing off"])
            try await socket.send(#"{"type":"message","client_message_id":"c2","knowledge":"no id"}"#)
            #expect(try await socket.summary() == "error c2 invalid_request")
        }
    }

    @Test("the frames of a turn have the form of the wire format")
    func forms() async throws {
        try await TestSockets.run { test in
            let socket = try await test.connect()
            try await socket.send(#"{"type":"start","locale":"zh","visitor":{"name":"Ann"},"metadata":{"page":"/"}}"#)
            let ready = try await socket.json()
            guard case .object(let fields) = ready, case .string(let id) = fields["conversation_id"],
                case .string(let token) = fields["resume_token"]
            else { throw TestConnectionError.ended }
            #expect(
                try ready
                    == Self.parse(
                        #"{"type":"ready","conversation_id":"\#(id)","last_seq":0,"heartbeat_s":30,"resume_token":"\#(token)"}"#
                    ))
            #expect(token.wholeMatch(of: /rt_[a-z2-9]{52}/) != nil)
            #expect(
                test.chat.requests == [
                    ConversationRequest(
                        locale: .chinese, channel: .web, visitor: Visitor(name: "Ann"),
                        metadata: .object(["page": .string("/")]))
                ])

            try await socket.say("hi", id: "c1")
            #expect(try await socket.json() == Self.parse(#"{"type":"typing","on":true}"#))
            #expect(try await socket.json() == Self.parse(#"{"type":"ack","client_message_id":"c1","seq":1}"#))
            let reply = try await socket.json()
            guard case .object(let frame) = reply, case .object(let message) = frame["message"],
                case .string(let replyID) = message["id"], case .string(let inReplyTo) = message["in_reply_to"]
            else { throw TestConnectionError.malformed("\(reply)") }
            #expect(
                try reply
                    == Self.parse(
                        """
                        {"type":"message","message":{"id":"\(replyID)","seq":2,"from":"bot","text":"echo: hi","buttons":[],
                        "in_reply_to":"\(inReplyTo)","created_at":"\(Timestamp.text(FakeChat.time))"},
                        "decision":{"action":"answer","intent":"echo","confidence":0.9,"threshold":0.5,
                        "ranking":[{"intent":"echo","confidence":0.9}],
                        "candidates":[{"intent":"echo","probability":0.9},{"knowledge":"echoes","probability":0.05}],"rule":"intent.accepted","template":"echo#1@v1",
                        "knowledge":null,"labelled":null,"labels":{"sentiment":{"label":"positive","confidence":0.75}},
                        "model":"model_1","elapsed_ms":1.5}}
                        """))
            #expect(try await socket.json() == Self.parse(#"{"type":"typing","on":false}"#))

            try await socket.send(#"{"type":"ping"}"#)
            #expect(try await socket.json() == Self.parse(#"{"type":"pong"}"#))
            try await socket.send(#"{"type":"feedback","message_id":"\#(replyID)","rating":"up","comment":"good"}"#)
            #expect(try await socket.json() == Self.parse(#"{"type":"ack","message_id":"\#(replyID)"}"#))
            #expect(
                test.chat.feedback == [
                    Feedback(
                        conversation: ConversationID(trusted: id), message: MessageID(trusted: replyID), rating: .up,
                        comment: "good")
                ])
        }
    }

    @Test("messages sent at once are answered one after the other, in order")
    func order() async throws {
        try await TestSockets.run { test in
            let (socket, _) = try await test.started()
            // One write: they all wait at the server at the same time.
            let frames = (1...20).flatMap { number in
                let text = #"{"type":"message","client_message_id":"c\#(number)","text":"t\#(number)"}"#
                return TestSocket.frame(opcode: 1, Array(text.utf8))
            }
            try await socket.connection.write(frames)
            #expect(
                try await socket.summaries(80)
                    == (1...20).flatMap { number in
                        [
                            "typing on", "ack c\(number) \(2 * number - 1)",
                            "message \(2 * number) echo: t\(number)", "typing off",
                        ]
                    })
        }
    }

    @Test("a turn may have several replies, or none, or be a pressed button")
    func replies() async throws {
        try await TestSockets.run { test in
            let (socket, _) = try await test.started()
            try await socket.say("two", id: "c1")
            #expect(
                try await socket.summaries(5)
                    == ["typing on", "ack c1 1", "message 2 echo: two", "message 3 echo: two", "typing off"])
            try await socket.say("nothing", id: "c2")
            #expect(try await socket.summaries(3) == ["typing on", "ack c2 4", "typing off"])
            try await socket.send(
                #"{"type":"message","client_message_id":"c3","intent":"order.status","slots":{"n":1}}"#)
            #expect(
                try await socket.summaries(4) == [
                    "typing on", "ack c3 5", "message 6 echo: order.status", "typing off",
                ])
        }
    }

    @Test("a repeated id is acked with its seq and answered again, to that socket only")
    func replay() async throws {
        try await TestSockets.run { test in
            let (first, conversation) = try await test.started()
            let second = try await test.resumed(conversation, after: 0)
            #expect(try await second.summary() == "ready 0")
            try await first.say("hi", id: "c1")
            _ = try await first.summaries(4)
            #expect(try await second.summaries(2) == ["message 1 hi", "message 2 echo: hi"])

            try await first.say("hi", id: "c1")
            #expect(try await first.summaries(4) == ["typing on", "ack c1 1", "message 2 echo: hi", "typing off"])
            try await first.say("ho", id: "c1")
            #expect(try await first.summaries(3) == ["typing on", "typing off", "error c1 conflict"])
            // The second socket saw nothing of all that.
            try await second.send(#"{"type":"ping"}"#)
            #expect(try await second.summary() == "pong")
        }
    }

    @Test("all sockets of a conversation see everything, whoever sent it")
    func manySockets() async throws {
        try await TestSockets.run { test in
            let (first, conversation) = try await test.started()
            let second = try await test.resumed(conversation, after: 0)
            #expect(try await second.summary() == "ready 0")
            try await first.say("one", id: "same")
            #expect(try await first.summaries(4) == ["typing on", "ack same 1", "message 2 echo: one", "typing off"])
            #expect(try await second.summaries(2) == ["message 1 one", "message 2 echo: one"])
            try await second.say("agent", id: "other")
            #expect(
                try await second.summaries(5)
                    == ["typing on", "ack other 3", "message 4 echo: agent", "typing off", "status waiting"])
            #expect(try await first.summaries(3) == ["message 3 agent", "message 4 echo: agent", "status waiting"])
            try await test.chat.say("by REST", in: conversation, keys: test.keys)
            for socket in [first, second] {
                #expect(try await socket.summaries(2) == ["message 5 by REST", "message 6 echo: by REST"])
            }
        }
    }

    @Test("a refused message says which one it was, and the socket goes on")
    func refusedMessages() async throws {
        try await TestSockets.run { test in
            let (socket, conversation) = try await test.started()
            try await socket.say("overload", id: "c1")
            #expect(try await socket.summaries(3) == ["typing on", "typing off", "error c1 overloaded"])
            try await socket.say("crash", id: "c2")
            #expect(try await socket.summaries(3) == ["typing on", "typing off", "error c2 internal"])
            #expect(test.log.all.filter { $0.hasPrefix("error socket request failed") }.count == 1)
            try await socket.say(String(repeating: "x", count: 2_001), id: "c3")
            #expect(try await socket.summary() == "error c3 too_large")
            test.chat.publish(.closed, to: ConversationID(trusted: conversation))
            #expect(try await socket.summary() == "status closed")
            try await socket.say("hi", id: "c4")
            #expect(try await socket.summaries(3) == ["typing on", "typing off", "error c4 conflict"])
            try await socket.send(#"{"type":"feedback","message_id":"msg_0","rating":"up"}"#)
            #expect(try await socket.summary() == "error not_found")
        }
    }
}

@Suite("Resuming")
struct ResumeTests {
    @Test("a socket that drops resumes with nothing missing and nothing twice")
    func resume() async throws {
        try await TestSockets.run { test in
            let (first, conversation) = try await test.started()
            for number in 1...3 {
                try await first.say("t\(number)", id: "c\(number)")
                _ = try await first.summaries(4)
            }
            try await first.connection.close()
            try await test.chat.say("meanwhile", in: conversation, keys: test.keys)
            let second = try await test.resumed(conversation, after: 3)
            #expect(
                try await second.summaries(6) == [
                    "ready 8", "message 4 echo: t2", "message 5 t3", "message 6 echo: t3", "message 7 meanwhile",
                    "message 8 echo: meanwhile",
                ])
            // What had been acked before the drop is not answered twice.
            try await second.say("t3", id: "c3")
            #expect(try await second.summaries(4) == ["typing on", "ack c3 5", "message 6 echo: t3", "typing off"])
            try await second.say("new", id: "c4")
            #expect(try await second.summaries(4) == ["typing on", "ack c4 9", "message 10 echo: new", "typing off"])
        }
    }

    @Test("history and live feed join without a gap while others talk")
    func join() async throws {
        try await TestSockets.run(feedLimit: 4_096) { test in
            let (_, conversation) = try await test.started()
            async let talking: Void = {
                for number in 0..<500 {
                    try await test.chat.say("t\(number)", in: conversation, keys: test.keys)
                    await Task.yield()
                }
            }()
            let sockets = try await withThrowingTaskGroup(of: TestSocket.self) { group in
                for _ in 0..<8 { group.addTask { try await test.resumed(conversation, after: 0) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            try await talking
            for socket in sockets {
                #expect(try await socket.summary().hasPrefix("ready "))
                #expect(
                    try await socket.summaries(1_000)
                        == (0..<500).flatMap { ["message \(2 * $0 + 1) t\($0)", "message \(2 * $0 + 2) echo: t\($0)"] })
            }
        }
    }

    @Test("an unknown, malformed or foreign conversation is not found, and another may be taken up")
    func unknown() async throws {
        try await TestSockets.run { test in
            let (_, conversation) = try await test.started()
            let socket = try await TestSocket.connect(port: test.server.port, key: test.keys.otherApp)
            for id in ["x", "conv_0000000000000000000000000000A", conversation] {
                try await socket.send(#"{"type":"resume","conversation_id":"\#(id)","after":0}"#)
                #expect(try await socket.summary() == "error not_found", "\(id)")
            }
            _ = try await socket.start()
            #expect(test.chat.followers == 2)
        }
    }

    @Test("a seq that was never there is refused, and frees what it had taken")
    func beyond() async throws {
        try await TestSockets.run { test in
            let (first, conversation) = try await test.started()
            let second = try await test.resumed(conversation, after: 1)
            #expect(try await second.summary() == "error invalid_request")
            #expect(test.chat.followers == 1)
            try await second.send(#"{"type":"resume","conversation_id":"\#(conversation)","after":0}"#)
            #expect(try await second.summary() == "ready 0")
            #expect(test.chat.followers == 2)
            try await first.say("hi", id: "c1")
            #expect(try await second.summaries(2) == ["message 1 hi", "message 2 echo: hi"])
        }
    }

    @Test("a conversation's status is told to who resumes it")
    func status() async throws {
        try await TestSockets.run { test in
            let (_, conversation) = try await test.started()
            test.chat.publish(.waiting, to: ConversationID(trusted: conversation))
            let second = try await test.resumed(conversation, after: 0)
            #expect(try await second.summaries(2) == ["ready 0", "status waiting"])
        }
    }
}
