import Foundation
import Testing

extension EndToEndTests {
    @Suite("Sending a message again") struct IdempotencyTests {}
}

extension EndToEndTests.IdempotencyTests {
    @Test("the same id again gives the same bytes, says so, and nothing runs twice")
    func replay() async throws {
        let chat = try await SharedServer.caller().start(["locale": "en"])
        let body: JSON = ["text": "where is my order", "client_message_id": "m-1"]
        let first = try await chat.post(body)
        let second = try await chat.post(body)
        #expect(first.status == 200 && second.status == 200)
        #expect(first.body == second.body)
        #expect(first["Idempotent-Replayed"] == nil)
        #expect(second["Idempotent-Replayed"] == "true")
        #expect(try await chat.history().count == 2)
    }

    @Test("the same id with another payload is a conflict, and with the same words in another conversation is not")
    func otherPayload() async throws {
        let chat = try await SharedServer.caller().start(["locale": "en"])
        _ = try await chat.turn(["text": "hello", "client_message_id": "m-1"])
        expectProblem(try await chat.post(["text": "goodbye", "client_message_id": "m-1"]), 409, "conflict")
        expectProblem(try await chat.post(["intent": "greeting", "client_message_id": "m-1"]), 409, "conflict")
        #expect(try await chat.history().count == 2)
        let other = try await chat.caller.start(["locale": "en"]).post(["text": "goodbye", "client_message_id": "m-1"])
        #expect(other.status == 200 && other["Idempotent-Replayed"] == nil)
    }

    @Test(
        "a request with an Idempotency-Key is answered with the same bytes after a restart, and what it made is there")
    func restart() async throws {
        let data = try await DataFolder.trained()
        let key = try await data.makeKey()
        let server = try await ServerProcess.start(data)
        let header = [("Idempotency-Key", "4f5c9b1e-start")]
        let first = try await Caller(server: server, key: key, headers: header).post(
            "/v1/conversations", ["locale": "en"])
        #expect(first.status == 201 && first["Idempotent-Replayed"] == nil)
        server.child.send(SIGKILL)
        _ = try await server.child.wait(within: 10)

        let again = try await ServerProcess.start(data)
        let caller = Caller(server: again, key: key, headers: header)
        let second = try await caller.post("/v1/conversations", ["locale": "en"])
        #expect(second.status == 201 && second.body == first.body && second["Idempotent-Replayed"] == "true")
        expectProblem(try await caller.post("/v1/conversations", [:]), 409, "conflict")
        let chat = try Chat(caller: Caller(server: again, key: key), second)
        #expect(try await chat.say("hello")["message"]["seq"].integer == 1)
        #expect(try await again.stop() == 0)
    }

    @Test("twenty concurrent sends of one id are one turn")
    func concurrently() async throws {
        let chat = try await SharedServer.caller().start(["locale": "en"])
        let responses = try await withThrowingTaskGroup(of: Response.self) { group in
            for _ in 0..<20 {
                group.addTask { try await chat.post(["text": "hello there", "client_message_id": "once"]) }
            }
            return try await group.reduce(into: [Response]()) { $0.append($1) }
        }
        #expect(responses.map(\.status) == Array(repeating: 200, count: 20))
        #expect(Set(responses.map(\.body)).count == 1)
        #expect(responses.filter { $0["Idempotent-Replayed"] == nil }.count == 1)
        #expect(try await chat.history().map { $0["seq"].integer } == [1, 2])
    }

    @Test("messages of one conversation sent at the same time are answered one after another")
    func order() async throws {
        let chat = try await SharedServer.caller().start(["locale": "en"])
        let turns = try await withThrowingTaskGroup(of: JSON.self) { group in
            for number in 0..<12 {
                group.addTask { try await chat.turn(["text": "hello", "client_message_id": .string("c-\(number)")]) }
            }
            return try await group.reduce(into: [JSON]()) { $0.append($1) }
        }
        let history = try await chat.history()
        #expect(history.map { $0["seq"].integer } == (1...24).map { $0 })
        let seen = turns.flatMap { [$0["message"]] + $0["replies"].elements }
        #expect(Set(seen) == Set(history))
        for turn in turns { #expect(turn["replies"][0]["seq"].integer == (turn["message"]["seq"].integer ?? 0) + 1) }
    }
}
