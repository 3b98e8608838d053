import ConversationDomain
import Foundation
import GRDB
import ModelRecords
import SQLiteModels
import Testing

@testable import SQLiteStore

@Suite("The shadow and its disagreements") struct ShadowStoreTests {
    let fixture: StoreFixture
    let store: SQLiteShadowStore
    private let active: ModelVersion
    private let candidate: ModelVersion

    init() async throws {
        fixture = try StoreFixture()
        store = SQLiteShadowStore(fixture.database)
        (active, candidate) = (Self.version(), Self.version())
        for version in [active, candidate] { try await fixture.models.add(version) }
        try await fixture.models.activate(active.id, at: StoreFixture.time)
    }

    private static func version() -> ModelVersion {
        ModelVersion(
            id: StoreFixture.ids.next(), createdAt: StoreFixture.time, encoder: "multilingual-e5-small",
            encoderHash: "ab", dataHash: "cd", labels: [.outOfScope],
            metrics: ModelMetrics(
                examples: 2, accuracy: 0.5, coverage: 1, precision: 0.5, outOfScopeRecall: nil, calibrationError: 0.1,
                seconds: 1),
            head: Data([1]))
    }

    /// Stored turns with these messages, and the shadow's disagreement on each.
    private func disagreements(_ texts: [String]) async throws -> [Disagreement] {
        var conversation = try await fixture.conversation()
        var result: [Disagreement] = []
        for text in texts {
            let commit = try StoreFixture.commit(text, to: conversation)
            try await fixture.conversations.commit(commit)
            conversation = commit.conversation
            let message = commit.stored.turn.message
            result.append(
                Disagreement(
                    message: message.id, conversation: conversation.id, text: text,
                    active: decision(active, "order.status", true), shadow: decision(candidate, "refund", true),
                    at: message.createdAt))
        }
        return result
    }

    private func decision(_ version: ModelVersion, _ intent: String, _ accepted: Bool) -> VersionedDecision {
        VersionedDecision(
            model: version.id,
            decision: VersionDecision(
                best: IntentScore(intent: IntentName(trusted: intent), confidence: 0.625), isAccepted: accepted))
    }

    @Test("one version at most is tried; it ends when it goes live, and an unknown one changes nothing")
    func shadow() async throws {
        #expect(try await store.shadow() == nil)
        try await store.setShadow(candidate.id, at: StoreFixture.time)
        await #expect(throws: ChatError.self) {
            try await store.setShadow(StoreFixture.ids.next(), at: StoreFixture.time)
        }
        #expect(try await store.shadow() == candidate.id)
        #expect(try await fixture.models.previousID() == nil)
        try await fixture.models.activate(candidate.id, at: StoreFixture.time)
        #expect(try await store.shadow() == nil)
        #expect(try await fixture.models.previousID() == active.id)
        try await store.setShadow(active.id, at: StoreFixture.time)
        try await store.setShadow(nil, at: StoreFixture.time)
        #expect(try await store.shadow() == nil)
    }

    @Test(
        "a disagreement comes back whole, the newest first, and lies in the review queue with the shadow's suggestion")
    func record() async throws {
        let disagreements = try await disagreements(["钱什么时候退", "where is my money"])
        for one in disagreements { try await store.record(one) }
        try await store.record(disagreements[1])
        #expect(try await store.disagreements(limit: 10) == disagreements.reversed())
        #expect(try await store.disagreements(limit: 1) == [disagreements[1]])
        #expect(try await store.disagreementCount() == 2)
        let items = try await SQLiteReviewStore(fixture.database).items(.open, limit: 10)
        #expect(items.map(\.text) == ["钱什么时候退", "where is my money"])
        #expect(items.map(\.reasons) == [[.disagreement], [.disagreement]])
        #expect(items.map(\.suggestion?.rawValue) == ["refund", "refund"])
        #expect(items.map(\.message) == disagreements.map(\.message))
    }

    @Test("only the newest are kept, and none of a message that was deleted")
    func bounds() async throws {
        let bounded = SQLiteShadowStore(fixture.database, limit: 2)
        let disagreements = try await disagreements(["one", "two", "three"])
        for one in disagreements { try await bounded.record(one) }
        #expect(try await bounded.disagreements(limit: 10).map(\.text) == ["three", "two"])
        try await fixture.database.pool.write { database in
            try database.execute(
                sql: "DELETE FROM conversation WHERE id = ?", arguments: [disagreements[0].conversation.rawValue])
        }
        #expect(try await bounded.disagreementCount() == 0)
    }

    @Test("what visitors wrote is read over all conversations, the newest first, without buttons")
    func recent() async throws {
        let utterances = RecentUtterances(fixture.database)
        #expect(try await utterances.texts(limit: 10).isEmpty)
        _ = try await disagreements(["first", "second"])
        _ = try await disagreements(["third"])
        let conversation = try await fixture.conversation()
        let plain = try StoreFixture.commit("Pressed", to: conversation)
        let pressed = StoredTurn(
            turn: plain.stored.turn, content: .button(intent: .agentRequest, slots: [:]), body: plain.stored.body)
        try await fixture.conversations.commit(
            TurnCommit(
                stored: pressed, conversation: plain.conversation, previousSeq: plain.previousSeq, state: plain.state))
        #expect(try await utterances.texts(limit: 10) == ["third", "second", "first"])
        #expect(try await utterances.texts(limit: 2) == ["third", "second"])
    }
}
