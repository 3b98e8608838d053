import ConversationDomain
import Foundation
import GRDB
import Outbox
@testable import SQLiteWebhooks
import Testing

@testable import SQLiteStore

@Suite("The outbox of events")
struct WebhookStoreTests {
    private func webhook(
        _ events: Set<EventType>? = nil, app: String = "shop", channels: Set<ChannelName> = [],
        senders: Set<Sender> = []
    ) -> Webhook {
        Webhook(
            id: StoreFixture.ids.next(), app: AppName(trusted: app), url: "https://tickets.example/", events: events,
            channels: channels, senders: senders, note: "tickets",
            secrets: WebhookSecrets(
                current: "whsec_1", previous: "whsec_0", previousUntil: StoreFixture.time.addingTimeInterval(60)),
            createdAt: StoreFixture.time)
    }

    private func rows(_ table: String, _ fixture: StoreFixture) async throws -> Int {
        try await fixture.database.pool.read { database in
            try Int.fetchOne(database, sql: "SELECT count(*) FROM \(table)") ?? -1
        }
    }

    @Test("a webhook is read as it was written, and changed and removed as a whole")
    func definition() async throws {
        let fixture = try StoreFixture()
        let store = SQLiteWebhookStore(fixture.database)
        var webhook = webhook([.feedbackCreated], channels: [.web], senders: [.agent])
        try await store.add(webhook, limit: 1)
        #expect(try await store.webhook(webhook.id)?.webhook == webhook)
        webhook.events = nil
        webhook.url = "https://other.example/"
        webhook.secrets = WebhookSecrets(current: "whsec_2")
        #expect(try await store.update(webhook))
        #expect(try await store.webhooks(of: nil).map(\.webhook) == [webhook])
        #expect(try await store.remove(webhook.id))
        #expect(try await !store.remove(webhook.id))
        #expect(try await !store.update(webhook))
        #expect(try await store.webhooks(of: webhook.app).isEmpty)
    }

    @Test("nothing is written when nobody wants the event: another app, type, channel, sender, or a disabled webhook")
    func unwanted() async throws {
        let fixture = try StoreFixture()
        let store = SQLiteWebhookStore(fixture.database)
        let conversation = try await fixture.conversation()
        var disabled = webhook()
        disabled.isEnabled = false
        for one in [
            webhook(app: "other"), webhook([.conversationClosed]), webhook(channels: [.api]),
            webhook([.messageCreated], senders: [.agent]), disabled,
        ] { try await store.add(one, limit: 9) }
        try await fixture.conversations.commit(StoreFixture.commit("where is it", to: conversation))
        #expect(try await rows("webhook_event", fixture) == 0)
        try await store.add(webhook([.messageCreated], senders: [.bot]), limit: 9)
        var after = conversation
        after.lastSeq = 2
        try await fixture.conversations.commit(StoreFixture.commit("and now", to: after))
        #expect(try await rows("webhook_event", fixture) == 1)
    }

    @Test("an event is there if and only if its turn is: a turn that is refused leaves none")
    func atomic() async throws {
        let fixture = try StoreFixture()
        let store = SQLiteWebhookStore(fixture.database)
        let webhook = webhook([.messageCreated])
        try await store.add(webhook, limit: 9)
        let conversation = try await fixture.conversation()
        let commit = try StoreFixture.commit("where is it", to: conversation)
        try await fixture.conversations.commit(commit)
        await #expect(throws: ChatError.self) { try await fixture.conversations.commit(commit) }
        let work = try await store.work(for: webhook.id, after: 0, at: StoreFixture.time, limits: WorkLimits())
        #expect(work.fresh.map(\.sender) == [.visitor, .bot] && work.due.isEmpty)
        let reply = commit.stored.turn.replies[0]
        #expect(String(decoding: work.fresh[1].body, as: UTF8.self).contains(reply.id.rawValue))
    }

    @Test("what failed waits for its time, what follows in its conversation waits with it, and others do not")
    func settling() async throws {
        let fixture = try StoreFixture()
        let store = SQLiteWebhookStore(fixture.database)
        let webhook = webhook([.messageCreated])
        try await store.add(webhook, limit: 9)
        var one = try await fixture.conversation()
        let other = try await fixture.conversation()
        try await fixture.conversations.commit(StoreFixture.commit("1", to: one))
        try await fixture.conversations.commit(StoreFixture.commit("2", to: other))
        let now = StoreFixture.time
        let work = try await store.work(for: webhook.id, after: 0, at: now, limits: WorkLimits())
        #expect(work.fresh.count == 4 && work.waiting.isEmpty && work.nextAt == nil)
        let later = now.addingTimeInterval(60)
        try await store.settle(
            [
                DeliveryOutcome(event: work.fresh[0], kind: .failed(attempts: 1, error: "status 500", nextAt: later)),
                DeliveryOutcome(event: work.fresh[1], kind: .waits(until: now)),
                DeliveryOutcome(event: work.fresh[2], kind: .delivered),
                DeliveryOutcome(event: work.fresh[3], kind: .delivered),
            ], of: webhook.id, position: work.fresh[3].number,
            health: WebhookHealth(failures: 1, restsUntil: later), limits: WebhookLimits())
        one.lastSeq = 2
        try await fixture.conversations.commit(StoreFixture.commit("3", to: one))

        let early = try await store.work(for: webhook.id, after: 0, at: now, limits: WorkLimits())
        #expect(early.due.isEmpty && early.nextAt == later && early.waiting == [one.id] && early.fresh.count == 2)
        let due = try await store.work(for: webhook.id, after: 0, at: later, limits: WorkLimits())
        #expect(due.due.map(\.number) == [work.fresh[0].number, work.fresh[1].number])
        #expect(due.due.map(\.attempts) == [1, 0])
        let summary = try await store.webhook(webhook.id)
        #expect(summary?.pending == 2 && summary?.health == WebhookHealth(failures: 1, restsUntil: later))

        try await store.settle(
            due.due.map { DeliveryOutcome(event: $0, kind: .delivered) }, of: webhook.id, position: nil,
            health: WebhookHealth(), limits: WebhookLimits())
        try await store.trimOutbox(limits: WebhookLimits(), at: now)
        // What everybody has is gone; what nobody has looked at is not.
        #expect(try await rows("webhook_delivery", fixture) == 0)
        #expect(try await rows("webhook_event", fixture) == 2)
    }

