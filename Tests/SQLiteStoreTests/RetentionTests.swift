import ConversationDomain
import Foundation
import GRDB
import ModelRecords
import Synchronization
import Testing

@testable import SQLiteStore
import Wire

@Suite("What is not kept any longer")
struct RetentionTests {
    private static let day = 86_400.0
    private static let now = Date(timeIntervalSince1970: 1_780_000_000)

    private let fixture: StoreFixture

    init() throws { fixture = try StoreFixture() }

    /// A conversation that began some days ago, with a turn each so many days ago.
    @discardableResult
    private func conversation(begun: Double, turns: [Double], reason: ReviewReason? = nil) async throws -> Conversation
    {
        let time = Self.now.addingTimeInterval(-begun * Self.day)
        let ids = IdentifierGenerator(now: { time })
        var current = Conversation(
            id: ids.next(), app: AppName(trusted: "shop"), locale: .english, channel: .web, createdAt: time)
        try await fixture.conversations.create(current)
        for (number, days) in turns.enumerated() {
            let at = Self.now.addingTimeInterval(-days * Self.day)
            let ids = IdentifierGenerator(now: { at })
            let message = Message(
                id: ids.next(), seq: current.lastSeq + 1, from: .visitor, text: "\(current.id) \(number)", createdAt: at
            )
            let reply = Message(
                id: ids.next(), seq: current.lastSeq + 2, from: .bot, text: "yes", inReplyTo: message.id, createdAt: at)
            let turn = Turn(
                id: ids.next(), conversation: current.id, message: message, replies: [reply], decision: nil,
                status: .bot, clientMessageID: "m\(number)")
            let before = current.lastSeq
            current.lastSeq += 2
            try await fixture.conversations.commit(
                TurnCommit(
                    stored: StoredTurn(turn: turn, content: .text(message.text), body: turn.encodedBody()),
                    conversation: current, previousSeq: before, state: DialogueState(), reviewReason: reason))
        }
        return current
    }

    private func run(
        keep: String?, limits: SQLiteRetention.StepLimits = .init(),
        removed: @escaping @Sendable ([ConversationID]) -> Void = { _ in }
    ) async throws -> RetentionRun.Outcome {
        var rules = RetentionRun.Rules()
        rules.conversations = keep.flatMap { KeepingTime($0) }
        let run = RetentionRun(SQLiteRetention(fixture.database, limits: limits), rules: rules, pause: { _ in })
        return try await run.run(now: Self.now, removed: removed)
    }

