import ConversationDomain
import Foundation
import ModelRecords
import Synchronization
import Testing

@testable import Inference
@testable import IntentModel
@testable import ModelLifecycle
@testable import Wording

/// Keeps disagreements in memory and tells of each.
private final class MemoryShadowStore: ShadowStore {
    private let kept = Mutex<[Disagreement]>([])
    private let announce: AsyncStream<Disagreement>.Continuation
    let recorded: AsyncStream<Disagreement>

    init() { (recorded, announce) = AsyncStream.makeStream() }

    func shadow() -> ModelVersionID? { nil }
    func setShadow(_ id: ModelVersionID?, at: Date) {}
    func record(_ disagreement: Disagreement) {
        kept.withLock { $0.append(disagreement) }
        announce.yield(disagreement)
    }
    func disagreements(limit: Int) -> [Disagreement] { kept.withLock { $0.suffix(limit).reversed() } }
    func disagreementCount() -> Int { kept.withLock { $0.count } }
}

@Suite("A shadow model", .timeLimit(.minutes(1)))
struct ShadowRunnerTests {
    private static let greetings = ("greeting", ["hello", "hello there", "hello friend", "hello you"])
    private static let parcels = (
        "parcel", ["where is my parcel", "track my parcel", "parcel status", "parcel please"]
    )
    private static let money = ("refund", ["money back", "refund my money", "give money back", "my money back please"])

    private static func content(_ intents: [(String, [String])], labels: [(String, String)] = []) -> BotContent {
        BotContent(
            intents: intents.map { name, texts in
                Intent(
                    name: IntentName(trusted: name),
                    examples: texts.map { Example(text: $0, locale: .english) }
                        + labels.filter { $0.0 == name }.map {
                            Example(text: $0.1, locale: .english, origin: .review)
                        })
            })
    }

    private static func model(_ content: BotContent, _ encoder: FakeEncoder) async throws -> LiveClassifier.ActiveModel
    {
        let model = try await IntentTrainer(queue: InferenceQueue(), cache: nil).train(content, encoder: encoder).model
        return try LiveClassifier.ActiveModel(model, encoder: encoder)
    }

    private let ids = IdentifierGenerator()
    private let store = MemoryShadowStore()
    private let classifier = LiveClassifier(queue: InferenceQueue())

    private func runner(waiting: Int = 256) -> ShadowRunner {
        var parts = ShadowRunner.Parts(store: store, classifier: classifier, cache: nil)
        parts.waitingTurns = waiting
        return ShadowRunner(parts)
    }

    /// A committed turn, as the engine tells of it.
    @discardableResult
    private func say(_ text: String, to runner: ShadowRunner) async throws -> (Turn, MessageUnderstanding) {
        let understanding = try #require(try await classifier.understand([text]).first)
        let message = Message(
            id: ids.next(), seq: 1, from: .visitor, text: text, createdAt: Date(timeIntervalSince1970: 1_780_000_000))
        let turn = Turn(
            id: ids.next(), conversation: ids.next(), message: message, replies: [], decision: nil, status: .bot,
            clientMessageID: nil)
        runner.turnCommitted(turn, understanding: understanding)
        return (turn, understanding)
    }

    private static let all = content([greetings, parcels, money])
    private static let fewer = content([greetings, parcels])

