import Foundation
import Testing

extension EndToEndTests {
    @Suite("The example of a ticketing system") struct TicketingTests {}
}

extension EndToEndTests.TicketingTests {
    private static let script = Installation.packageRoot.appendingPathComponent("Examples/ticketing.py")

    /// `Examples/ticketing.py`, running.
    private struct Ticketing {
        let child: Child
        let port: Int

        func call(_ method: String, _ path: String, _ body: JSON? = nil) async throws -> JSON {
            let connection = try await Connection.open(port: port)
            defer { Task { await connection.close() } }
            let response = try await connection.request(method, path, body: body?.data)
            try #require(response.status == 200, "\(method) \(path): \(response.status) \(response.text)")
            return response.json
        }

        var tickets: [JSON] { get async throws { try await call("GET", "/tickets").elements } }
    }

    private func start(_ server: ServerProcess, key: String) async throws -> Ticketing {
        let port = try await ServerProcess.freePort()
        let child = try Child(
            ["python3", Self.script.path, "--frontdesk", "http://127.0.0.1:\(server.port)", "--port", "\(port)"],
            program: URL(fileURLWithPath: "/usr/bin/env"), environment: ["FRONTDESK_KEY": key])
        _ = try await eventually("the ticketing system listens", within: 20) { () -> Bool? in
            if let status = child.status { throw ServerProcess.Ended(status: status, errors: child.errors) }
            return child.output.contains("listening on") ? true : nil
        }
        return Ticketing(child: child, port: port)
    }

    @Test("it has at most a hundred lines, and nothing but Python's standard library")
    func size() throws {
        let lines = try String(contentsOf: Self.script, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.dropLast().count <= 100)
    }

    @Test("a handover becomes one ticket; what both say arrives at the other side, and closing closes both")
    func handover() async throws {
        let data = try await DataFolder.trained()
        let chatKey = try await data.makeKey("shop", scopes: ["chat"], more: ["--app", "shop"])
        let deskKey = try await data.makeKey("desk", scopes: ["agent", "admin"], more: ["--app", "shop"])
        let server = try await ServerProcess.start(data, "--webhooks-allow", "127.0.0.1")
        let ticketing = try await start(server, key: deskKey)

        let visitor = Caller(server: server, key: chatKey)
        let chat = try await visitor.start(["locale": "en", "visitor": ["name": "Ann"]])
        let other = try await visitor.start(["locale": "en"])
        _ = try await other.say("hello there")
        _ = try await chat.say("hello there")
        #expect(try await chat.say("I want to talk to a person")["status"] == "waiting")
        _ = try await chat.say("are you there?")
        let ticket = try await eventually("there is a ticket with what was said", within: 20) { () -> JSON? in
            let tickets = try await ticketing.tickets
            return tickets.first?["messages"].elements.last?["text"].string != nil
                && tickets.first?["messages"].elements.contains { $0["text"] == "are you there?" } == true
                ? tickets[0] : nil
        }
        #expect(ticket["conversation"].string == chat.id && ticket["visitor"]["name"] == "Ann")
        #expect(ticket["messages"].elements.first?["text"] == "hello there")

        _ = try await ticketing.call("POST", "/tickets/1/reply", ["text": "Ann here, what is it?", "agent": "Bea"])
        let reply = try await eventually("the visitor has the reply", within: 20) { () -> JSON? in
            try await chat.history().last { $0["from"] == "agent" }
        }
        #expect(reply["text"] == "Ann here, what is it?")
        let silent = try await chat.say("my parcel is wet")
        #expect(silent["replies"].elements.isEmpty && silent["status"] == "agent")
        _ = try await eventually("the ticket has both", within: 20) { () -> Bool? in
            let texts = try await ticketing.tickets.first?["messages"].elements.map { $0["text"].string } ?? []
            return texts.suffix(2) == ["Ann here, what is it?", "my parcel is wet"] ? true : nil
        }
        _ = try await ticketing.call("POST", "/tickets/1/close")
        _ = try await eventually("the ticket is closed", within: 20) { () -> Bool? in
            try await ticketing.tickets.first?["open"] == false ? true : nil
        }
        #expect(try await visitor.get(chat.path).json["status"] == "closed")
        let all = try await ticketing.tickets
        #expect(all.count == 1)
        // Every message once, in order, on both sides.
        let history = try await chat.history().map { $0["seq"].integer }
        #expect(all[0]["messages"].elements.map { $0["seq"].integer } == history)
        ticketing.child.send(SIGKILL)
        #expect(try await server.stop() == 0)
    }
}