    private func count(_ sql: String) throws -> Int {
        try fixture.database.lookUp { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(sql)") ?? 0 }
    }

    @Test("conversations whose last message is older go with all that belongs to them; the others stay whole")
    func old() async throws {
        let old = try await conversation(begun: 500, turns: [500, 401])
        let lively = try await conversation(begun: 500, turns: [500, 399])
        let young = try await conversation(begun: 10, turns: [10])
        let oldReply = try #require(
            try await fixture.conversations.messages(in: old.id, after: 1, limit: 1).messages.first)
        let feedback = Feedback(conversation: old.id, message: oldReply.id, rating: .up, comment: "good")
        #expect(try await fixture.conversations.record(feedback, at: Self.now))
        let heard = Mutex<[ConversationID]>([])
        let outcome = try await run(keep: "400d") { ids in heard.withLock { $0 += ids } }
        #expect(outcome.conversations == 1 && outcome.messages == 4 && outcome.emptyConversations == 0)
        #expect(heard.withLock { $0 } == [old.id])
        #expect(try await fixture.conversations.conversation(old.id) == nil)
        for kept in [lively, young] {
            #expect(try await fixture.conversations.conversation(kept.id) == kept)
            #expect(
                try await fixture.conversations.messages(in: kept.id, after: 0, limit: 9).messages.count == kept.lastSeq
            )
        }
        #expect(try count("feedback") == 0)
        #expect(try count("turn") == 3)
        try fixture.database.checkIntegrity()
        #expect(try await run(keep: "400d").isNothing)
    }

    @Test("without the setting nothing that was said is removed")
    func off() async throws {
        let old = try await conversation(begun: 5_000, turns: [5_000])
        #expect(try await run(keep: nil).isNothing)
        #expect(try await fixture.conversations.conversation(old.id) == old)
    }

    @Test("empty conversations go after a day, whatever is kept")
    func empty() async throws {
        let old = try await conversation(begun: 1.01, turns: [])
        let new = try await conversation(begun: 0.99, turns: [])
        #expect(try await run(keep: nil).emptyConversations == 1)
        #expect(try await fixture.conversations.conversation(old.id) == nil)
        #expect(try await fixture.conversations.conversation(new.id) == new)
    }

    @Test("no step removes more than its limit, and a long conversation is closed and goes over several")
    func steps() async throws {
        let long = try await conversation(begun: 500, turns: [Double](repeating: 450, count: 25))
        for number in 0..<6 { try await conversation(begun: 490 - Double(number), turns: [450, 440]) }
        var limits = SQLiteRetention.StepLimits()
        limits.messages = 10
        limits.time = .seconds(60)
        let retention = SQLiteRetention(fixture.database, limits: limits)
        let time = Self.now.addingTimeInterval(-400 * Self.day)
        var cursor: ConversationID?
        var sizes: [Int] = []
        repeat {
            let step = try await retention.removeConversations(lastMessageBefore: time, after: cursor)
            cursor = step.next
            sizes.append(step.messages)
            if sizes.count == 1 {
                #expect(try await fixture.conversations.conversation(long.id)?.status == .closed)
                let late = try StoreFixture.commit("late", to: long)
                await #expect(throws: ChatError.self) { try await fixture.conversations.commit(late) }
            }
        } while cursor != nil && sizes.count < 100
        #expect(sizes.allSatisfy { $0 <= 10 })
        #expect(sizes.reduce(0, +) == 74)
        #expect(try count("conversation") == 0)
        #expect(try count("message") == 0)
        try fixture.database.checkIntegrity()
    }

    @Test("a stretch of conversations that stay is walked through in bounded steps")
    func kept() async throws {
        for number in 0..<25 { try await conversation(begun: 500 - Double(number), turns: [1]) }
        let last = try await conversation(begun: 450, turns: [450])
        var limits = SQLiteRetention.StepLimits()
        limits.conversations = 10
        limits.time = .seconds(60)
        let outcome = try await run(keep: "400d", limits: limits)
        #expect(outcome.conversations == 1 && outcome.steps == 4)
        #expect(try await fixture.conversations.conversation(last.id) == nil)
        #expect(try count("conversation") == 25)
    }

    @Test("texts that wait in the review queue go with their conversation; what was decided stays without it")
    func review() async throws {
        let reviews = SQLiteReviewStore(fixture.database)
        let old = try await conversation(begun: 500, turns: [500, 500], reason: .rejected)
        let young = try await conversation(begun: 1, turns: [1], reason: .rejected)
        let items = try await reviews.items(.open, limit: 10)
        #expect(items.count == 3)
        let labelled = try #require(items.first { $0.conversation == old.id })
        let decided = try await reviews.decide(
            ReviewDecision(items: [labelled], label: .outOfScope, by: "Ann", at: Self.now))
        #expect(decided == [labelled.id])
        #expect(try await run(keep: "400d").conversations == 1)
        #expect(try await reviews.items(.open, limit: 10).map(\.conversation) == [young.id])
        let kept = try #require(try await reviews.item(labelled.id))
        #expect(kept.label == .outOfScope && kept.text == labelled.text)
        #expect(kept.conversation == nil && kept.message == nil)
        #expect(try count("example WHERE origin = 'review'") == 1)
    }

    @Test("hours that no quota asks for are forgotten")
    func storageUse() async throws {
        let hour = Int(Self.now.timeIntervalSince1970 / 3_600)
        try await fixture.database.write { database in
            for number in [hour, hour - 25, hour - 27] {
                try StorageUseRow.add(5, to: StorageAccount(app: AppName(trusted: "shop"), hour: number), database)
            }
        }
        _ = try await run(keep: nil)
        #expect(
            try await fixture.conversations.storageUse(since: 0).map(\.account.hour) == [hour - 25, hour])
    }

    @Test("no statement of a step walks through a table")
    func plans() async throws {
        for sql in [
            "SELECT id FROM conversation WHERE last_seq = 0 AND id < ? ORDER BY id LIMIT ?",
            "SELECT id FROM conversation WHERE id > ? AND id < ? ORDER BY id LIMIT 1",
            "DELETE FROM review WHERE conversation_id = ? AND status = 'open'",
            "UPDATE review SET message_id = NULL, conversation_id = NULL WHERE conversation_id = ?",
        ] {
            let plan = try fixture.database.lookUp { database in
                try Row.fetchAll(
                    database, sql: "EXPLAIN QUERY PLAN \(sql)",
                    arguments: StatementArguments(sql.filter { $0 == "?" }.map { _ in DatabaseValue.null })
                ).map { $0["detail"] as String }
            }
            let isEmptySearch = sql.contains("last_seq = 0")
            #expect(
                plan.contains {
                    $0.contains(isEmptySearch ? "conversation_empty" : "INDEX") || $0.contains("PRIMARY KEY")
                }, "\(plan)")
            #expect(!plan.contains { $0.hasPrefix("SCAN") }, "\(sql): \(plan)")
        }
    }

    private final class Order: Sendable {
        private let added = Mutex<[String]>([])
        var names: [String] { added.withLock { $0 } }
        func add(_ name: String) { added.withLock { $0.append(name) } }
    }

    @Test("a background change waits for others but is not starved by them")
    func background() async throws {
        let database = fixture.database
        let order = Order()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask { try await database.write { _ in order.add("turn \(number)") } }
            }
            group.addTask { try await database.writeInBackground { _ in order.add("background") } }
            try await group.waitForAll()
        }
        #expect(order.names.count { $0 == "background" } == 1)
        let failure = ChatError(.internal, "undone")
        await #expect(throws: failure) {
            try await database.writeInBackground { database in
                try database.execute(sql: "INSERT INTO app_storage (app, hour, bytes) VALUES ('a', 1, 1)")
                throw failure
            }
        }
        #expect(try count("app_storage") == 0)
    }
}
