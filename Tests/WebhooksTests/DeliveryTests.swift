import ConversationDomain
import Foundation
import Logging
import Outbox
import SQLiteStore
import SQLiteWebhooks
import ServiceLifecycle
import Synchronization
import Testing
import WebhookReceiver
import Wire

@testable import Webhooks

/// A database with what delivers its events, for one test.
struct DeliveryFixture: Sendable {
    let folder: URL
    let database: SQLiteDatabase
    let ids = IdentifierGenerator()
    var policy = DeliveryPolicy()
    var limits = WebhookLimits()
    /// Grows with what is done for visitors.
    var activity: (@Sendable () -> Int)?

    static let shop = AppName(trusted: "shop")
    static let admin = Principal(key: KeyID(trusted: "key_1"), kind: .secret, app: shop, scopes: [.admin])

    var store: SQLiteWebhookStore { SQLiteWebhookStore(database) }
    var conversations: SQLiteConversationStore { SQLiteConversationStore(database, ids: ids) }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "webhooks-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        database = try SQLiteDatabase(url: folder.appending(path: "frontdesk.sqlite"))
        // Quick, so that a test of retries takes no longer than it must.
        policy.waits = [0.01]
        policy.firstRest = 0.05
        policy.requestTime = .seconds(5)
    }

    func remove() {
        try? database.close()
        try? FileManager.default.removeItem(at: folder)
    }

    var resolver: TargetResolver {
        TargetResolver(TargetRules(allowed: AddressRange("127.0.0.1").map { [$0] } ?? []))
    }

    /// Delivers while `body` runs.
    func delivering(_ body: @escaping @Sendable (WebhookDesk) async throws -> Void) async throws {
        var logger = Logger(label: "webhooks")
        logger.logLevel = .critical
        let deliverer = WebhookDeliverer(
            store: store, client: TargetClient(resolver), policy: policy, limits: limits, logger: logger,
            activity: activity)
        let desk = WebhookDesk(store: store, resolver: resolver, limits: limits, onChange: { deliverer.changed($0) })
        let group = ServiceGroup(services: [deliverer], logger: logger)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            try await body(desk)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    func desk() -> WebhookDesk { WebhookDesk(store: store, resolver: resolver, limits: limits, onChange: { _ in }) }

    /// A stored conversation without messages.
    func conversation(channel: ChannelName = .web, app: AppName = shop) async throws -> Conversation {
        let conversation = Conversation(
            id: ids.next(), app: app, locale: .english, channel: channel, visitor: Visitor(id: "7", name: "Ann"),
            metadata: .object(["cart": .integer(3)]), createdAt: Self.now())
        try await conversations.create(conversation)
        return conversation
    }

    static func now() -> Date {
        Date(timeIntervalSince1970: (Date().timeIntervalSince1970 * 1000).rounded() / 1000)
    }

    /// Commits a message with a reply; the conversation as it is then.
    @discardableResult
    func say(_ text: String, in conversation: Conversation, status: ConversationStatus = .bot) async throws
        -> Conversation
    {
        var after = conversation
        after.lastSeq += 2
        after.status = status
        if status == .waiting { after.handoffReason = "asked" }
        let message = Message(
            id: ids.next(), seq: after.lastSeq - 1, from: .visitor, text: text, createdAt: Self.now())
        let reply = Message(
            id: ids.next(), seq: after.lastSeq, from: .bot, text: "“\(text)”?", inReplyTo: message.id,
            createdAt: Self.now())
        let turn = Turn(
            id: ids.next(), conversation: after.id, message: message, replies: [reply], decision: nil, status: status,
            clientMessageID: nil)
        try await conversations.commit(
            TurnCommit(
                stored: StoredTurn(turn: turn, content: .text(text), body: turn.encodedBody()), conversation: after,
                previousSeq: conversation.lastSeq, state: DialogueState(),
                events: status == conversation.status
                    ? [] : [.statusChanged(from: conversation.status), .handoffRequested]))
        return after
    }
}

/// A request for a webhook that is wanted in tests.
private func wanted(_ url: String, _ events: Set<EventType> = []) -> WebhookRequest {
    var request = WebhookRequest()
    request.url = url
    request.events = events
    return request
}

