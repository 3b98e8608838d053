import ConversationDomain
import Foundation
import ServiceTestSupport
import Testing
import WebSocketTestClient
import Wire

@Suite("Conversations over REST")
struct ConversationRouteTests {
    private static let time = Timestamp.text(FakeChat.time)

    @Test("a conversation starts with no body at all and can be looked at")
    func start() async throws {
        try await TestAPI.run { api in
            let started = try await api.call("POST", "/v1/conversations")
            #expect(started.status == 201)
            guard case .string(let id) = try started.field("id") else { throw TestConnectionError.ended }
            #expect(ConversationID(id) != nil)
            let expected = try json(
                """
                {"id":"\(id)","status":"bot","locale":"en","channel":"api","last_seq":0,"created_at":"\(Self.time)","agent":null,
                "read":{"visitor":0,"agent":0},
                "external_id":null,"team":null,"assignee":null,"handoff":null,"visitor":null,"metadata":null}
                """)
            guard case .object(var fields) = try started.json(), case .string(let token)? = fields["resume_token"]
            else {
                throw TestConnectionError.malformed(started.text)
            }
            #expect(token.wholeMatch(of: /rt_[a-z2-9]{52}/) != nil)
            // It is told once.
            fields["resume_token"] = nil
            #expect(.object(fields) == expected)

            let shown = try await api.call("GET", "/v1/conversations/\(id)")
            #expect(shown.status == 200)
            #expect(try shown.json() == expected)
        }
    }

