import ConversationDomain
import Dialogue
import Foundation
import People
import SQLiteStore
import TestSupport
import Testing
import WebSocketTestClient
import Wire

/// A handover that nobody takes, over the wires and a database.
@Suite("A handover that nobody takes") struct MissedHandoverTests {
    private static let support = TeamName(trusted: "support")

    private static func quick(_ minutes: Int? = 10, hours: [Weekday: [OpenTime]]? = nil) -> Teams {
        Teams(
            teams: [Team(name: support, hours: hours, takeWithin: minutes), Team(name: TeamName(trusted: "billing"))],
            usual: support)
    }

    @Test("the visitor is told once, in line with the turns, and the socket, the list and the transcript have it")
    func told() async throws {
        try await Desk.run(teams: Self.quick()) { desk in
            let path = try await desk.started()
            let id = String(path.split(separator: "/").last ?? "")
            let socket = try await desk.socket(.shop)
            try await socket.send(#"{"type":"resume","conversation_id":"\#(id)","after":0}"#)
            #expect(try await socket.frames(1) == ["ready"])
            #expect(try await desk.say("a person please", in: path)["status"] == "waiting")
            desk.clock.advance(by: 599)
            #expect(try await desk.engine.tellMissed() == MissSweep())
            desk.clock.advance(by: 1)
            // Several looks at once, and one after another, tell it once.
            let told = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 { group.addTask { try await desk.engine.tellMissed().told } }
                return try await group.reduce(0, +)
            }
            #expect(told == 1)
            desk.clock.advance(by: 100_000)
            #expect(try await desk.engine.tellMissed() == MissSweep())

            let history = try await desk.history(path)
            #expect(history.count == 3 && history[2].hasPrefix("3 bot ") && history[2].contains("e-mail"))
            let frames = try await socket.frames(4)
            #expect(frames[2] == "status waiting" && frames[3] == "message " + history[2], "\(frames)")
            let shown = try await desk.call("GET", path, as: .shop)
            #expect(shown["status"] == "waiting" && shown["last_seq"] == 3 && shown["team"] == "support")
            #expect(shown["handoff"]["missed_at"].string != nil)
            #expect(try await desk.listed("status=waiting&team=support") == [path])
            let transcript = try await desk.call("GET", path + "/transcript?format=text", as: .desk)
            #expect(String(decoding: transcript.body, as: UTF8.self).contains(history[2].dropFirst(6)))
            // A turn and an agent's reply come after it without a gap.
            #expect(try await desk.say("hours?", in: path)["replies"].elements.count == 1)
            let reply = try await desk.call("POST", path + "/replies", #"{"text":"Here I am."}"#, as: .mia)
            #expect(reply["message"]["seq"] == 6)
            try await socket.connection.close()
        }
    }

    @Test("another program that opens the same database goes on where this one was")
    func restarted() async throws {
        try await Desk.run(teams: Self.quick()) { desk in
            let first = try await desk.started()
            let second = try await desk.started()
            try await desk.say("a person please", in: first)
            desk.clock.advance(by: 600)
            #expect(try await desk.engine.tellMissed().told == 1)
            try await desk.say("a person please", in: second)
            desk.clock.advance(by: 600)
            let other = desk.anotherEngine()
            #expect(try await other.tellMissed().told == 1)
            #expect(try await other.tellMissed().told == 0)
            #expect(try await desk.engine.tellMissed().told == 0)
            for path in [first, second] { #expect(try await desk.history(path).count == 3) }
        }
    }

    @Test("who was taken, returned or closed in time is not told, and a team without a limit never")
    func inTime() async throws {
        try await Desk.run(teams: Self.quick()) { desk in
            var paths: [String] = []
            for _ in 0..<4 { paths.append(try await desk.started()) }
            for path in paths { try await desk.say("a person please", in: path) }
            try await desk.call("POST", paths[0] + "/take", as: .mia)
            try await desk.call("POST", paths[1] + "/return", "{}", as: .mia)
            try await desk.call("POST", paths[2] + "/close", as: .mia)
            try await desk.call("POST", paths[3] + "/assign", #"{"team":"billing"}"#, as: .mia)
            desk.clock.advance(by: 100_000)
            #expect(try await desk.engine.tellMissed() == MissSweep())
            // Passed on again, the time begins anew.
            try await desk.call("POST", paths[3] + "/assign", #"{"team":"support"}"#, as: .mia)
            #expect(try await desk.engine.tellMissed().told == 0)
            desk.clock.advance(by: 600)
            #expect(try await desk.engine.tellMissed().told == 1)
        }
    }

    @Test("when the team goes home, those who still wait are told when it is back")
    func goneHome() async throws {
        let evening = OpenTime("20:00-21:00").map { [$0] } ?? []
        let hours = Dictionary(uniqueKeysWithValues: Weekday.allCases.map { ($0, evening) })
        // 20:26 on the bot's clock.
        try await Desk.run(teams: Self.quick(nil, hours: hours), clock: FixedClock()) { desk in
            let path = try await desk.started()
            #expect(
                try await desk.say("a person please", in: path)["replies"].elements.map { $0["text"] }
                    == ["A person comes."])
            #expect(try await desk.engine.tellMissed().told == 0)
            desk.clock.advance(by: 3_600)
            #expect(try await desk.engine.tellMissed().told == 1)
            let history = try await desk.history(path)
            #expect(history[2].contains("tomorrow at 20:00"), "\(history)")
        }
    }

    @Test("the address that is left becomes a ticket: known to secret keys, confirmed to the visitor")
    func ticket() async throws {
        try await Desk.run(teams: Self.quick()) { desk in
            let path = try await desk.started(#"{"visitor":{"id":"7","name":"Ann"}}"#)
            try await desk.say("a person please", in: path)
            desk.clock.advance(by: 600)
            #expect(try await desk.engine.tellMissed().told == 1)
            let noted = try await desk.say("ann@mail.example", in: path)
            #expect(noted["decision"]["rule"] == "ticket.requested" && noted["status"] == "waiting")
            #expect(noted["replies"].elements.map { $0["seq"] } == [5])
            let visitor: JSONValue = ["id": "7", "name": "Ann", "email": "ann@mail.example"]
            #expect(try await desk.call("GET", path, as: .shop)["visitor"] == visitor)
            #expect(try await desk.call("GET", path, as: .page)["visitor"] == .null)
            #expect(try await desk.call("GET", "/v1/visitors/7", as: .desk)["email"] == "ann@mail.example")
            #expect(try await desk.listed("q=ann@mail.example") == [path])
        }
    }

    @Test("more conversations than one look takes are all told, step by step")
    func many() async throws {
        try await Desk.run(teams: Self.quick(1)) { desk in
            for _ in 0..<130 {
                let path = try await desk.started()
                try await desk.call("POST", path + "/messages", #"{"intent":"agent.request"}"#, as: .shop)
            }
            desk.clock.advance(by: 60)
            let first = try await desk.engine.tellMissed()
            #expect(first.told == 100 && first.next != nil)
            let second = try await desk.engine.tellMissed(after: first.next)
            #expect(second.told == 30 && second.next == nil)
        }
    }

    @Test("without teams nothing is looked at, and nobody is told anything")
    func withoutTeams() async throws {
        try await Desk.run { desk in
            let path = try await desk.started()
            try await desk.say("a person please", in: path)
            desk.clock.advance(by: 1_000_000)
            #expect(try await desk.engine.tellMissed() == MissSweep())
            #expect(try await desk.history(path) == ["1 visitor a person please", "2 bot A person comes."])
        }
    }
}