@Suite("Delivery of events", .timeLimit(.minutes(2)))
struct DeliveryTests {
    private func run(
        _ change: (inout DeliveryFixture) -> Void = { _ in },
        _ body: (DeliveryFixture) async throws -> Void
    ) async throws {
        var fixture = try DeliveryFixture()
        change(&fixture)
        defer { fixture.remove() }
        try await body(fixture)
    }

    @Test("everything that happens in a conversation arrives in its order, signed, as the documentation shows it")
    func order() async throws {
        let receiver = try await WebhookReceiver.start()
        try await run { fixture in
            try await fixture.delivering { desk in
                let made = try await desk.create(wanted(receiver.url), as: DeliveryFixture.admin)
                var conversation = try await fixture.conversation()
                conversation = try await fixture.say("where is it", in: conversation)
                conversation = try await fixture.say("a person please", in: conversation, status: .waiting)
                let reply = try await fixture.conversations.messages(in: conversation.id, after: 1, limit: 1).messages[
                    0]
                let rated = try await fixture.conversations.record(
                    Feedback(conversation: conversation.id, message: reply.id, rating: .down, comment: "no"),
                    at: DeliveryFixture.now())
                #expect(rated)
                _ = try await fixture.conversations.setStatus(.closed, of: conversation.id)
                await receiver.wait { $0.taken.count >= 10 }

                #expect(
                    receiver.taken.map(\.type) == [
                        "conversation.created", "message.created", "message.created", "message.created",
                        "message.created", "conversation.status_changed", "handoff.requested", "feedback.created",
                        "conversation.status_changed", "conversation.closed",
                    ])
                let requests = receiver.taken
                #expect(Set(requests.map(\.event)).count == 10)
                #expect(requests.allSatisfy { $0.conversation == conversation.id.rawValue && $0.attempt == 1 })
                #expect(requests.allSatisfy { $0.signatures(by: made.webhook.secrets.current) == 1 })
                #expect(requests.allSatisfy { $0.headers["frontdesk-event-id"] == $0.event })
                #expect(requests[1].text("message", "text") == "where is it")
                #expect(requests[1].text("conversation", "visitor", "name") == "Ann")
                #expect(requests[5].text("status") == "waiting" && requests[5].text("previous_status") == "bot")
                #expect(requests[6].text("reason") == "asked")
                #expect(requests[7].text("feedback", "rating") == "down")
                #expect(requests[9].text("conversation", "status") == "closed")
            }
        }
        await receiver.close()
    }

    @Test("a target that fails half the time gets every event, each conversation's in order, with one id at each try")
    func halfFailing() async throws {
        let tries = Mutex<[String: Int]>([:])
        let random = Mutex(SystemRandomNumberGenerator())
        let receiver = try await WebhookReceiver.start { request in
            tries.withLock { $0[request.event, default: 0] += 1 }
            return .status(random.withLock { $0.next(upperBound: UInt(2)) } == 0 ? 503 : 204)
        }
        try await run { fixture in
            try await fixture.delivering { desk in
                let made = try await desk.create(wanted(receiver.url, [.messageCreated]), as: DeliveryFixture.admin)
                var conversations: [Conversation] = []
                for _ in 0..<8 { conversations.append(try await fixture.conversation()) }
                for number in 0..<10 {
                    for index in conversations.indices {
                        conversations[index] = try await fixture.say("\(number)", in: conversations[index])
                    }
                }
                await receiver.wait { $0.taken.count >= 160 }
                for conversation in conversations {
                    let texts = receiver.taken.filter { $0.conversation == conversation.id.rawValue }
                        .map { $0.text("message", "text") ?? "" }
                    #expect(texts == (0..<10).flatMap { ["\($0)", "“\($0)”?"] })
                }
                #expect(Set(receiver.taken.map(\.event)).count == 160)
                #expect(tries.withLock { $0.values.contains { $0 > 1 } })
                #expect(receiver.requests.filter { $0.attempt == 2 }.count > 20)
                let health = try await desk.show(made.webhook.id, as: DeliveryFixture.admin)
                #expect(health.dead == 0 && health.health.dropped == 0)
            }
        }
        await receiver.close()
    }

    @Test("a dead target holds up no other, rests after failures in a row, and gets everything once it is back")
    func deadTarget() async throws {
        let isBack = Mutex(false)
        let dead = try await WebhookReceiver.start { _ in .status(isBack.withLock { $0 } ? 200 : 500) }
        let healthy = try await WebhookReceiver.start()
        try await run {
            $0.policy.firstRest = 1
            $0.policy.longestRest = 1
        } _: { fixture in
            try await fixture.delivering { desk in
                _ = try await desk.create(wanted(dead.url, [.messageCreated]), as: DeliveryFixture.admin)
                _ = try await desk.create(wanted(healthy.url, [.messageCreated]), as: DeliveryFixture.admin)
                var conversations: [Conversation] = []
                for _ in 0..<10 { conversations.append(try await fixture.conversation()) }
                for index in conversations.indices {
                    for number in 0..<10 {
                        conversations[index] = try await fixture.say("\(number)", in: conversations[index])
                    }
                }
                await healthy.wait { $0.taken.count >= 200 }
                // It was tried a few times, and then left alone.
                await dead.wait { $0.requests.count >= 20 }
                #expect(dead.requests.count < 60)
                isBack.withLock { $0 = true }
                await dead.wait { $0.taken.count >= 200 }
                for conversation in conversations {
                    let texts = dead.taken.filter { $0.conversation == conversation.id.rawValue }
                        .map { $0.text("message", "text") ?? "" }
                    #expect(texts == (0..<10).flatMap { ["\($0)", "“\($0)”?"] })
                }
            }
        }
        for one in [dead, healthy] { await one.close() }
    }

    @Test("what was not sent when the server stopped is sent after its next start")
    func restart() async throws {
        let isBack = Mutex(false)
        let receiver = try await WebhookReceiver.start { _ in .status(isBack.withLock { $0 } ? 200 : 500) }
        try await run { fixture in
            try await fixture.delivering { desk in
                _ = try await desk.create(wanted(receiver.url, [.messageCreated]), as: DeliveryFixture.admin)
                let conversation = try await fixture.conversation()
                try await fixture.say("hello", in: conversation)
                await receiver.wait { !$0.requests.isEmpty }
            }
            isBack.withLock { $0 = true }
            #expect(receiver.taken.isEmpty)
            try await fixture.delivering { _ in await receiver.wait { $0.taken.count >= 2 } }
            #expect(receiver.taken.map { $0.text("message", "text") } == ["hello", "“hello”?"])
            #expect(Set(receiver.requests.map(\.event)).count == 2)
        }
        await receiver.close()
    }

    @Test("an event that fails for too long is a dead letter, its conversation goes on, and it can be sent again")
    func deadLetters() async throws {
        let isBack = Mutex(false)
        let receiver = try await WebhookReceiver.start { request in
            .status(request.text("message", "text") == "poison" && !isBack.withLock { $0 } ? 500 : 200)
        }
        try await run {
            $0.policy.keepsTrying = 3
        } _: { fixture in
            try await fixture.delivering { desk in
                let made = try await desk.create(wanted(receiver.url, [.messageCreated]), as: DeliveryFixture.admin)
                let id = made.webhook.id
                let conversation = try await fixture.conversation()
                try await fixture.say("poison", in: conversation)
                await receiver.wait { $0.taken.count >= 1 }
                #expect(receiver.taken.map { $0.text("message", "text") } == ["“poison”?"])
                let letters = try await desk.deliveries(
                    of: id, status: .dead, after: 0, limit: 10, as: DeliveryFixture.admin)
                #expect(letters.map(\.lastError) == ["status 500"] && letters.map(\.type) == [.messageCreated])
                #expect(letters[0].attempts >= 2)
                isBack.withLock { $0 = true }
                let unknown = try await desk.resend([EventID(trusted: "evt_none")], of: id, as: DeliveryFixture.admin)
                #expect(unknown == 0)
                #expect(try await desk.resend([letters[0].event], of: id, as: DeliveryFixture.admin) == 1)
                await receiver.wait { $0.taken.count >= 2 }
                #expect(receiver.taken.last?.event == letters[0].event.rawValue)
            }
        }
        await receiver.close()
    }

    @Test("while a secret is changed both sign, and the old one is shown nowhere")
    func rotation() async throws {
        let receiver = try await WebhookReceiver.start()
        try await run { fixture in
            try await fixture.delivering { desk in
                let made = try await desk.create(wanted(receiver.url, [.messageCreated]), as: DeliveryFixture.admin)
                var request = WebhookRequest()
                request.rotatesSecret = true
                let changed = try await desk.change(made.webhook.id, request, as: DeliveryFixture.admin)
                let secrets = [made.webhook.secrets.current, changed.webhook.secrets.current]
                #expect(Set(secrets).count == 2)
                try await fixture.say("hello", in: try await fixture.conversation())
                await receiver.wait { $0.taken.count >= 2 }
                #expect(receiver.taken.allSatisfy { one in secrets.allSatisfy { one.signatures(by: $0) == 1 } })
                let view = try JSONEncoder.frontdesk().encode(WebhookView(changed, at: Date()))
                #expect(secrets.allSatisfy { !String(decoding: view, as: UTF8.self).contains($0) })
            }
        }
        await receiver.close()
    }

    @Test("a changed target gets what the old one had not; a disabled one gets nothing of what happened meanwhile")
    func changes() async throws {
        let first = try await WebhookReceiver.start { _ in .status(500) }
        let second = try await WebhookReceiver.start()
        try await run { fixture in
            try await fixture.delivering { desk in
                let admin = DeliveryFixture.admin
                let id = try await desk.create(wanted(first.url, [.messageCreated]), as: admin).webhook.id
                var conversation = try await fixture.conversation()
                conversation = try await fixture.say("one", in: conversation)
                await first.wait { !$0.requests.isEmpty }
                _ = try await desk.change(id, wanted(second.url, [.messageCreated]), as: admin)
                await second.wait { $0.taken.count >= 2 }
                var request = WebhookRequest()
                request.isEnabled = false
                _ = try await desk.change(id, request, as: admin)
                conversation = try await fixture.say("two", in: conversation)
                request.isEnabled = true
                _ = try await desk.change(id, request, as: admin)
                conversation = try await fixture.say("three", in: conversation)
                await second.wait { $0.taken.count >= 4 }
                #expect(
                    second.taken.map { $0.text("message", "text") } == ["one", "“one”?", "three", "“three”?"])
            }
        }
        for one in [first, second] { await one.close() }
    }

    @Test("another app's webhook is not there, and a key without admin may do nothing")
    func apps() async throws {
        try await run { fixture in
            let desk = fixture.desk()
            let made = try await desk.create(wanted("https://8.8.8.8/"), as: DeliveryFixture.admin)
            let other = Principal(
                key: KeyID(trusted: "key_2"), kind: .secret, app: AppName(trusted: "other"), scopes: [.admin])
            #expect(try await desk.list(as: other).isEmpty)
            await #expect(throws: ChatError(.notFound, "there is no such webhook")) {
                try await desk.show(made.webhook.id, as: other)
            }
            await #expect(throws: ChatError.self) { try await desk.remove(made.webhook.id, as: other) }
            let agent = Principal(
                key: KeyID(trusted: "key_3"), kind: .secret, app: DeliveryFixture.shop, scopes: [.agent, .chat])
            await #expect(throws: ChatError.self) { try await desk.list(as: agent) }
            #expect(try await desk.list(as: DeliveryFixture.admin).map(\.webhook) == [made.webhook])
        }
    }

    @Test("a target that leads to this machine is not made, and an app has a number of webhooks at most")
    func refusals() async throws {
        try await run {
            $0.limits.webhooksOfApp = 2
        } _: { fixture in
            let desk = fixture.desk()
            for url in ["http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest", "http://0x0a000001/"] {
                await #expect(throws: ChatError.self) {
                    try await desk.create(wanted(url), as: DeliveryFixture.admin)
                }
            }
            for _ in 0..<2 { _ = try await desk.create(wanted("https://8.8.8.8/"), as: DeliveryFixture.admin) }
            await #expect(throws: ChatError(.conflict, "the app has 2 webhooks, and may not have more")) {
                try await desk.create(wanted("https://8.8.8.8/"), as: DeliveryFixture.admin)
            }
        }
    }
}