    @Test("everything that a conversation can start with reaches the chat")
    func startFields() async throws {
        try await TestAPI.run { api in
            let body =
                #"{"locale":"zh-cn","channel":"email","visitor":{"id":"7","name":"Ann","email":"a@b.example"},"metadata":{"a":[1]}}"#
            let started = try await api.call("POST", "/v1/conversations", json: body)
            #expect(started.status == 201)
            #expect(
                api.chat.requests == [
                    ConversationRequest(
                        locale: BotLocale("zh-CN"), channel: ChannelName(trusted: "email"),
                        visitor: Visitor(id: "7", name: "Ann", email: "a@b.example"),
                        metadata: .object(["a": .array([.integer(1)])]))
                ])
        }
    }

    @Test("a message is answered with the turn's stored bytes")
    func send() async throws {
        try await TestAPI.run { api in
            let id = try await api.started()
            let sent = try await api.call("POST", "/v1/conversations/\(id)/messages", json: #"{"text":"hi"}"#)
            #expect(sent.status == 200)
            #expect(sent.headers["idempotent-replayed"] == nil)
            guard case .object(let message) = try sent.field("message"),
                case .array(let replies) = try sent.field("replies"), case .object(let reply) = replies.first
            else { throw TestConnectionError.malformed(sent.text) }
            let messageID = try #require(message["id"])
            let replyID = try #require(reply["id"])
            func quoted(_ value: JSONValue) throws -> String {
                String(decoding: try JSONEncoder.frontdesk().encode(value), as: UTF8.self)
            }
            #expect(
                try sent.json()
                    == json(
                        """
                        {"message":{"id":\(quoted(messageID)),"seq":1,"from":"visitor","text":"hi","buttons":[],
                        "in_reply_to":null,"created_at":"\(Self.time)"},
                        "replies":[{"id":\(quoted(replyID)),"seq":2,"from":"bot","text":"echo: hi","buttons":[],
                        "in_reply_to":\(quoted(messageID)),"created_at":"\(Self.time)"}],
                        "decision":{"action":"answer","intent":"echo","confidence":0.9,"threshold":0.5,
                        "ranking":[{"intent":"echo","confidence":0.9}],
                        "candidates":[{"intent":"echo","probability":0.9},{"knowledge":"echoes","probability":0.05}],"rule":"intent.accepted","template":"echo#1@v1",
                        "knowledge":null,"labelled":null,"labels":{"sentiment":{"label":"positive","confidence":0.75}},
                        "model":"model_1","elapsed_ms":1.5},"status":"bot"}
                        """))
        }
    }

    @Test("the same client_message_id gives the same bytes again, and another payload a conflict")
    func idempotency() async throws {
        try await TestAPI.run { api in
            let path = "/v1/conversations/\(try await api.started())/messages"
            let body = #"{"text":"hi","client_message_id":"c-1"}"#
            let first = try await api.call("POST", path, json: body)
            let again = try await api.call("POST", path, json: body)
            #expect(again.status == 200)
            #expect(again.body == first.body)
            #expect([first, again].map { $0.headers["idempotent-replayed"] } == [nil, "true"])

            let other = try await api.call("POST", path, json: #"{"text":"ho","client_message_id":"c-1"}"#)
            #expect(try other.problem() == "409 conflict")
            #expect(try await api.call("GET", path).field("last_seq") == .integer(2))
        }
    }

    @Test("a pressed button is a message too")
    func button() async throws {
        try await TestAPI.run { api in
            let path = "/v1/conversations/\(try await api.started())/messages"
            let sent = try await api.call(
                "POST", path, json: #"{"intent":"order.status","slots":{"order_number":"A1","count":2}}"#)
            #expect(sent.status == 200)
            guard case .object(let message) = try sent.field("message") else { throw TestConnectionError.ended }
            #expect(message["text"] == .string("order.status"))
        }
    }

    @Test("a pressed button that stands for an entry is a message too; what cannot be one is refused")
    func knowledgeButton() async throws {
        try await TestAPI.run { api in
            let path = "/v1/conversations/\(try await api.started())/messages"
            let sent = try await api.call("POST", path, json: #"{"knowledge":"customs.en"}"#)
            #expect(sent.status == 200)
            guard case .object(let message) = try sent.field("message") else { throw TestConnectionError.ended }
            #expect(message["text"] == .string("customs.en"))
            for body in [
                #"{"knowledge":""}"#, #"{"knowledge":"a b"}"#, #"{"knowledge":7}"#, #"{"knowledge":"a","text":"b"}"#,
                #"{"knowledge":"a","intent":"b"}"#, #"{"knowledge":"a","slots":{}}"#, "{}",
            ] {
                #expect(try await api.call("POST", path, json: body).problem() == "400 invalid_request", "\(body)")
            }
        }
    }

    @Test("a publishable key sees action, intent and rule of a decision, in a repeat byte for byte the same")
    func publishable() async throws {
        try await TestAPI.run { api in
            let headers = [("Origin", "https://shop.example")]
            let id = try await api.started(key: api.keys.publishable, headers: headers)
            let path = "/v1/conversations/\(id)/messages"
            let body = #"{"text":"hi","client_message_id":"c-1"}"#
            let first = try await api.call("POST", path, json: body, key: api.keys.publishable, headers: headers)
            #expect(
                try first.field("decision") == json(#"{"action":"answer","intent":"echo","rule":"intent.accepted"}"#))
            let again = try await api.call("POST", path, json: body, key: api.keys.publishable, headers: headers)
            #expect(again.headers["idempotent-replayed"] == "true" && again.body == first.body)
            // The app's own secret key sees the whole of the same turn.
            guard case .object(let whole) = try await api.call("POST", path, json: body).field("decision") else {
                throw TestConnectionError.ended
            }
            #expect(whole.count == 13 && whole["candidates"] != nil)
        }
    }

    @Test("history is given in pages after a seq")
    func history() async throws {
        try await TestAPI.run { api in
            let path = "/v1/conversations/\(try await api.started())/messages"
            for text in ["a", "b", "c"] { _ = try await api.call("POST", path, json: #"{"text":"\#(text)"}"#) }
            func seqs(_ query: String) async throws -> [JSONValue?] {
                let response = try await api.call("GET", path + query)
                guard case .object(let fields) = try response.json(), Set(fields.keys) == ["messages", "last_seq"],
                    fields["last_seq"] == .integer(6), case .array(let messages) = fields["messages"]
                else { throw TestConnectionError.malformed(response.text) }
                return messages.map { message in
                    guard case .object(let fields) = message else { return nil }
                    return fields["seq"]
                }
            }
            #expect(try await seqs("") == (1...6).map { .integer($0) })
            #expect(try await seqs("?after=4") == [.integer(5), .integer(6)])
            #expect(try await seqs("?after=1&limit=2") == [.integer(2), .integer(3)])
            #expect(try await seqs("?after=6") == [])
            for query in ["?limit=0", "?limit=501", "?after=-1", "?after=x", "?limit=", "?afetr=1"] {
                #expect(try await api.call("GET", path + query).problem() == "400 invalid_request", "\(query)")
            }
        }
    }

    @Test("feedback on a reply is recorded without an answer")
    func feedback() async throws {
        try await TestAPI.run { api in
            let id = try await api.started()
            let sent = try await api.call("POST", "/v1/conversations/\(id)/messages", json: #"{"text":"hi"}"#)
            guard case .array(let replies) = try sent.field("replies"), case .object(let reply) = replies.first,
                case .string(let replyID) = reply["id"]
            else { throw TestConnectionError.malformed(sent.text) }
            let path = "/v1/conversations/\(id)/feedback"
            let given = try await api.call(
                "POST", path, json: #"{"message_id":"\#(replyID)","rating":"down","comment":"no"}"#)
            #expect(given.status == 204)
            #expect(given.body.isEmpty)
            #expect(
                api.chat.feedback == [
                    Feedback(
                        conversation: ConversationID(trusted: id), message: MessageID(trusted: replyID), rating: .down,
                        comment: "no")
                ])
            let foreign = #"{"message_id":"msg_0","rating":"up"}"#
            #expect(try await api.call("POST", path, json: foreign).problem() == "404 not_found")
            let odd = #"{"message_id":"\#(replyID)","rating":"five"}"#
            #expect(try await api.call("POST", path, json: odd).problem() == "400 invalid_request")
        }
    }

    @Test("a closed conversation says so and takes no more messages")
    func close() async throws {
        try await TestAPI.run { api in
            let id = try await api.started()
            let closed = try await api.call("POST", "/v1/conversations/\(id)/close")
            #expect(closed.status == 200)
            #expect(try closed.field("status") == .string("closed"))
            #expect(try await api.call("POST", "/v1/conversations/\(id)/close", json: "{}").status == 200)
            let late = try await api.call("POST", "/v1/conversations/\(id)/messages", json: #"{"text":"hi"}"#)
            #expect(try late.problem() == "409 conflict")
        }
    }

    @Test("a conversation that is malformed, unknown or another app's is not found")
    func foreign() async throws {
        try await TestAPI.run { api in
            let id = try await api.started()
            let unknown = "conv_0000000000000000000000000000A"
            for path in ["x", unknown, "%00", "conv_%2e%2e", id + "x"] {
                #expect(try await api.call("GET", "/v1/conversations/\(path)").problem() == "404 not_found", "\(path)")
            }
            for (method, call) in [("GET", ""), ("GET", "/messages"), ("POST", "/messages"), ("POST", "/close")] {
                let response = try await api.call(
                    method, "/v1/conversations/\(id)\(call)", json: call == "/messages" ? #"{"text":"hi"}"# : nil,
                    key: api.keys.otherApp)
                #expect(try response.problem() == "404 not_found", "\(method) \(call)")
            }
        }
    }

    @Test(
        "what is not in the wire format is refused, and the field is named",
        arguments: [
            (#"{"text":"hi","txet":1}"#, "txet"), (#"{"text":1}"#, "text"), ("{}", "text"), (#"{"text":""}"#, "text"),
            (#"{"text":" \n\t"}"#, "text"), (#"{"text":"a\u0000b"}"#, "text"), (#"{"text":"a","intent":"b"}"#, "text"),
            (#"{"text":"a","slots":{}}"#, "slots"), (#"{"intent":"b c"}"#, "intent"),
            (#"{"intent":"b","slots":{"1x":"a"}}"#, "slots"), (#"{"intent":"b","slots":{"x":[1]}}"#, "slots"),
            (#"{"text":"a","client_message_id":""}"#, "client_message_id"),
            (#"{"text":"a","client_message_id":7}"#, "client_message_id"),
            ("[]", "object"), ("{", "JSON"), ("", "JSON"), ("null", "object"),
            (#"{"text":"a"}}"#, "JSON"), (String(repeating: "[", count: 100), "nested"),
        ])
    func strictness(body: String, named: String) async throws {
        try await TestAPI.run { api in
            let path = "/v1/conversations/\(try await api.started())/messages"
            let response = try await api.call("POST", path, json: body)
            #expect(try response.problem() == "400 invalid_request")
            guard case .string(let detail) = try response.field("detail") else { throw TestConnectionError.ended }
            #expect(detail.contains(named))
        }
    }
}
