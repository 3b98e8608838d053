import ConversationDomain
import Foundation
import Synchronization
import Testing
import TestSupport

@testable import Dialogue

/// Counts and refuses as it is told.
private final class TestMeter: StorageMeter {
    let isFull = Mutex(false)
    let bytes = Mutex(0)
    static let refusal = ChatError(.rateLimited, "full", retryAfter: 60)

    func admit(_ principal: Principal) throws { if isFull.withLock({ $0 }) { throw Self.refusal } }
    func account(of principal: Principal) -> StorageAccount? { StorageAccount(app: principal.app, hour: 1) }
    func stored(_ bytes: Int, for principal: Principal) { self.bytes.withLock { $0 += bytes } }
}

@Suite("Conversations that wait for their first turn")
struct PendingConversationTests {
    private static let absent = ChatError(
        .notFound,
        "there is no such conversation, or its token is missing: Frontdesk-Resume-Token, resume_token on a socket")

    /// Pages of one visitor, who shows one token everywhere.
    private static func page(_ address: String = "192.0.2.1", app: String = "shop") -> Principal {
        var page = Principal(
            key: IdentifierGenerator().next(), kind: .publishable, app: AppName(trusted: app), scopes: [.chat],
            client: ClientNetwork(address))
        page.resumeHash = Data(repeating: 7, count: 32)
        return page
    }

    private let clock = FixedClock()
    private let visitor = page()

    private func bot(
        _ store: InMemoryConversationStore = InMemoryConversationStore(),
        adjust: (inout EngineParts) -> Void = { _ in }
    ) async throws -> TestChat {
        try await TestChat(["thanks": .accepted("thanks")], store: store) { parts in
            parts.now = { [clock] in clock.now }
            parts.ids = IdentifierGenerator(now: { [clock] in clock.now })
            adjust(&parts)
        }
    }

    private func message(_ text: String, in conversation: Conversation, id: String? = nil) -> InboundMessage {
        InboundMessage(conversation: conversation.id, content: .text(text), clientMessageID: id)
    }

    @Test("what a publishable key starts is read like any other and stored with its first turn")
    func firstTurn() async throws {
        let chat = try await bot()
        let (engine, store) = (chat.engine, chat.store)
        let request = ConversationRequest(
            locale: .english, channel: .web, visitor: Visitor(name: "Ann"),
            metadata: .object(["page": .string("/cart")]))
        let new = try await engine.start(request, as: visitor)
        #expect(store.ids == [chat.conversation.id])
        #expect(try await engine.conversation(new.id, as: visitor) == new)
        let empty = MessagePage(messages: [], lastSeq: 0)
        #expect(try await engine.messages(in: new.id, after: 0, limit: 10, as: visitor) == empty)

        let follower = try await engine.follow(new.id, as: visitor)
        let result = try await engine.respond(to: message("thanks", in: new, id: "m1"), as: visitor)
        #expect(store.ids == [chat.conversation.id, new.id])
        let stored = try #require(try await store.conversation(new.id))
        #expect(stored.metadata == new.metadata && stored.visitor == new.visitor && stored.lastSeq == 2)
        #expect(try await engine.conversation(new.id, as: visitor) == stored)
        follower.cancel()
        #expect(follower.takeAll() == [.turn(result.turn, origin: nil)])
        let again = try await engine.respond(to: message("thanks", in: new, id: "m1"), as: visitor)
        #expect(again.isReplay && again.body == result.body)
        #expect(engine.pendingConversations == (0, 0))
    }

    @Test("what a secret key starts is stored at once")
    func secret() async throws {
        let chat = try await bot()
        #expect(chat.store.ids == [chat.conversation.id])
        #expect(chat.engine.pendingConversations.count == 0)
    }