    @Test("of what is due every conversation gets its beginning, however much waits in another")
    func fairness() async throws {
        let fixture = try StoreFixture()
        let store = SQLiteWebhookStore(fixture.database)
        let webhook = webhook([.messageCreated])
        try await store.add(webhook, limit: 9)
        var conversations: [Conversation] = []
        for _ in 0..<3 { conversations.append(try await fixture.conversation()) }
        for (place, turns) in [20, 1, 2].enumerated() {
            for number in 0..<turns {
                try await fixture.conversations.commit(StoreFixture.commit("\(number)", to: conversations[place]))
                conversations[place].lastSeq += 2
            }
        }
        let now = StoreFixture.time
        let fresh = try await store.work(for: webhook.id, after: 0, at: now, limits: WorkLimits()).fresh
        try await store.settle(
            fresh.map { event in
                // The longest conversation is the one that has waited longest.
                let until = event.conversation == conversations[0].id ? now : now.addingTimeInterval(1)
                return DeliveryOutcome(event: event, kind: .waits(until: until))
            }, of: webhook.id, position: fresh.last?.number, health: WebhookHealth(), limits: WebhookLimits())
        let later = now.addingTimeInterval(2)
        let limits = WorkLimits(conversations: 9, ofEach: 3, fresh: 9)
        let due = try await store.work(for: webhook.id, after: 0, at: later, limits: limits).due
        let lanes = Dictionary(grouping: due, by: \.conversation)
        #expect(conversations.map { lanes[$0.id]?.count } == [3, 2, 3])
        for conversation in conversations {
            let all = fresh.filter { $0.conversation == conversation.id }.map(\.number)
            #expect(lanes[conversation.id]?.map(\.number) == Array(all.prefix(3)))
        }
        let few = try await store.work(
            for: webhook.id, after: 0, at: later, limits: WorkLimits(conversations: 1, ofEach: 3, fresh: 9))
        #expect(few.due.map(\.number) == Array(fresh.map(\.number).prefix(3)))
        let early = try await store.work(for: webhook.id, after: 0, at: now, limits: limits)
        #expect(early.due.allSatisfy { $0.conversation == conversations[0].id } && early.due.count == 3)
    }

    @Test("beyond the bound the oldest events become dead letters, beyond their bound they are counted")
    func overflow() async throws {
        let fixture = try StoreFixture()
        let store = SQLiteWebhookStore(fixture.database)
        let webhook = webhook([.messageCreated])
        try await store.add(webhook, limit: 9)
        var conversation = try await fixture.conversation()
        for number in 0..<10 {
            try await fixture.conversations.commit(StoreFixture.commit("\(number)", to: conversation))
            conversation.lastSeq += 2
        }
        var limits = WebhookLimits()
        limits.outboxEvents = 8
        limits.deadLetters = 5
        try await store.trimOutbox(limits: limits, at: StoreFixture.time)
        let summary = try await store.webhook(webhook.id)
        #expect(summary?.dead == 5 && summary?.health.dropped == 7 && summary?.pending == 0)
        let letters = try await store.deliveries(of: webhook.id, status: .dead, after: 0, limit: 9)
        #expect(letters.allSatisfy { $0.lastError == SQLiteWebhookStore.overflow } && letters.count == 5)
        let work = try await store.work(for: webhook.id, after: 0, at: StoreFixture.time, limits: WorkLimits())
        #expect(work.fresh.count == 8)
        #expect(try await rows("webhook_event", fixture) == 13)
        #expect(try await store.resend(nil, of: webhook.id, at: StoreFixture.time) == 5)
        #expect(try await store.resend(nil, of: webhook.id, at: StoreFixture.time) == 0)
    }

    @Test("the events of a conversation that is removed go with it, also those that wait and dead letters")
    func erasure() async throws {
        let fixture = try StoreFixture()
        let store = SQLiteWebhookStore(fixture.database)
        let webhook = webhook([.messageCreated])
        try await store.add(webhook, limit: 9)
        let conversation = try await fixture.conversation()
        try await fixture.conversations.commit(StoreFixture.commit("secret", to: conversation))
        let work = try await store.work(for: webhook.id, after: 0, at: StoreFixture.time, limits: WorkLimits())
        try await fixture.database.write { database in
            try database.execute(
                sql: "DELETE FROM conversation WHERE id = ?", arguments: [conversation.id.rawValue])
        }
        // What a worker had read before cannot come back.
        try await store.settle(
            work.fresh.map { DeliveryOutcome(event: $0, kind: .dead(attempts: 1, error: "status 500")) },
            of: webhook.id,
            position: work.fresh[1].number, health: WebhookHealth(), limits: WebhookLimits())
        #expect(try await rows("webhook_event", fixture) == 0)
        #expect(try await rows("webhook_delivery", fixture) == 0)
    }
}
