import Foundation
import Testing

extension EndToEndTests {
    @Suite("People who answer") struct PeopleTests {}
}

extension EndToEndTests.PeopleTests {
    @Test("an agent who was made by command takes, answers and closes; disabled, they can do nothing")
    func agent() async throws {
        let server = try await SharedServer.shared.value.server
        let data = server.data
        func make(_ more: [String]) async throws -> CommandResult {
            try await data.run("agents create", ["--app", "bakery"] + more)
        }
        let made = try await make(["--name", "Mia Chen", "--team", "billing", "--json"])
        try #require(made.status == 0, "\(made.errors)")
        let mia = Caller(server: server, key: made.json["key"].string)
        for arguments in [
            ["--name", "Mia Chen"], ["--name", ""], ["--name", "x", "--role", "queen"],
            ["--name", "x", "--team", "a b"],
        ] {
            let refused = try await make(arguments)
            #expect(refused.status != 0 && DataFolder.key(in: refused.output) == nil && !refused.errors.isEmpty)
        }
        let list = try await data.run("agents list")
        #expect(list.status == 0 && list.output.contains("Mia Chen") && !list.output.contains("fd_sk_"))

        let shop = Caller(
            server: server, key: try await data.makeKey("bakery", scopes: ["chat"], more: ["--app", "bakery"]))
        let chat = try await shop.start(["external_id": "order-1"])
        _ = try await chat.turn(["intent": "agent.request", "slots": [:]])
        let waiting = try await mia.get("/v1/conversations?status=waiting")
        #expect(waiting.json["conversations"].elements.map { $0["external_id"] } == ["order-1"])
        let socket = try await shop.webSocket()
        await socket.send(["type": "resume", "conversation_id": .string(chat.id), "after": 2])
        _ = try await socket.upTo(type: "status")
        #expect(try await mia.post(chat.path + "/take", [:]).json["agent"] == "Mia Chen")
        #expect(try await socket.next() == ["type": "status", "status": "agent", "agent": "Mia Chen"])
        let reply = try await mia.post(chat.path + "/replies", ["text": "Hello!"])
        #expect(reply.status == 201 && reply.json["message"]["from"] == "agent")
        #expect(try await socket.next()["message"] == reply.json["message"])
        await socket.connection.close()
        #expect(try await mia.post(chat.path + "/close", [:]).json["status"] == "closed")

        let disabled = try await data.run("agents disable", ["Mia Chen"])
        #expect(disabled.status == 0)
        expectProblem(try await mia.get("/v1/conversations"), 401, "unauthorized")
        #expect(try await data.run("agents disable", ["Mia Chen"]).status != 0)
    }
}
