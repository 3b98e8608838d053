import ConversationDomain
import Foundation
import ServiceTestSupport
import Testing
import WebSocketTestClient
import Wire

@Suite("Clients of Rasa, over a whole server")
struct RasaTests {
    private func said(_ text: String, _ sender: String, in desk: Desk, as caller: Desk.Caller = .shop) async throws
        -> JSONValue
    {
        let body: JSONValue = ["sender": .string(sender), "message": .string(text)]
        let json = String(decoding: try JSONEncoder.frontdesk().encode(body), as: UTF8.self)
        let response = try await desk.call("POST", "/webhooks/rest/webhook", json, as: caller)
        #expect(response.status == 200, "\(response.text)")
        return response.json
    }

    @Test(
        "a sender goes on where he was, pressed buttons say what they stand for, and another sender is another visitor")
    func conversation() async throws {
        try await Desk.run { desk in
            let asked = try await said("/order.status", "ann", in: desk)
            #expect(asked == [["recipient_id": "ann", "text": "Which order?"]])
            let answered = try await said(#" /order.status{"order_number": "A1234567"} "#, "ann", in: desk)
            #expect(answered == [["recipient_id": "ann", "text": "Order A1234567 <is> on its way."]])
            #expect(try await said("hours?", "bob", in: desk) == [["recipient_id": "bob", "text": "9 to 21"]])
            let open = try await desk.call("GET", "/v1/conversations", as: .desk)["conversations"].elements
            #expect(Set(open.map { $0["external_id"].string }) == ["ann", "bob"])
            #expect(Set(open.map { $0["channel"].string }) == ["rest"])
            let ann = try #require(open.first { $0["external_id"].string == "ann" }?["id"].string)
            #expect(try await desk.history("/v1/conversations/\(ann)").count == 4)
            // Another app's key does not reach them.
            #expect(
                try await said("hours?", "ann", in: desk, as: .other) == [["recipient_id": "ann", "text": "9 to 21"]])
            #expect(try await desk.history("/v1/conversations/\(ann)").count == 4)
        }
    }

    @Test("/restart ends what was said, /session_start says nothing, and an end by others begins anew")
    func restart() async throws {
        try await Desk.run { desk in
            #expect(try await said("/session_start", "ann", in: desk) == [])
            _ = try await said("/order.status", "ann", in: desk)
            #expect(try await said("/restart", "ann", in: desk) == [])
            #expect(try await said("hours?", "ann", in: desk) == [["recipient_id": "ann", "text": "9 to 21"]])
            let all = try await desk.call("GET", "/v1/conversations?status=bot,closed", as: .desk)["conversations"]
            #expect(all.elements.map { $0["status"].string }.sorted { ($0 ?? "") < ($1 ?? "") } == ["bot", "closed"])
        }
    }

    @Test("while a person has the conversation, the bot is silent")
    func handover() async throws {
        try await Desk.run { desk in
            let waiting = try await said("a person please", "ann", in: desk)
            #expect(waiting.elements.first?["recipient_id"] == "ann")
            let open = try await desk.call("GET", "/v1/conversations", as: .desk)["conversations"].elements
            let path = "/v1/conversations/" + (open.first?["id"].string ?? "")
            #expect(try await desk.call("POST", path + "/take", "{}", as: .mia).status == 200)
            #expect(try await said("hours?", "ann", in: desk) == [])
        }
    }

    @Test("a stream is one message a line, whatever the body is said to be")
    func stream() async throws {
        try await Desk.run { desk in
            let answer = try await desk.call(
                "POST", "/webhooks/rest/webhook?stream=true", #"{"message": "hours?"}"#, as: .shop,
                headers: [("Content-Type", "text/plain")])
            #expect(answer.status == 200 && answer.headers["content-type"] == "text/event-stream")
            #expect(answer.text == "{\"recipient_id\":\"default\",\"text\":\"9 to 21\"}\n")
        }
    }

    @Test("refusals have Rasa's form")
    func refusals() async throws {
        try await Desk.run { desk in
            let page = try await desk.call(
                "POST", "/webhooks/rest/webhook", #"{"sender":"a","message":"hi"}"#, as: .page)
            #expect(page.status == 403)
            #expect(page["status"] == "failure" && page["reason"] == "NotAuthorized" && page["code"] == 403)
            let agent = try await desk.call(
                "POST", "/webhooks/rest/webhook", #"{"sender":"a","message":"hi"}"#, as: .desk)
            #expect(agent.status == 403 && agent["reason"] == "NotAuthorized")
            // An intent that the bot does not have is not understood, as in Rasa.
            let unknown = try await said("/no.such.intent", "ann", in: desk)
            #expect(unknown.elements.count == 1 && unknown.elements[0]["text"].string?.isEmpty == false)
        }
    }
}
