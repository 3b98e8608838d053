import ConversationDomain
import Testing
import Wording

@testable import Inference
@testable import IntentModel
@testable import ModelLifecycle

@Suite("Which texts mean the same") struct SentenceNeighboursTests {
    /// Two sentences of one intent have half of their words in common, two of different ones none.
    private static let words = [
        "one", "three", "five", "six", "seven", "eight", "nine", "twelve", "thirteen", "fourteen", "sixteen",
    ]

    private struct Fixed: LiveContent {
        let snapshot: ContentSnapshot
        func current() -> ContentSnapshot { snapshot }
    }

    private let content = BotContent(
        intents: [("parcel", words.map { "parcel \($0)ed" }), ("greeting", words.map { "hello \($0)" })].map {
            Intent(
                name: IntentName(trusted: $0), examples: $1.map { Example(text: $0, locale: .english) })
        })
    private let encoder = FakeEncoder(dimension: 1024)
    private let queue = InferenceQueue()

    private func made() async throws -> (neighbours: SentenceNeighbours, indexer: LabelledIndexer) {
        let classifier = LiveClassifier(queue: queue)
        let version = try await IntentTrainer(queue: queue, cache: nil).train(content, encoder: encoder).model
        classifier.activate(try LiveClassifier.ActiveModel(version, encoder: encoder))
        let indexer = LabelledIndexer(queue: queue, cache: nil)
        let neighbours = SentenceNeighbours(
            classifier: classifier, content: Fixed(snapshot: ContentSnapshot(revision: 1, content: content)),
            indexer: indexer, embedder: LabelledIndexer(queue: queue, cache: nil))
        return (neighbours, indexer)
    }

    @Test(
        "texts are near as measured on the bot's own sentences; before that, and without time, only what is nearly equal is"
    )
    func near() async throws {
        let (neighbours, indexer) = try await made()
        let texts = ["ship to mars please", "Ship, to MARS!", "sing a song"]
        func nearness(_ time: Duration = .seconds(30)) async throws -> [Double?] {
            try await neighbours.nearness(of: texts, to: "ship to mars", locale: .english, within: time)
        }
        #expect(try await nearness(.zero) == [nil, nil, nil])
        // Measures too, as the first call has begun to do.
        #expect(try await nearness()[1] == 1)
        _ = try await indexer.thresholds(content, encoder: encoder)
        let found = try await nearness()
        #expect(abs((found[0] ?? 0) - 0.75.squareRoot()) < 1e-3 && found[1] == 1 && found[2] == nil)
    }

    @Test("what was encoded once is not encoded again; without a model nothing is near")
    func remembered() async throws {
        let (neighbours, indexer) = try await made()
        _ = try await indexer.thresholds(content, encoder: encoder)
        let texts = (0..<40).map { "text \($0)" }
        func ask() async throws {
            _ = try await neighbours.nearness(of: texts, to: "text 1", locale: .english, within: .seconds(30))
        }
        try await ask()
        let batches = encoder.batches.count
        try await ask()
        #expect(encoder.batches.count == batches)
        let empty = SentenceNeighbours(
            classifier: LiveClassifier(queue: queue),
            content: Fixed(snapshot: ContentSnapshot(revision: 1, content: content)), indexer: indexer,
            embedder: indexer)
        #expect(
            try await empty.nearness(of: texts, to: "text 1", locale: .english, within: .seconds(1))
                == texts.map { _ in nil })
    }
}
