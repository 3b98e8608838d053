import ConnectorFakes
import Connectors
import ConversationDomain
import Dialogue
import Foundation
import People
import SQLiteConnectors
import SQLiteStore
import Testing
import WebhookReceiver

@Suite("Chatwoot", .timeLimit(.minutes(1)))
struct ChatwootTests {
    private func run(
        secret: String? = nil, _ body: @escaping @Sendable (Joined, FakeChatwoot) async throws -> Void
    ) async throws {
        let chatwoot = try await FakeChatwoot.start(token: "ct-1", account: 2)
        var settings = ConnectorSettings()
        settings.account = 2
        let request = ConnectorRequest(
            kind: .chatwoot, app: Joined.app, url: chatwoot.url, token: "ct-1", settings: settings,
            signingSecret: secret)
        try await Joined.run(request) { joined in
            try await body(joined, chatwoot)
            #expect(chatwoot.faults == [])
        }
        await chatwoot.receiver.close()
    }

    /// Sends an event as Chatwoot does.
    private func tell(_ joined: Joined, _ event: Data, secret: String? = nil) async throws -> String {
        try await joined.hook(event, FakeChatwoot.headers(event, secret: secret))
    }

    private func conversation(_ joined: Joined, _ remote: Int64 = 7) async throws -> ConversationID {
        try #require(try await joined.connectors.thread(remote: remote, at: joined.connector.id)).conversation
    }

    @Test(
        "a contact's message is answered once; a handover opens the conversation, and what is said there then is not answered"
    )
    func whole() async throws {
        try await run { joined, chatwoot in
            #expect(try await tell(joined, chatwoot.message(11, "hours?", in: 7)) == "200 taken")
            #expect(try await tell(joined, chatwoot.message(11, "hours?", in: 7)) == "200 ignored")
            await chatwoot.wait { !$0.written.isEmpty }
            let id = try await conversation(joined)
            #expect(chatwoot.written == [.init(conversation: 7, content: "9 to 21", type: "text", items: [])])
            let stored = try #require(try await joined.store.conversation(id))
            #expect(stored.channel.rawValue == "chatwoot" && stored.externalID == "chatwoot-2-7")
            #expect(stored.visitor == Visitor(id: "chatwoot-2-4", name: "Ann", email: "ann@mail.example"))
            // What others say there, and what is no message, is none of the bot's business.
            for event in [
                chatwoot.message(12, "9 to 21", in: 7, type: "outgoing"), chatwoot.message(13, nil, in: 7),
                chatwoot.message(14, "hm", in: 7, isPrivate: true), chatwoot.message(15, "hm", in: 7, status: "open"),
            ] {
                #expect(try await tell(joined, event) == "200 ignored")
            }

            #expect(try await tell(joined, chatwoot.message(16, "a person please", in: 7)) == "200 taken")
            await chatwoot.wait { $0.statuses == ["7 open"] && $0.written.count == 2 }
            #expect(try await joined.status(id) == "waiting")
            #expect(try await tell(joined, chatwoot.moved("conversation_opened", 7, last: 17)) == "200 taken")
            #expect(try await joined.status(id) == "agent Chatwoot")
            #expect(try await tell(joined, chatwoot.message(18, "hello?", in: 7, status: "open")) == "200 ignored")
            // One from before it was opened comes too late to be answered by the bot.
            #expect(try await tell(joined, chatwoot.message(17, "hours?", in: 7)) == "200 ignored")
            #expect(try await joined.status(id) == "agent Chatwoot")

            // A person gives it back: it is pending again.
            #expect(try await tell(joined, chatwoot.message(19, "hours?", in: 7)) == "200 taken")
            await chatwoot.wait { $0.written.count == 3 }
            #expect(try await joined.status(id) == "bot")
            #expect(try await tell(joined, chatwoot.moved("conversation_resolved", 7, last: 20)) == "200 taken")
            #expect(try await joined.status(id) == "closed")

            // The contact comes back: a conversation of its own, and what was said before stays said.
            #expect(try await tell(joined, chatwoot.message(19, "hours?", in: 7)) == "200 ignored")
            #expect(try await tell(joined, chatwoot.message(21, "hours?", in: 7)) == "200 taken")
            await chatwoot.wait { $0.written.count == 4 }
            #expect(try await conversation(joined) != id)
            // Nothing was set there beside the handover.
            #expect(chatwoot.statuses == ["7 open"])
        }
    }

