import ConnectorFakes
import Foundation
import Testing
import WebhookReceiver

extension EndToEndTests {
    @Suite("Connectors, made by the command beside a running server") struct ConnectorTests {}
}

extension EndToEndTests.ConnectorTests {
    /// Writes a token into a file of its own.
    private func file(_ text: String) throws -> String {
        let url = try Scratch.folder("token").appendingPathComponent("token")
        try Data("\(text)\n".utf8).write(to: url)
        return url.path
    }

    @Test(
        "a handover becomes a ticket in Zammad, its answer the visitor's, its end the conversation's; no export has the secrets"
    )
    func zammad() async throws {
        let zammad = try await FakeZammad.start(token: "zammad-token")
        let data = try await DataFolder.trained()
        let key = try await data.makeKey("shop", scopes: ["chat"], more: ["--app", "shop"])
        let server = try await ServerProcess.start(data, "--webhooks-allow", "127.0.0.1")
        let refused = try await data.run(
            "connectors add", "zammad", "--app", "shop", "--url", zammad.url, "--token-file", try file("zammad-token"),
            "--group", "Support", "--customer", "chat@shop.example")
        #expect(refused.status == 65 && refused.errors.contains("--webhooks-allow"), "\(refused.errors)")
        let made = try await data.run(
            "connectors add", "zammad", "--app", "shop", "--url", zammad.url, "--token-file", try file("zammad-token"),
            "--group", "Support", "--customer", "chat@shop.example", "--webhooks-allow", "127.0.0.1", "--json")
        #expect(made.status == 0, "\(made.errors)")
        let id = try #require(made.json["id"].string)
        let secret = try #require(made.json["secret"].string)
        let path = try #require(made.json["path"].string)
        let tested = try await data.run("connectors test", id, "--webhooks-allow", "127.0.0.1")
        #expect(tested.output == "Zammad knows the token as frontdesk@shop.example\n", "\(tested.errors)")
        let list = try await data.run("connectors list", "--json")
        #expect(list.json.elements.first?["state"] == "active" && !list.output.contains(secret))
        #expect(!list.output.contains("zammad-token"))

        // The running server follows within a second or so.
        let visitor = Caller(server: server, key: key)
        _ = try await eventually("a handover becomes a ticket", within: 30) { () -> Bool? in
            let chat = try await visitor.start(["locale": "en", "visitor": ["name": "Ann"]])
            _ = try await chat.say("I want to talk to a person")
            _ = try? await eventually("the ticket", within: 3) { () -> Bool? in zammad.tickets.isEmpty ? nil : true }
            return zammad.tickets.isEmpty ? nil : true
        }
        let head = try #require(zammad.articles(of: 19).first?.body)
        let line = try #require(head.split(separator: "\n").first { $0.hasPrefix("Conversation: ") })
        let conversation = "/v1/conversations/\(line.dropFirst(14))"
        let told = zammad.hook(
            ticket: 19, state: "closed",
            article: [
                "id": 900, "body": "<p>We have refunded it.</p>", "content_type": "text/html", "sender": "Agent",
                "type": "note", "internal": false,
            ], secret: secret)
        let answer = try await server.call("POST", path, headers: told.headers, body: told.body)
        #expect(answer.status == 200 && answer.json["status"] == "taken", "\(answer.text)")
        #expect(try await visitor.get(conversation).json["status"] == "closed")
        let messages = try await visitor.get(conversation + "/messages").json["messages"].elements
        #expect(messages.last?["text"] == "We have refunded it." && messages.last?["from"] == "agent")
        let forged = try await server.call("POST", path, body: told.body)
        #expect(forged.status == 401)

        let folder = try Scratch.unusedPath("export")
        let export = try await data.run("export", folder.path)
        #expect(export.status == 0, "\(export.errors)")
        for file in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
            let text = (try? String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)) ?? ""
            #expect(!text.contains(secret) && !text.contains("zammad-token"))
        }
        let removed = try await data.run("connectors remove", id)
        #expect(removed.output == "removed \(id)\n")
        #expect(try await data.run("connectors remove", id).status == 65)
        #expect(try await server.call("POST", path, headers: told.headers, body: told.body).status == 404)
        #expect(zammad.faults == [])
        #expect(try await server.stop() == 0)
        #expect(!server.child.errors.contains(secret) && !server.child.errors.contains("zammad-token"))
        await zammad.receiver.close()
    }
}
