import Access
import ConversationDomain
import Foundation
import People
import SQLiteStore
import Testing
import WebSocketTestClient
import Wire

@Suite("Visitors")
struct VisitorTests {
    @Test("a visitor is what their conversations say, under whatever id the shop gave")
    func shown() async throws {
        try await Desk.run { desk in
            _ = try await desk.started(#"{"visitor":{"id":"a/b c","name":"Ann"}}"#)
            _ = try await desk.started(#"{"visitor":{"id":"a/b c","name":"Ann Lee","email":"ann@example.com"}}"#)
            let shown = try await desk.call("GET", "/v1/visitors/a%2Fb%20c", as: .desk)
            #expect(shown["name"] == "Ann Lee" && shown["email"] == "ann@example.com" && shown["conversations"] == 2)
            #expect(try await desk.call("GET", "/v1/visitors/nobody", as: .desk).outcome == "404 not_found")
            for caller in [Desk.Caller.otherDesk, .other, .shop] {
                let answer = try await desk.call("GET", "/v1/visitors/a%2Fb%20c", as: caller)
                #expect(answer.outcome == (caller == .otherDesk ? "404 not_found" : "403 forbidden"))
            }
        }
    }

    @Test("erasing removes everything of the visitor, says how much, and touches nobody else")
    func erased() async throws {
        try await Desk.run { desk in
            var paths: [String] = []
            for _ in 0..<60 { paths.append(try await desk.started(#"{"visitor":{"id":"c-1"}}"#)) }
            let said = try await desk.say("hours?", in: paths[0])
            try await desk.say("nothing that is known", in: paths[1])
            let reply = try #require(said["replies"].elements.first?["id"].string)
            try await desk.call(
                "POST", paths[0] + "/feedback", #"{"message_id":"\#(reply)","rating":"up"}"#, as: .shop)
            try await desk.call("POST", paths[0] + "/replies", #"{"text":"hello"}"#, as: .mia)
            try await desk.call("POST", paths[0] + "/notes", #"{"text":"a note"}"#, as: .mia)
            let others = try await desk.started(#"{"visitor":{"id":"c-1"}}"#, as: .other)
            let second = try await desk.started(#"{"visitor":{"id":"c-2"}}"#)
            let socket = try await desk.socket(.shop)
            let id = paths[0].split(separator: "/").last ?? ""
            try await socket.send(#"{"type":"resume","conversation_id":"\#(id)","after":3}"#)
            #expect(try await socket.frames(2) == ["ready", "status agent Mia"])

            let export = try await desk.call("GET", "/v1/visitors/c-1/export", as: .desk)
            #expect(export["conversations"].elements.count == 60)
            #expect(try await desk.call("DELETE", "/v1/visitors/c-1", as: .otherDesk)["conversations"] == 1)
            let counts = try await desk.call("DELETE", "/v1/visitors/c-1", as: .desk)
            #expect(
                counts.json == [
                    "conversations": 60, "messages": 5, "notes": 1, "feedback": 1, "review_items": 1,
                ])
            // What the audit log gets tells how much it was, and not whose.
            let events = desk.trail.take().events.filter { $0.action == .visitorErased }
            #expect(
                events.map(\.detail) == [
                    "conversations 1, messages 0, notes 0, feedback 0, review_items 0",
                    "conversations 60, messages 5, notes 1, feedback 1, review_items 1",
                ])
            #expect(events.allSatisfy { $0.subject == "sha256:a6f7ef47ee8dc84a" && $0.source == "127.0.0.0/24" })
            #expect(try await socket.frames(1) == ["status closed"])
            #expect(try await desk.call("DELETE", "/v1/visitors/c-1", as: .desk).outcome == "404 not_found")
            #expect(try await desk.call("GET", paths[0], as: .desk).outcome == "404 not_found")
            #expect(try await desk.call("GET", others, as: .other).outcome == "404 not_found")
            #expect(try await desk.listed("") == [second])
            try await socket.connection.close()
        }
    }

    @Test("two that are one person are made one")
    func merged() async throws {
        try await Desk.run { desk in
            let first = try await desk.started(#"{"visitor":{"id":"c-1","name":"Ann"}}"#)
            let second = try await desk.started(#"{"visitor":{"id":"c-2"}}"#)
            let merged = try await desk.call("POST", "/v1/visitors/c-1/merge", #"{"into":"c-2"}"#, as: .desk)
            #expect(merged["conversations"] == 1)
            #expect(try await desk.listed("visitor=c-2") == [second, first])
            #expect(
                try await desk.call("GET", first, as: .shop)["visitor"] == ["id": "c-2", "name": "Ann", "email": .null])
            #expect(
                try await desk.call("POST", "/v1/visitors/c-1/merge", "{}", as: .desk).outcome == "400 invalid_request")
            #expect(try await desk.call("GET", "/v1/visitors/c-1", as: .desk).outcome == "404 not_found")
        }
    }

    @Test("the people of an app are listed for it, and disabled ones can do nothing any more")
    func agents() async throws {
        try await Desk.run { desk in
            let listed = try await desk.call("GET", "/v1/agents", as: .tickets)["agents"].elements
            #expect(listed.map { $0["name"].string } == ["Mia", "Noor"] && listed[0]["active"] == true)
            #expect(try await desk.call("GET", "/v1/agents", as: .otherDesk)["agents"].elements == [])
            let noor = try #require(desk.agents[.noor])
            #expect(try await desk.store.disable(noor.id, at: Date()))
            #expect(try await desk.store.disable(noor.id, at: Date()) == false)
            let path = try await desk.started()
            #expect(try await desk.call("POST", path + "/take", as: .noor).outcome == "401 unauthorized")
            #expect(
                try await desk.call("POST", path + "/assign", #"{"agent":"\#(noor.id)"}"#, as: .mia).outcome
                    == "404 not_found")
        }
    }
}
