import Foundation
import Testing

extension EndToEndTests {
    @Suite("What agents do beside answering") struct DeskTests {}
}

extension EndToEndTests.DeskTests {
    @Test(
        "an agent follows the queue and a conversation, gets suggestions while the bot is silent, and says what was wrong"
    )
    func whole() async throws {
        let server = try await SharedServer.shared.value.server
        let data = server.data
        let made = try await data.run("agents create", ["--app", "florist", "--name", "Ida Berg", "--json"])
        try #require(made.status == 0, "\(made.errors)")
        let ida = Caller(server: server, key: made.json["key"].string)
        let shop = Caller(
            server: server, key: try await data.makeKey("florist", scopes: ["chat"], more: ["--app", "florist"]))

        let earlier = try await shop.start(["locale": "en"])
        #expect(try await ida.post(earlier.path + "/take", [:]).status == 200)
        _ = try await earlier.say("Where is my refund?")
        #expect(try await ida.post(earlier.path + "/replies", ["text": "I have started it again."]).status == 201)

        let socket = try await ida.webSocket()
        await socket.send(["type": "follow_queue", "status": "waiting,agent"])
        _ = try await socket.upTo(type: "queue_ready")
        let chat = try await shop.start(["locale": "en"])
        await socket.send(["type": "follow", "conversation_id": .string(chat.id), "after": 0])
        _ = try await socket.upTo(type: "following")
        #expect(try await ida.post(chat.path + "/take", [:]).status == 200)
        #expect(try await socket.upTo(type: "status").last?["agent"] == "Ida Berg")
        let turn = try await chat.say("where is my refund")
        #expect(turn["replies"] == [])
        #expect(try await socket.upTo(type: "message").last?["message"] == turn["message"])

        let answer = try await ida.get(chat.path + "/suggestions")
        try #require(answer.status == 200, "\(answer.text)")
        let suggestions = answer.json["suggestions"].elements
        let reply = try #require(suggestions.first { $0["kind"] == "reply" })
        #expect(reply["intent"] == "refund.status" && reply["text"].string?.isEmpty == false)
        #expect((reply["probability"].number ?? 0) > 0.5)
        let similar = try #require(suggestions.first { $0["kind"] == "similar" })
        #expect(similar["text"] == "I have started it again." && similar["question"] == "Where is my refund?")
        #expect(similar["conversation_id"] == .string(earlier.id) && similar["similarity"] == 1)
        #expect(suggestions.contains { $0["kind"] == "knowledge" })

        #expect(try await ida.post(chat.path + "/read", ["seq": 1]).json == ["visitor": 0, "agent": 1])
        #expect(try await socket.upTo(type: "read").last?["seq"] == 1)
        await socket.connection.close()

        let bot = try await shop.start(["locale": "en"])
        let wrong = try await bot.say("where is my refund")
        let message = try #require(wrong["replies"][0]["id"].string)
        let marked = try await ida.post(
            bot.path + "/wrong",
            ["message_id": .string(message), "intent": "refund.request", "note": "wants it, has none yet"])
        #expect(marked.status == 201)
        let queue = try await ida.get("/v1/review?reason=corrected").json["clusters"].elements
        let item = try #require(queue.flatMap { $0["items"].elements }.first { $0["id"] == marked.json["id"] })
        #expect(item["text"] == "where is my refund" && item["suggestion"] == "refund.request")
        #expect(item["note"] == "wants it, has none yet")
        _ = try await ida.post("/v1/review/\(marked.json["id"].string ?? "")", ["action": "dismiss"])
    }
}
