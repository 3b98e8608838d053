import ConnectorFakes
import Connectors
import ConversationDomain
import Dialogue
import Foundation
import Outbox
import People
import SQLiteStore
import SQLiteWebhooks
import Testing
import WebhookReceiver

@Suite("Zammad", .timeLimit(.minutes(1)))
struct ZammadTests {
    private func run(
        group: String = "Support", patience: TimeInterval = 0.05,
        _ body: @escaping @Sendable (Joined, FakeZammad) async throws -> Void
    ) async throws {
        let zammad = try await FakeZammad.start(token: "zt-1")
        var settings = ConnectorSettings()
        (settings.group, settings.customer) = (group, "chat@shop.example")
        let request = ConnectorRequest(
            kind: .zammad, app: Joined.app, url: zammad.url + "/", token: "zt-1", settings: settings)
        try await Joined.run(request, patience: patience) { joined in
            try await body(joined, zammad)
            #expect(zammad.faults == [])
        }
        await zammad.receiver.close()
    }

    private static func article(_ id: Int, _ body: String, _ more: [String: Any] = [:]) -> [String: Any] {
        [
            "id": id, "body": body, "content_type": "text/html", "sender": "Agent", "type": "note", "internal": false,
            "subject": NSNull(),
        ].merging(more) { $1 }
    }

