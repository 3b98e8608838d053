import BERT
import ConversationDomain
import Entities
public import Inference
public import IntentModel
import LinearModels
public import Measures
public import ModelRecords

/// Measures a ``LearningCurve``: trains heads on growing shares of the examples, each on the same unseen sentences.
///
/// Only the head learns, on the embeddings of the encoder that is given; a fine-tuned encoder has seen all examples and
/// would flatter the small shares.
public struct LearningCurveRun: Sendable {
    /// The shares, each twice or so the one before.
    static let shares = [0.125, 0.25, 0.5, 0.75, 1]
    /// Up to this many examples all five folds are measured, above it only the first: its fifth is plenty then.
    static let allFoldsLimit = 5_000
    static let folds = 5

    private let queue: InferenceQueue
    private let cache: (any ModelStore)?
    private let options: TrainingOptions
    private let budget: Duration
    private let now: @Sendable () -> ContinuousClock.Instant

    /// - Parameters:
    ///   - cache: where embeddings are kept.
    ///   - budget: how long training may take in all; what is not done by then is left out.
    public init(
        queue: InferenceQueue, cache: (any ModelStore)?, options: TrainingOptions = TrainingOptions(),
        budget: Duration = .seconds(120),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.queue = queue
        self.cache = cache
        self.options = options
        self.budget = budget
        self.now = now
    }

    /// One part of the examples that is trained on, and the sentences that are judged then.
    private struct Round: Sendable {
        let training: [Int]
        let tests: FeatureMatrix
        let truths: [IntentName]
    }

    /// - Parameters:
    ///   - given: what the bot learns from.
    ///   - tests: other sentences to measure on; nil for cross-validation.
    ///   - progress: heads trained, of all.
    /// - Throws: `ChatError(.invalidRequest)` when the examples are not enough to learn from, `CancellationError`.
    public func run(
        _ given: [LabelledText], tests: [LabelledText]?, encoder: any SentenceEncoder,
        progress: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
    ) async throws -> LearningCurve {
        let set = try TrainingSet(given, options: options)
        let embeddings = try await embed(set.examples, with: encoder)
        let rounds: [Round]
        if let tests, !tests.isEmpty {
            rounds = [
                Round(
                    training: Array(set.examples.indices), tests: try await embed(tests, with: encoder),
                    truths: tests.map(\.intent))
            ]
        } else {
            rounds = Self.folds(of: set, embeddings, options: options)
        }
        let deadline = now() + budget
        var results: [LearningCurve.Result] = []
        for (index, share) in Self.shares.enumerated() {
            progress(index, Self.shares.count)
            guard
                let result = try await measure(
                    share, rounds, of: set, embeddings, scaling: encoder.featureScaling, deadline: deadline)
            else { break }
            results.append(result)
        }
        progress(Self.shares.count, Self.shares.count)
        return LearningCurve(results, isComplete: results.count == Self.shares.count)
    }

    private func embed(_ samples: [LabelledText], with encoder: any SentenceEncoder) async throws -> FeatureMatrix {
        let embedder = CachedEmbedder(encoder: encoder, queue: queue, cache: cache)
        let rows = try await embedder.embed(samples.map { MaskedText.masking($0.text) }, as: .query)
        guard let matrix = FeatureMatrix(rows) else {
            throw ChatError(.internal, "the encoder's embeddings differ in length")
        }
        return matrix
    }

    private static func folds(of set: TrainingSet, _ embeddings: FeatureMatrix, options: TrainingOptions) -> [Round] {
        let split = set.folds(folds, seed: options.seed)
        let used = set.examples.count > allFoldsLimit ? 1 : folds
        return (0..<used).compactMap { fold in
            let testing = split.testing(fold)
            guard !testing.isEmpty else { return nil }
            return Round(
                training: split.training(fold), tests: embeddings.selecting(testing),
                truths: testing.map { set.labels[set.classes[$0]] })
        }
    }

    /// All rounds with one share; nil when the time ran out.
    private func measure(
        _ share: Double, _ rounds: [Round], of set: TrainingSet, _ embeddings: FeatureMatrix,
        scaling: ModelManifest.FeatureScaling, deadline: ContinuousClock.Instant
    ) async throws -> LearningCurve.Result? {
        var isRight: [Bool] = []
        var examples = 0
        for start in stride(from: 0, to: rounds.count, by: max(1, options.threads)) {
            let part = rounds[start..<min(start + max(1, options.threads), rounds.count)]
            let measured = try await withThrowingTaskGroup(of: (Int, Int, [Bool]?).self) { group in
                for (index, round) in part.enumerated() {
                    let training = Self.subset(of: round.training, share: share, set: set, seed: options.seed)
                    group.addTask {
                        (
                            index, training.count { !set.hints.contains($0) },
                            try await judge(round, training, of: set, embeddings, scaling: scaling, deadline: deadline)
                        )
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }
            }
            for (_, count, right) in measured {
                guard let right else { return nil }
                isRight += right
                examples += count
            }
        }
        return LearningCurve.Result(
            share: share, examples: examples / max(1, rounds.count), truths: rounds.flatMap(\.truths), isRight: isRight)
    }

    /// Trains a head and judges the round's sentences; nil when the time ran out.
    private func judge(
        _ round: Round, _ training: [Int], of set: TrainingSet, _ embeddings: FeatureMatrix,
        scaling: ModelManifest.FeatureScaling, deadline: ContinuousClock.Instant
    ) async throws -> [Bool]? {
        let (options, now) = (options, now)
        return try await DedicatedThread.run("learning-curve") { cancellation in
            do {
                let classifier = try set.classifier(
                    training, embeddings: embeddings, scaling: scaling, options: options, isTuned: false,
                    isCancelled: { cancellation.isCancelled || now() >= deadline })
                return round.truths.indices.map { index in
                    let logits = classifier.logits(of: Array(round.tests.row(index)))
                    let best = logits.indices.max { (logits[$0], $1) < (logits[$1], $0) }
                    return best.map { set.labels[$0] } == round.truths[index]
                }
            } catch is CancellationError {
                try cancellation.check()
                return nil
            }
        }
    }

    /// The share of every class, at least one example of each, and all hints; a larger share holds the smaller.
    static func subset(of training: [Int], share: Double, set: TrainingSet, seed: UInt64) -> [Int] {
        var generator = SeededGenerator(seed: seed)
        let said = training.filter { !set.hints.contains($0) }
        let chosen = Dictionary(grouping: said, by: { set.classes[$0] }).sorted { $0.key < $1.key }
            .flatMap { _, members in
                let count = max(1, Int((share * Double(members.count)).rounded()))
                return members.shuffled(using: &generator).prefix(count)
            }
        return (chosen + training.filter(set.hints.contains)).sorted()
    }
}