    @Test("what the shadow would act on otherwise is kept, what it agrees on is only counted")
    func disagreement() async throws {
        let encoder = FakeEncoder()
        let (active, candidate) = (
            try await Self.model(Self.all, encoder), try await Self.model(Self.fewer, encoder)
        )
        classifier.activate(active)
        let runner = runner()
        try await say("hello", to: runner)
        try await runner.start(candidate, content: ContentSnapshot(revision: 1, content: Self.fewer))
        let texts = encoder.batches.joined().count
        async let _: Void = runner.run()
        try await say("hello there", to: runner)
        let (turn, understanding) = try await say("money back", to: runner)
        var recorded = store.recorded.makeAsyncIterator()
        let kept = try #require(await recorded.next())
        #expect(kept.message == turn.message.id && kept.text == "money back" && kept.at == turn.message.createdAt)
        #expect(
            kept.active == VersionedDecision(model: active.id, decision: understanding.version)
                && kept.active.decision.understood?.rawValue == "refund")
        #expect(kept.shadow.model == candidate.id && kept.shadow.decision.understood?.rawValue != "refund")
        // Versions of one encoder share the pass: only the two messages were encoded, each once.
        #expect(encoder.batches.joined().count == texts + 2)
        runner.stop()
        try await say("money back please", to: runner)
        #expect(store.disagreementCount() == 1)
        #expect(runner.metrics == ShadowMetrics(turns: 2, disagreements: 1, dropped: 0, failed: 0))
    }

    @Test("a shadow of another encoder encodes on a thread that every other goes before")
    func background() async throws {
        let (niceness, tell) = AsyncStream.makeStream(of: Int32.self)
        let other = FakeEncoder(weightsHash: String(repeating: "1", count: 64)) { texts in
            if texts == ["money back"] { tell.yield(getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)) }
        }
        let candidate = try await Self.model(Self.fewer, other)
        classifier.activate(try await Self.model(Self.all, FakeEncoder()))
        let runner = runner()
        try await runner.start(candidate, content: ContentSnapshot(revision: 1, content: Self.fewer))
        async let _: Void = runner.run()
        try await say("money back", to: runner)
        var values = niceness.makeAsyncIterator()
        #expect(await values.next() == 19)
        var recorded = store.recorded.makeAsyncIterator()
        #expect(await recorded.next()?.shadow.model == candidate.id)
    }

    @Test("when too many turns wait, the newest are dropped and counted; nobody waits for a shadow")
    func dropped() async throws {
        let encoder = FakeEncoder()
        classifier.activate(try await Self.model(Self.all, encoder))
        let runner = runner(waiting: 2)
        try await runner.start(
            try await Self.model(Self.fewer, encoder), content: ContentSnapshot(revision: 1, content: Self.fewer))
        // Nothing is judged yet.
        for _ in 0..<5 { try await say("money back", to: runner) }
        #expect(runner.metrics == ShadowMetrics(turns: 0, disagreements: 0, dropped: 3, failed: 0))
        async let _: Void = runner.run()
        var recorded = store.recorded.makeAsyncIterator()
        for _ in 0..<2 { #expect(await recorded.next() != nil) }
        #expect(store.disagreementCount() == 2)
    }

    @Test("people's labels decide beside the shadow too, so that they are no disagreement")
    func labels() async throws {
        let encoder = FakeEncoder()
        let labelled = Self.content([Self.greetings, Self.parcels, Self.money], labels: [("refund", "xyzzy")])
        let index = try await LabelledIndexer(queue: InferenceQueue(), cache: nil).index(labelled, encoder: encoder)
        classifier.activate(try await Self.model(Self.all, encoder), labels: index)
        let runner = runner()
        try await runner.start(
            try await Self.model(Self.fewer, encoder), content: ContentSnapshot(revision: 7, content: labelled))
        #expect(runner.current?.revision == 7)
        async let _: Void = runner.run()
        let (_, understanding) = try await say("xyzzy", to: runner)
        #expect(understanding.labelled?.intent.rawValue == "refund")
        try await say("money back", to: runner)
        var recorded = store.recorded.makeAsyncIterator()
        #expect(await recorded.next()?.text == "money back")
        #expect(store.disagreementCount() == 1)
    }
}

extension ShadowMetrics {
    fileprivate init(turns: Int, disagreements: Int, dropped: Int, failed: Int) {
        self.init()
        self.turns = turns
        self.disagreements = disagreements
        self.dropped = dropped
        self.failed = failed
    }
}