    @Test(
        "a handover becomes one ticket, what is said its articles, an agent's article a reply, and its end the conversation's"
    )
    func whole() async throws {
        try await run { joined, zammad in
            let secret = joined.connector.secrets.hook
            let id = try await joined.started()
            let other = try await joined.started()
            try await joined.say("thanks", in: other)
            try await joined.say("hours?", in: id)
            try await joined.say("a person please", in: id)
            await zammad.wait { $0.tickets.count == 1 }
            let ticket = try #require(zammad.tickets.first)
            let first = try #require(zammad.articles(of: ticket.id).first)
            #expect(ticket.title.hasPrefix("Ann: ") && ticket.group == "Support")
            #expect(ticket.customer == "chat@shop.example" && first.sender == "Customer" && !first.isInternal)
            let lines = first.body.split(separator: "\n").map(String.init)
            #expect(
                lines.contains { $0.hasSuffix("Visitor: hours?") } && lines.contains { $0.hasSuffix("Bot: 9 to 21") })
            #expect(lines.contains("Conversation: \(id)"))

            // The bot goes on answering while nobody has taken it; that is for the agents alone.
            try await joined.say("hours?", in: id)
            await zammad.wait { $0.articles(of: ticket.id).count == 3 }
            let later = zammad.articles(of: ticket.id).dropFirst()
            #expect(later.map(\.sender) == ["Customer", "Agent"] && later.map(\.isInternal) == [false, true])
            #expect(later.map(\.body) == ["hours?", "Bot: 9 to 21"] && later.map(\.subject) == ["#5", "#6"])

            // What we made ourselves comes back by the trigger and is nobody's answer.
            for own in zammad.articles(of: ticket.id) {
                let told = zammad.hook(of: own, secret: secret)
                #expect(try await joined.hook(told.body, told.headers) == "200 ignored")
            }
            let hidden = zammad.hook(
                ticket: ticket.id, article: Self.article(900, "for us", ["internal": true]), secret: secret)
            #expect(try await joined.hook(hidden.body, hidden.headers) == "200 ignored")
            let told = zammad.hook(
                ticket: ticket.id, article: Self.article(901, "Hello <b>Ann</b>,<br>which &quot;one&quot;?"),
                secret: secret)
            #expect(try await joined.hook(told.body, told.headers) == "200 taken")
            #expect(try await joined.hook(told.body, told.headers) == "200 ignored")
            #expect(try await joined.status(id) == "agent Emma Taylor")
            #expect(try await joined.history(id).suffix(1) == ["7 agent Hello Ann,\nwhich \"one\"?"])
            // Another agent answers: whoever wrote last has it.
            let more = zammad.hook(
                ticket: ticket.id,
                article: Self.article(902, "I take over.", ["created_by": ["firstname": "Noor", "lastname": ""]]),
                secret: secret)
            #expect(try await joined.hook(more.body, more.headers) == "200 taken")
            #expect(try await joined.status(id) == "agent Noor")

            #expect(try await joined.say("the blue one", in: id) == [])
            await zammad.wait { $0.articles(of: ticket.id).count == 4 }
            #expect(zammad.articles(of: ticket.id).last?.body == "the blue one")
            let end = zammad.hook(ticket: ticket.id, state: "closed", secret: secret)
            #expect(try await joined.hook(end.body, end.headers) == "200 taken")
            #expect(try await joined.status(id) == "closed Noor")
            #expect(try await joined.hook(end.body, end.headers) == "200 ignored")
            // The event of the end is looked at before the next handover's ticket is there.
            try await joined.say("a person please", in: other)
            await zammad.wait { $0.tickets.count == 2 }
            #expect(zammad.tickets.map(\.state) == ["new", "new"])
            #expect(!zammad.receiver.requests.contains { $0.method == "PUT" })
        }
    }

    @Test("the end of a conversation closes its ticket, also when the bot has it again; another handover makes another")
    func closing() async throws {
        try await run { joined, zammad in
            let id = try await joined.started(email: "ann@mail.example")
            try await joined.say("a person please", in: id)
            await zammad.wait { $0.tickets.count == 1 }
            #expect(zammad.tickets[0].customer == "ann@mail.example")
            _ = try await joined.engine.perform(.giveBack, on: id, as: Joined.agent)
            await zammad.wait { $0.tickets[0].state == "closed" }
            try await joined.say("a person please", in: id)
            await zammad.wait { $0.tickets.count == 2 }
            _ = try await joined.engine.close(id, as: Joined.agent)
            await zammad.wait { $0.tickets[1].state == "closed" }
            // An agent who writes into the closed ticket opens the conversation again.
            let told = zammad.hook(
                ticket: zammad.tickets[1].id, article: Self.article(903, "one more thing"),
                secret: joined.connector.secrets.hook)
            #expect(try await joined.hook(told.body, told.headers) == "200 taken")
            #expect(try await joined.status(id) == "agent Emma Taylor")
        }
    }

    @Test("an agent's reply from elsewhere is an article too")
    func elsewhere() async throws {
        try await run { joined, zammad in
            let id = try await joined.started()
            try await joined.say("a person please", in: id)
            await zammad.wait { $0.tickets.count == 1 }
            _ = try await joined.engine.reply(
                "I am here", clientMessageID: nil, to: id, name: "Mia", as: Joined.agent)
            await zammad.wait { $0.articles(of: 19).count == 2 }
            let article = try #require(zammad.articles(of: 19).last)
            #expect(article.sender == "Agent" && !article.isInternal && article.body == "I am here")
        }
    }

    @Test("a ticket and an article whose answers were lost are found and not made again")
    func lost() async throws {
        try await run(patience: 60) { joined, zammad in
            zammad.change {
                $0.lost = ["POST /api/v1/tickets": 1, "POST /api/v1/ticket_articles": 1]
            }
            // Zammad's index has it a little later.
            zammad.hideFromSearch(2)
            let id = try await joined.started()
            try await joined.say("a person please", in: id)
            try await joined.say("are you there?", in: id)
            try await joined.say("hello?", in: id)
            await zammad.wait {
                $0.articles(of: 19).contains { $0.body == "hello?" }
                    || $0.articles(of: 19).first?.body.contains("hello?") == true
            }
            let end = zammad.hook(ticket: 19, state: "closed", secret: joined.connector.secrets.hook)
            _ = try await joined.hook(end.body, end.headers)
            #expect(zammad.tickets.count == 1)
            // Every message once: in the first article or in one of its own.
            let all = zammad.articles(of: 19).map(\.body).joined(separator: "\n")
            for text in ["a person please", "are you there?", "hello?"] {
                #expect(all.components(separatedBy: text).count == 2, "\(text): \(all)")
            }
        }
    }

    @Test("a ticket that was never made, whatever the connection said, is made when it is not found in time")
    func neverMade() async throws {
        try await run { joined, zammad in
            zammad.change { $0.refused = ["POST /api/v1/tickets": [503, 500]] }
            let id = try await joined.started()
            try await joined.say("a person please", in: id)
            await zammad.wait { $0.tickets.count == 1 }
            #expect(zammad.receiver.requests.contains { $0.path.contains("/tickets/search?query=evt_") })
        }
    }

    @Test("what Zammad will never take is a dead letter at once, and holds up nothing; sent again it finds its ticket")
    func refused() async throws {
        try await run(group: "Nobody") { joined, zammad in
            let id = try await joined.started()
            try await joined.say("a person please", in: id)
            await zammad.receiver.wait { $0.requests.contains { $0.method == "POST" } }
            var dead: [WebhookDelivery] = []
            while dead.isEmpty {
                dead = try await joined.webhooks.deliveries(
                    of: joined.connector.webhook, status: .dead, after: 0, limit: 10)
                await Task.yield()
            }
            #expect(dead.map(\.lastError) == ["status 422 when it was to make a ticket"])
            #expect(dead.map(\.type) == [.handoffRequested])
        }
    }

    @Test("a visitor who leaves an address becomes the ticket's customer")
    func address() async throws {
        try await run { joined, zammad in
            let id = try await joined.started()
            try await joined.say("a person please", in: id)
            await zammad.wait { $0.tickets.count == 1 }
            let before = try #require(try await joined.store.conversation(id))
            let (after, events) = try before.after(.ticket(email: "ann@mail.example"), at: Date())
            try await joined.store.commit(
                ConversationChange(before: before, after: after, events: events, at: Date()))
            await zammad.wait { $0.tickets[0].customer == "ann@mail.example" }
        }
    }

    @Test("what is not signed by Zammad's token is refused, and changes nothing")
    func forged() async throws {
        try await run { joined, zammad in
            let id = try await joined.started()
            try await joined.say("a person please", in: id)
            await zammad.wait { $0.tickets.count == 1 }
            let good = zammad.hook(
                ticket: 19, state: "closed", article: Self.article(905, "hello"), secret: joined.connector.secrets.hook)
            let bad = zammad.hook(ticket: 19, state: "closed", article: Self.article(905, "hello"), secret: "guess")
            let unsigned = good.headers.filter { $0.0 != "X-Hub-Signature" }
            #expect(try await joined.hook(bad.body, bad.headers) == "401 unauthorized")
            #expect(try await joined.hook(good.body, unsigned) == "401 unauthorized")
            #expect(try await joined.hook(good.body + Data(" ".utf8), good.headers) == "401 unauthorized")
            let connector = joined.connector.id.rawValue
            for path in [
                "conn_0", "\(connector.dropLast())\(connector.hasSuffix("0") ? 1 : 0)", "wh_\(connector.dropFirst(5))",
            ] {
                #expect(
                    try await joined.hook(good.body, good.headers, path: "/v1/connectors/\(path)/events")
                        == "404 not_found")
            }
            #expect(
                try await joined.hook(good.body, good.headers, path: "/v1/connectors/\(connector).x/events")
                    == "401 unauthorized")
            let large = Data(repeating: UInt8(ascii: " "), count: 1 << 20 + 1)
            #expect(try await joined.hook(large, good.headers) == "413 too_large")
            #expect(try await joined.status(id) == "waiting")
            // Of another ticket nothing is known here.
            let foreign = zammad.hook(
                ticket: 77, state: "closed", article: Self.article(906, "hello"), secret: joined.connector.secrets.hook)
            #expect(try await joined.hook(foreign.body, foreign.headers) == "200 ignored")
        }
    }

    @Test("a long article becomes several messages, in order and once")
    func long() async throws {
        try await run { joined, zammad in
            let id = try await joined.started()
            try await joined.say("a person please", in: id)
            await zammad.wait { $0.tickets.count == 1 }
            let words = (1...600).map { "word\($0)" }.joined(separator: " ")
            let told = zammad.hook(
                ticket: 19, article: Self.article(907, words), secret: joined.connector.secrets.hook)
            #expect(try await joined.hook(told.body, told.headers) == "200 taken")
            #expect(try await joined.hook(told.body, told.headers) == "200 ignored")
            let said = try await joined.store.messages(in: id, after: 0, limit: 100).messages
                .filter { $0.from == .agent }.map(\.text)
            #expect(said.count == 3 && said.joined(separator: " ") == words)
            #expect(said.allSatisfy { $0.unicodeScalars.count <= 2_000 })
        }
    }
}
