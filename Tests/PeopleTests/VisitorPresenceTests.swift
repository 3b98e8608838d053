import ConversationDomain
import Foundation
import Testing
import WebSocketTestClient
import Wire

@Suite("What a visitor's page knows of the people who answer", .timeLimit(.minutes(1)))
struct VisitorPresenceTests {
    @Test("it is told who has the conversation, whether they are there, and how far both sides have read")
    func presence() async throws {
        try await Desk.run { desk in
            let visitor = try await desk.socket(.page)
            let path = try await visitor.startedPath(in: desk)
            func asked() async throws -> JSONValue {
                try await visitor.send(#"{"type":"presence"}"#)
                return try await visitor.frame()
            }
            func presence(_ status: String, _ agent: String?, online: Bool, read: (visitor: Int, agent: Int))
                -> JSONValue
            {
                .object([
                    "type": .string("presence"), "status": .string(status),
                    "agent": agent.map(JSONValue.string) ?? .null, "online": .bool(online), "missed_at": .null,
                    "has_email": .bool(false),
                    "read": .object(["visitor": .integer(Int64(read.visitor)), "agent": .integer(Int64(read.agent))]),
                ])
            }
            #expect(try await asked() == presence("bot", nil, online: false, read: (0, 0)))
            try await visitor.say("a person please", id: "1")
            #expect(try await visitor.frames(3) == ["ack", "message 2 bot A person comes.", "status waiting"])
            #expect(try await asked() == presence("waiting", nil, online: false, read: (0, 0)))
            try await desk.call("POST", path + "/take", as: .mia)
            #expect(try await visitor.frames(1) == ["status agent Mia"])
            // She answers over REST: nobody knows whether she is there.
            #expect(try await asked() == presence("agent", "Mia", online: false, read: (0, 0)))
            let mia = try await desk.socket(.mia)
            try await mia.follow(path)
            #expect(try await mia.told(1) == ["following agent visitor"])
            try await visitor.send(#"{"type":"read","seq":2}"#)
            #expect(try await visitor.told(1) == ["read visitor 2"])
            #expect(try await asked() == presence("agent", "Mia", online: true, read: (2, 0)))
            try await mia.connection.close()
            _ = try await desk.call("POST", path + "/return", as: .mia)
            #expect(try await visitor.frames(1) == ["status bot"])
            #expect(try await asked() == presence("bot", nil, online: false, read: (2, 0)))
            try await visitor.connection.close()
        }
    }

    @Test("a page that has no conversation is told nothing")
    func none() async throws {
        try await Desk.run { desk in
            let page = try await desk.socket(.page)
            try await page.send(#"{"type":"presence"}"#)
            #expect(try await page.told(1) == ["error forbidden"])
            try await page.connection.close()
        }
    }
}
