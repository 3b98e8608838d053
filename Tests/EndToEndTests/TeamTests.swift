import Foundation
import Testing
import WebhookReceiver

extension EndToEndTests {
    @Suite("Teams that answer") struct TeamTests {}
}

extension EndToEndTests.TeamTests {
    private static func write(_ teams: String, to folder: URL) throws -> String {
        let file = folder.appendingPathComponent("teams.yaml")
        try Data(teams.utf8).write(to: file)
        return file.path
    }

    @Test(
        "imported while it serves: nobody takes in time, the visitor is told once, also over a kill, leaves an address, and it is told"
    )
    func wholeWay() async throws {
        let receiver = try await WebhookReceiver.start { _ in .status(200) }
        let data = try await DataFolder.trained()
        let shop = try await data.makeKey("shop", scopes: ["chat", "agent", "admin"], more: ["--app", "shop"])
        var caller = Caller(server: try await ServerProcess.start(data, "--webhooks-allow", "127.0.0.1"), key: shop)
        let made = try await caller.post(
            "/v1/webhooks",
            ["url": .string(receiver.url), "events": ["handoff.requested", "handoff.missed", "ticket.requested"]])
        try #require(made.status == 201, "\(made.text)")

        // The starter bot has a team that is always there.
        let usual = try await caller.start(["locale": "en"])
        let asked = try await usual.turn(["intent": "agent.request", "slots": [:]])
        #expect(asked["status"] == "waiting" && asked["replies"].elements.count == 1)
        #expect(try await caller.get(usual.path).json["team"] == "support")
        #expect(try await caller.get(usual.path).json["handoff"]["missed_at"] == .null)

        // A team that has no day on which it works, but one: told at once when it is there again.
        let folder = try Scratch.folder("teams")
        let far = try Self.write(
            """
            teams:
              support:
                time_zone: Europe/Zurich
                hours: { monday: 08:00-08:01 }
            rules:
              - name: complaints
                when: { intent: complaint }
                team: support
            """, to: folder)
        let imported = try await data.run("import", far)
        #expect(imported.status == 0 && imported.output.contains("teams changed"), "\(imported.errors)")
        let told = try await eventually("the hours are live", within: 5) { () -> JSON? in
            let chat = try await caller.start(["locale": "en"])
            _ = try await chat.turn(["intent": "agent.request", "slots": [:]])
            let shown = try await caller.get(chat.path).json
            return shown["handoff"]["missed_at"] == .null ? nil : shown
        }
        #expect(told["status"] == "waiting" && told["last_seq"].integer == 2)
        let angry = try await caller.start(["locale": "en"])
        let complained = try await angry.turn(["intent": "complaint", "slots": [:]])
        #expect(complained["decision"]["rule"] == "handover.complaints" && complained["status"] == "waiting")
        #expect(complained["replies"][0]["text"].string?.contains("08:00") == true, "\(complained)")

        // The conversation from before is missed by now: the sweep tells it, once, whoever kills the server.
        let first = try await eventually("the visitor is told", within: 15) { () -> JSON? in
            let shown = try await caller.get(usual.path).json
            return shown["handoff"]["missed_at"] == .null ? nil : shown
        }
        caller.server.child.send(SIGKILL)
        #expect(try await caller.server.child.wait(within: 5) == -SIGKILL)
        caller = Caller(server: try await ServerProcess.start(data, "--webhooks-allow", "127.0.0.1"), key: shop)
        let chat = Chat(caller: caller, id: usual.id)
        let noted = try await chat.say("Ann@Mail.example")
        #expect(noted["decision"]["rule"] == "ticket.requested")
        #expect(noted.replyText.contains("Ann@mail.example"))
        let history = try await chat.history()
        #expect(history.map { $0["seq"].integer } == [1, 2, 3, 4, 5])
        #expect(history.map { $0["from"].string } == ["visitor", "bot", "bot", "visitor", "bot"])
        let shown = try await caller.get(usual.path).json
        #expect(shown["visitor"]["email"] == "Ann@mail.example")
        #expect(shown["handoff"]["missed_at"] == first["handoff"]["missed_at"])
        let events = try await eventually("the events have arrived", within: 30) { () -> [String]? in
            // A killed server may send once more what it has sent, with the same id.
            var ids: Set<String> = []
            let own = receiver.taken.filter { $0.conversation == usual.id && ids.insert($0.event).inserted }
            guard own.contains(where: { $0.type == "ticket.requested" }) else { return nil }
            return own.map { $0.type + " " + ($0.text("email") ?? $0.text("reason") ?? "") }
        }
        #expect(
            events.filter { !$0.hasPrefix("handoff.requested") } == [
                "handoff.missed outside_hours", "ticket.requested Ann@mail.example",
            ])

        // What was imported comes out again.
        let place = folder.appendingPathComponent("out")
        #expect(try await data.run("export", place.path).status == 0)
        let text = try String(contentsOf: place.appendingPathComponent("teams.yaml"), encoding: .utf8)
        #expect(text.contains("Europe/Zurich") && text.contains("08:00-08:01") && text.contains("complaints"))
        let wrong = try await data.run("import", try Self.write("teams: { a: { take_within: soon } }\n", to: folder))
        #expect(wrong.status == 65 && wrong.errors.contains("teams.yaml:1: error: 'take_within'"), "\(wrong.errors)")
        #expect(try await caller.server.stop() == 0)
        await receiver.close()
    }
}