    @Test("another app does not see it, an agent does; closed, it takes no message")
    func owner() async throws {
        let engine = try await bot().engine
        let new = try await engine.start(ConversationRequest(), as: visitor)
        let other = Self.page(app: "other")
        await #expect(throws: Self.absent) { try await engine.conversation(new.id, as: other) }
        await #expect(throws: Self.absent) { try await engine.messages(in: new.id, after: 0, limit: 1, as: other) }
        await #expect(throws: Self.absent) { _ = try await engine.follow(new.id, as: other) }
        await #expect(throws: Self.absent) { try await engine.close(new.id, as: other) }
        await #expect(throws: Self.absent) { try await engine.respond(to: message("thanks", in: new), as: other) }
        #expect(try await engine.conversation(new.id, as: TestChat.principal("desk", .admin)) == new)
        let follower = try await engine.follow(new.id, as: visitor)
        #expect(try await engine.close(new.id, as: visitor).status == .closed)
        #expect(try await engine.conversation(new.id, as: visitor).status == .closed)
        follower.cancel()
        #expect(follower.takeAll() == [.status(.closed)])
        await #expect(throws: ChatError(.conflict, "the conversation is closed")) {
            try await engine.respond(to: message("thanks", in: new), as: visitor)
        }
    }

    @Test("it is forgotten after a day, and the oldest when there are too many or they are too large")
    func bounds() async throws {
        let large = ConversationRequest(metadata: .object(["note": .string(String(repeating: "x", count: 4_000))]))
        let engine = try await bot {
            $0.pendingLimits.count = 4
            $0.pendingLimits.bytes = 11_000
            $0.pendingLimits.perClient = 2
        }.engine
        func start(_ address: String, _ request: ConversationRequest = ConversationRequest()) async throws
            -> ConversationID
        {
            clock.advance(by: 1)
            return try await engine.start(request, as: Self.page(address)).id
        }
        func isThere(_ ids: [ConversationID]) async -> [Bool] {
            var found: [Bool] = []
            for id in ids { found.append((try? await engine.conversation(id, as: visitor)) != nil) }
            return found
        }
        var ids: [ConversationID] = []
        for _ in 0..<3 { ids.append(try await start("192.0.2.1")) }
        #expect(await isThere(ids) == [false, true, true])
        for number in 2...4 { ids.append(try await start("192.0.2.\(number)")) }
        #expect(await isThere(ids) == [false, false, true, true, true, true])
        for number in 5...6 { ids.append(try await start("192.0.2.\(number)", large)) }
        #expect(await isThere(ids) == [false, false, false, false, true, true, true, true])
        ids.append(try await start("192.0.2.7", large))
        #expect(await isThere(Array(ids.suffix(4))) == [false, false, true, true])
        #expect(engine.pendingConversations == (2, 7))
        clock.advance(by: 86_400)
        #expect(await isThere(ids).allSatisfy { !$0 })
        #expect(engine.pendingConversations == (0, 9))
    }

    @Test("a first turn that could not be committed is run again in the same conversation")
    func failedCommit() async throws {
        struct DiskFull: Error {}
        let failures = Mutex(1)
        let store = InMemoryConversationStore {
            let fails = failures.withLock { left in
                defer { left -= 1 }
                return left > 0
            }
            if fails { throw DiskFull() }
        }
        let engine = try await bot(store).engine
        let new = try await engine.start(ConversationRequest(), as: visitor)
        await #expect(throws: DiskFull.self) {
            try await engine.respond(to: message("thanks", in: new, id: "m1"), as: visitor)
        }
        let result = try await engine.respond(to: message("thanks", in: new, id: "m1"), as: visitor)
        #expect(!result.isReplay && result.turn.replies.map(\.seq) == [2])
    }

    @Test("a first turn whose commit was not heard of counts: the conversation goes on as it is stored")
    func unheardCommit() async throws {
        let chat = try await bot()
        let engine = chat.engine
        let new = try await engine.start(ConversationRequest(), as: visitor)
        try await chat.store.create(new)
        let first = message("thanks", in: new)
        await #expect(throws: ChatError(.conflict, "it is there already")) {
            try await engine.respond(to: first, as: visitor)
        }
        #expect(try await engine.respond(to: first, as: visitor).turn.message.seq == 1)
    }

    @Test("many first messages at once are one conversation, in order")
    func concurrently() async throws {
        let engine = try await bot().engine
        let new = try await engine.start(ConversationRequest(), as: visitor)
        let seqs = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<16 {
                group.addTask {
                    try await engine.respond(to: message("thanks", in: new, id: "m\(number)"), as: visitor).turn
                        .message.seq
                }
            }
            return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(seqs == Set(stride(from: 1, to: 32, by: 2)))
    }

    @Test("a full quota refuses new turns and feedback before anything is understood; repeats are answered")
    func quota() async throws {
        let meter = TestMeter()
        let classifier = FakeClassifier(["thanks": .accepted("thanks")])
        let engine = try await bot {
            $0.meter = meter
            $0.classifier = classifier
        }.engine
        let new = try await engine.start(ConversationRequest(), as: visitor)
        let result = try await engine.respond(to: message("thanks", in: new, id: "m1"), as: visitor)
        let bytes = meter.bytes.withLock { $0 }
        #expect(bytes > 0)
        let feedback = Feedback(conversation: new.id, message: result.turn.replies[0].id, rating: .up, comment: "good")
        try await engine.record(feedback, from: nil, as: visitor)
        #expect(meter.bytes.withLock { $0 } == bytes + feedback.storedBytes)
        meter.isFull.withLock { $0 = true }
        await #expect(throws: TestMeter.refusal) {
            try await engine.respond(to: message("more", in: new, id: "m2"), as: visitor)
        }
        await #expect(throws: TestMeter.refusal) { try await engine.record(feedback, from: nil, as: visitor) }
        #expect(try await engine.respond(to: message("thanks", in: new, id: "m1"), as: visitor).isReplay)
        #expect(classifier.texts == ["thanks"])
        #expect(try await engine.start(ConversationRequest(), as: visitor).lastSeq == 0)
    }
}
