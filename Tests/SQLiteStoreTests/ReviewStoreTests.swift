import ConversationDomain
import Foundation
import ModelRecords
import Testing

@testable import SQLiteStore

@Suite("The review queue") struct ReviewStoreTests {
    let fixture: StoreFixture
    let store: SQLiteReviewStore
    private static let later = StoreFixture.time.addingTimeInterval(60)
    private static let status = IntentName(trusted: "order.status")

    init() throws {
        fixture = try StoreFixture()
        store = SQLiteReviewStore(fixture.database)
    }

    private func filing(_ text: String, _ reason: ReviewReason = .rejected) -> ReviewFiling {
        ReviewFiling(reason: reason, text: text, locale: .english)
    }

    private func filed(_ texts: String...) async throws -> [ReviewItem] {
        for (index, text) in texts.enumerated() {
            // Identifiers sort by time.
            let time = StoreFixture.time.addingTimeInterval(Double(index))
            let store = SQLiteReviewStore(fixture.database, ids: IdentifierGenerator(now: { time }))
            _ = try await store.file(filing(text), at: time)
        }
        return try await store.items(.open, limit: 100)
    }

    @Test("a turn that qualifies puts its message into the queue in its own transaction, with all that is known of it")
    func turn() async throws {
        let conversation = try await fixture.conversation()
        let plain = try StoreFixture.commit("你们发货到火星吗", to: conversation)
        let commit = TurnCommit(
            stored: plain.stored, conversation: plain.conversation, previousSeq: plain.previousSeq, state: plain.state,
            reviewReason: .lowConfidence)
        try await fixture.conversations.commit(commit)
        let item = try #require(try await store.items(.open, limit: 10).first)
        let turn = commit.stored.turn
        #expect(
            item
                == ReviewItem(
                    id: item.id, text: "你们发货到火星吗", locale: .chinese, reasons: [.lowConfidence], intent: Self.status,
                    confidence: 0.5, message: turn.message.id, conversation: conversation.id,
                    createdAt: StoreFixture.time, lastSeenAt: StoreFixture.time))
        // Refused, so nothing is filed either.
        await #expect(throws: ChatError.self) { try await fixture.conversations.commit(commit) }
        #expect(try await store.items(.open, limit: 10) == [item])
    }

    @Test("a turn that does not qualify leaves the queue alone")
    func plainTurn() async throws {
        let commit = try StoreFixture.commit("hi", to: try await fixture.conversation())
        try await fixture.conversations.commit(commit)
        #expect(try await store.count(.open) == 0)
    }

    @Test("a reply that is rated down brings the message that it answered, once for each message")
    func ratedDown() async throws {
        let conversation = try await fixture.conversation()
        let commit = try StoreFixture.commit("where is it", to: conversation)
        try await fixture.conversations.commit(commit)
        let reply = commit.stored.turn.replies[0].id
        func rate(_ rating: Feedback.Rating) async throws {
            let feedback = Feedback(conversation: conversation.id, message: reply, rating: rating, comment: nil)
            #expect(try await fixture.conversations.record(feedback, at: Self.later))
        }
        try await rate(.up)
        #expect(try await store.count(.open) == 0)
        try await rate(.down)
        try await rate(.down)
        let item = try #require(try await store.items(.open, limit: 10).first)
        #expect([item.text, item.message?.rawValue] == ["where is it", commit.stored.turn.message.id.rawValue])
        #expect(item.reasons == [.ratedDown])
        #expect(item.count == 1)
    }

    @Test("texts that differ in case and punctuation only are one item, counted, with all its reasons")
    func duplicates() async throws {
        let first = try await store.file(filing("Ship to Mars?"), at: StoreFixture.time)
        let second = try await store.file(filing("  ship to mars!!", .disagreement), at: Self.later)
        #expect(first == second)
        let items = try await store.items(.open, limit: 10)
        #expect(items.map(\.text) == ["Ship to Mars?"])
        #expect(items.map(\.count) == [2])
        #expect(items.map(\.reasons) == [[.rejected, .disagreement]])
        #expect(items.map(\.createdAt) == [StoreFixture.time])
        #expect(items.map(\.lastSeenAt) == [Self.later])
    }

    @Test("beyond the bound the oldest open items give way")
    func bound() async throws {
        for number in 0..<5 {
            let time = StoreFixture.time.addingTimeInterval(Double(number))
            let store = SQLiteReviewStore(fixture.database, ids: IdentifierGenerator(now: { time }), openLimit: 3)
            _ = try await store.file(filing("text \(number)"), at: time)
        }
        #expect(try await store.items(.open, limit: 10).map(\.text) == ["text 2", "text 3", "text 4"])
    }

    @Test("a flood of texts that were said once gives way before what people said over days, rated, or said again")
    func flood() async throws {
        let hour = 3_600.0
        func file(_ text: String, _ reason: ReviewReason = .rejected, after seconds: Double) async throws {
            let time = StoreFixture.time.addingTimeInterval(seconds)
            let store = SQLiteReviewStore(fixture.database, ids: IdentifierGenerator(now: { time }), openLimit: 40)
            _ = try await store.file(filing(text, reason), at: time)
        }
        var real: Set<String> = []
        for number in 0..<12 {
            real.insert("quiet \(number)")
            try await file("quiet \(number)", after: Double(number) * hour)
        }
        try await file("rated", .ratedDown, after: 20 * hour)
        for number in 0..<400 { try await file("flood \(number)", after: 20 * hour + Double(number) / 10) }
        let kept = Set(try await store.items(.open, limit: 1_000).map(\.text))
        #expect(kept.isSuperset(of: real.union(["rated"])))
        #expect(kept.count == 40)
    }

    @Test("a label makes examples of known origin, changes the revision, and is remembered with who decided")
    func label() async throws {
        _ = try await fixture.contents.apply(
            BotContent(intents: [Intent(name: Self.status, description: "Where", examples: [])]), replacing: false,
            dryRun: false, progress: { _, _ in })
        let revision = try await fixture.contents.revision()
        let items = try await filed("has it left", "is it on its way")
        let decided = try await store.decide(
            ReviewDecision(items: items, label: .intent(Self.status), by: "key_1", at: Self.later))
        #expect(decided == items.map(\.id))
        let stored = try await fixture.contents.content()
        #expect(stored.revision == revision + 1)
        #expect(
            stored.content.intents == [
                Intent(
                    name: Self.status, description: "Where",
                    examples: [
                        Example(text: "has it left", locale: .english, origin: .review),
                        Example(text: "is it on its way", locale: .english, origin: .review),
                    ])
            ])
        let labelled = try await store.items(.labelled, limit: 10)
        #expect(labelled.map(\.label) == [.intent(Self.status), .intent(Self.status)])
        #expect(labelled.map(\.decidedBy) == ["key_1", "key_1"])
        #expect(labelled.map(\.decidedAt) == [Self.later, Self.later])
        #expect(try await store.count(.open) == 0)
    }

    @Test("a new intent is made, what must be rejected becomes an out-of-scope example")
    func newIntentAndOutOfScope() async throws {
        let items = try await filed("do you ship to mars", "sing a song")
        let name = IntentName(trusted: "delivery.mars")
        let at = Self.later
        _ = try await store.decide(
            ReviewDecision(items: [items[0]], label: .newIntent(name, description: "Mars"), by: "cli", at: at))
        _ = try await store.decide(ReviewDecision(items: [items[1]], label: .outOfScope, by: "cli", at: at))
        let intents = try await fixture.contents.content().content.intents
        #expect(intents.map(\.name) == [name, .outOfScope])
        #expect(intents.map(\.description) == ["Mars", ""])
        #expect(intents.map { $0.examples.map(\.text) } == [["do you ship to mars"], ["sing a song"]])
        await #expect(throws: ChatError(.conflict, "there is an intent delivery.mars already")) {
            let item = try await filed("mars again")
            _ = try await store.decide(
                ReviewDecision(items: item, label: .newIntent(name, description: ""), by: "cli", at: at))
        }
    }

    @Test("a knowledge entry gets the text as a question of known origin, and dismissing takes it back")
    func knowledge() async throws {
        let id = KnowledgeID(trusted: "mars")
        func entry(_ questions: [String], _ reviewed: [String]) -> KnowledgeEntry {
            KnowledgeEntry(id: id, locale: .english, questions: questions, reviewed: reviewed, answer: "No.")
        }
        _ = try await fixture.contents.apply(
            BotContent(knowledge: [entry(["Mars?"], [])]), replacing: false, dryRun: false, progress: { _, _ in })
        let items = try await filed("ship to mars")
        _ = try await store.decide(ReviewDecision(items: items, label: .knowledge(id), by: "cli", at: Self.later))
        let labelled = entry(["Mars?", "ship to mars"], ["ship to mars"])
        #expect(try await fixture.contents.content().content.knowledge == [labelled])
        _ = try await store.decide(
            ReviewDecision(items: try await store.items(.labelled, limit: 1), label: nil, by: "cli", at: Self.later))
        #expect(try await fixture.contents.content().content.knowledge == [entry(["Mars?"], [])])
        #expect(try await store.items(.dismissed, limit: 10).map(\.text) == ["ship to mars"])
    }

    @Test("a second decision takes the first one's example back")
    func relabel() async throws {
        let (one, two) = (IntentName(trusted: "one"), IntentName(trusted: "two"))
        _ = try await store.decide(
            ReviewDecision(
                items: try await filed("text"), label: .newIntent(one, description: ""), by: "cli", at: Self.later))
        _ = try await store.decide(
            ReviewDecision(
                items: try await store.items(.labelled, limit: 1), label: .newIntent(two, description: ""), by: "cli",
                at: Self.later))
        let intents = try await fixture.contents.content().content.intents
        #expect(intents.map { [$0.name.rawValue] + $0.examples.map(\.text) } == [["one"], ["two", "text"]])
    }

    @Test("of two people who decide on one item the second changes nothing")
    func race() async throws {
        let items = try await filed("text")
        let name = IntentName(trusted: "one")
        #expect(
            try await store.decide(
                ReviewDecision(items: items, label: .newIntent(name, description: ""), by: "a", at: Self.later))
                == items.map(\.id))
        #expect(
            try await store.decide(ReviewDecision(items: items, label: nil, by: "b", at: Self.later)) == [])
        #expect(try await store.items(.labelled, limit: 10).map(\.decidedBy) == ["a"])
    }

    @Test("a decided text stays decided when it is said again, but an agent who contradicts opens it")
    func reopening() async throws {
        let items = try await filed("text")
        _ = try await store.decide(ReviewDecision(items: items, label: .outOfScope, by: "cli", at: Self.later))
        _ = try await store.file(filing("text"), at: Self.later)
        #expect(try await store.items(.labelled, limit: 10).map(\.count) == [2])
        var correction = filing("text", .corrected)
        correction.suggestion = Self.status
        _ = try await store.file(correction, at: Self.later)
        let open = try await store.items(.open, limit: 10)
        #expect(open.map(\.suggestion) == [Self.status])
        // The earlier label is taken back by the next decision.
        _ = try await store.decide(
            ReviewDecision(items: open, label: .newIntent(Self.status, description: ""), by: "cli", at: Self.later))
        let intents = try await fixture.contents.content().content.intents
        #expect(
            intents.map { [$0.name.rawValue] + $0.examples.map(\.text) } == [
                ["order.status", "text"], ["out_of_scope"],
            ])
    }

    @Test("a correction names any message of a turn; a pressed button and an unknown message bring nothing")
    func correction() async throws {
        let conversation = try await fixture.conversation()
        let commit = try StoreFixture.commit("where is it", to: conversation)
        try await fixture.conversations.commit(commit)
        let turn = commit.stored.turn
        let byReply = try await store.file(
            .corrected, message: turn.replies[0].id, suggestion: Self.status, at: Self.later)
        let byMessage = try await store.file(.corrected, message: turn.message.id, suggestion: nil, at: Self.later)
        #expect(byReply != nil && byReply == byMessage)
        let items = try await store.items(.open, limit: 10)
        #expect(items.map(\.suggestion) == [Self.status])
        #expect(items.map(\.count) == [1])
        #expect(
            try await store.file(.corrected, message: StoreFixture.ids.next(), suggestion: nil, at: Self.later) == nil)
    }

    @Test("an import keeps what was labelled, unless it replaces everything")
    func imports() async throws {
        let written = Example(text: "where is it", locale: .english)
        let owners = BotContent(intents: [Intent(name: Self.status, description: "Where", examples: [written])])
        func importing(replacing: Bool) async throws -> [Example] {
            _ = try await fixture.contents.apply(owners, replacing: replacing, dryRun: false, progress: { _, _ in })
            return try await fixture.contents.content().content.intents.flatMap(\.examples)
        }
        _ = try await importing(replacing: false)
        _ = try await store.decide(
            ReviewDecision(
                items: try await filed("has it left"), label: .intent(Self.status), by: "cli", at: Self.later))
        let labelled = Example(text: "has it left", locale: .english, origin: .review)
        #expect(try await importing(replacing: false) == [written, labelled])
        #expect(try await importing(replacing: true) == [written])
    }
}