    @Test("buttons are Chatwoot's own, and a press is what they stand for")
    func buttons() async throws {
        try await run { joined, chatwoot in
            #expect(try await tell(joined, chatwoot.message(11, "hours or a person?", in: 8)) == "200 taken")
            await chatwoot.wait { !$0.written.isEmpty }
            let offer = try #require(chatwoot.written.first)
            #expect(offer.type == "input_select" && offer.items.map { $0[0] }.contains("About hours"))
            let hours = try #require(offer.items.first { $0[0] == "About hours" })
            let press = chatwoot.press(12, title: hours[0], value: hours[1], in: 8)
            #expect(try await tell(joined, press) == "200 taken")
            await chatwoot.wait { $0.written.count == 2 }
            #expect(chatwoot.written[1].content == "9 to 21")
            #expect(try await tell(joined, press) == "200 taken")
            // A press on what we did not offer is none.
            let id = try await conversation(joined, 8)
            for value in ["msg_0:0", "\(hours[1].dropLast())9", "x"] {
                #expect(try await tell(joined, chatwoot.press(13, title: "x", value: value, in: 8)) == "200 ignored")
            }
            #expect(try await joined.history(id).count == 4)
        }
    }

    @Test("what people do here is done there: their replies, the end, and the return to the bot")
    func here() async throws {
        try await run { joined, chatwoot in
            _ = try await tell(joined, chatwoot.message(11, "a person please", in: 9))
            await chatwoot.wait { $0.statuses == ["9 open"] }
            let id = try await conversation(joined, 9)
            _ = try await joined.engine.reply("I am Mia", clientMessageID: nil, to: id, name: "Mia", as: Joined.agent)
            await chatwoot.wait { $0.written.contains { $0.content == "I am Mia" } }
            _ = try await joined.engine.perform(.giveBack, on: id, as: Joined.agent)
            await chatwoot.wait { $0.statuses.count == 2 }
            _ = try await joined.engine.close(id, as: Joined.agent)
            await chatwoot.wait { $0.statuses.count == 3 }
            #expect(chatwoot.statuses == ["9 open", "9 pending", "9 resolved"])
        }
    }

    @Test("a target that fails is tried again, in order")
    func retries() async throws {
        try await run { joined, chatwoot in
            chatwoot.change { $0.refused = ["POST /api/v1/accounts/#/conversations/#/messages": [500, 503, 429]] }
            _ = try await tell(joined, chatwoot.message(11, "hours?", in: 7))
            _ = try await tell(joined, chatwoot.message(12, "a person please", in: 7))
            await chatwoot.wait { $0.statuses == ["7 open"] }
            #expect(chatwoot.written.first?.content == "9 to 21" && chatwoot.written.count == 2)
        }
    }

    @Test("with the bot's secret only signed requests of the last minutes are taken; without the path's secret none")
    func forged() async throws {
        try await run(secret: "bot-secret") { joined, chatwoot in
            let event = chatwoot.message(11, "hours?", in: 7)
            #expect(try await tell(joined, event) == "401 unauthorized")
            #expect(try await tell(joined, event, secret: "guess") == "401 unauthorized")
            let old = FakeChatwoot.headers(event, secret: "bot-secret", at: Date(timeIntervalSinceNow: -301))
            #expect(try await joined.hook(event, old) == "401 unauthorized")
            let good = FakeChatwoot.headers(event, secret: "bot-secret")
            for path in ["\(joined.connector.id)", "\(joined.connector.id).0"] {
                #expect(
                    try await joined.hook(event, good, path: "/v1/connectors/\(path)/events") == "401 unauthorized")
            }
            #expect(try await joined.hook(event, good) == "200 taken")
            let foreign = try await FakeChatwoot.start(token: "x", account: 3)
            let other = foreign.message(12, "hours?", in: 7)
            #expect(
                try await joined.hook(other, FakeChatwoot.headers(other, secret: "bot-secret")) == "403 forbidden")
            await foreign.receiver.close()
        }
    }
}
