import BERT
public import ConversationDomain
import Entities
public import Foundation
public import Inference
import LinearModels
public import Measures
public import ModelRecords
import Synchronization
import TensorFiles

/// A trained model version with what was measured on the way.
public struct TrainingResult: Sendable {
    public let model: ModelVersion
    /// Cross-validated: every example was judged by a head and thresholds that had not seen it.
    public let report: EvaluationReport
    public let warnings: [TrainingWarning]
}

/// Trains the head of a model version on the examples of the bot's owner.
public struct IntentTrainer: Sendable {
    public let queue: InferenceQueue
    let cache: (any ModelStore)?
    package let options: TrainingOptions
    private let ids: IdentifierGenerator
    private let now: @Sendable () -> Date

    /// - Parameters:
    ///   - queue: what encodes the examples.
    ///   - cache: where embeddings are kept, so that training again after a small change takes seconds.
    ///   - ids: makes the version's identifier.
    public init(
        queue: InferenceQueue, cache: (any ModelStore)?, options: TrainingOptions = TrainingOptions(),
        ids: IdentifierGenerator = IdentifierGenerator(), now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.queue = queue
        self.cache = cache
        var options = options
        options.folds = min(max(options.folds, 2), 20)
        self.options = options
        self.ids = ids
        self.now = now
    }

    /// Trains on all examples of `content`.
    public func train(
        _ content: BotContent, encoder: any SentenceEncoder,
        progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
    ) async throws -> TrainingResult {
        let result = try await train(LabelledText.examples(of: content), encoder: encoder, progress: progress)
        let lesson = EntityLesson(content, seed: options.seed)
        return try await adding(lesson, to: result, encoder: encoder, progress: progress)
    }

    /// A version for a bot of entries alone: its head has nothing to tell apart, the ranking finds what is asked for.
    public func withoutIntents(encoder: any SentenceEncoder) -> TrainingResult {
        let report = EvaluationReport([])
        let head = IntentHead(
            labels: [.outOfScope],
            classifier: LinearClassifier(
                classes: 1, dimension: encoder.dimension, transform: .scale(FeatureTransform.unitFactor),
                weights: [Float](repeating: 0, count: encoder.dimension), bias: [0]),
            calibration: .unmeasured(labels: 1), margin: options.margin)
        return TrainingResult(
            model: ModelVersion(
                id: ids.next(), createdAt: now(), encoder: encoder.name, encoderHash: encoder.weightsHash,
                dataHash: Fingerprint().hex, labels: [.outOfScope],
                metrics: report.metrics(examples: 0, seconds: 0), head: head.archived()),
            report: report, warnings: [])
    }

    /// Embeds, cross-validates, calibrates and fits. The version is neither stored nor activated.
    /// - Throws: `ChatError(.invalidRequest)` when the examples are not enough to learn from, `CancellationError`.
    public func train(
        _ given: [LabelledText], encoder: any SentenceEncoder,
        progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
    ) async throws -> TrainingResult {
        let started = ContinuousClock.now
        let set = try TrainingSet(given, options: options)
        let validated = try await validate(set, encoder: encoder, progress: progress)
        return try await finish(set, validated, encoder: encoder, started: started, progress: progress)
    }

    /// Fits the head on all examples and judges it by predictions that it has no part in.
    /// - Parameter isTuned: whether the encoder was trained for these examples.
    func finish(
        _ set: TrainingSet, _ validated: CrossValidation, encoder: any SentenceEncoder, isTuned: Bool = false,
        started: ContinuousClock.Instant, progress: @escaping @Sendable (TrainingProgress) -> Void
    ) async throws -> TrainingResult {
        let (options, scaling) = (options, encoder.featureScaling)
        let classifier = try await DedicatedThread.run("training") { cancellation in
            try set.classifier(
                Array(set.classes.indices), embeddings: validated.embeddings, scaling: scaling, options: options,
                isTuned: isTuned, isCancelled: { cancellation.isCancelled }, observe: { progress(.fit($0)) })
        }
        progress(.fitting(done: options.folds + 1, total: options.folds + 1))
        let calibration = validated.calibration(of: set, options: options)
        let head = IntentHead(
            labels: set.labels, classifier: classifier,
            calibration: calibration ?? .unmeasured(labels: set.labels.count), margin: options.margin)
        let report = EvaluationReport(validated.outcomes(of: set, options: options))
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        let model = ModelVersion(
            id: ids.next(), createdAt: now(), encoder: encoder.name, encoderHash: encoder.weightsHash,
            dataHash: set.dataHash, labels: set.labels,
            metrics: report.metrics(examples: set.said, seconds: seconds), head: head.archived())
        return TrainingResult(
            model: model, report: report, warnings: set.warnings + (calibration == nil ? [.notCalibrated] : []))
    }

    /// Measures on the examples alone, without making a model version.
    public func crossValidate(
        _ given: [LabelledText], encoder: any SentenceEncoder,
        progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
    ) async throws -> EvaluationReport {
        EvaluationReport(try await crossValidatedOutcomes(of: given, encoder: encoder, progress: progress))
    }

    /// What heads say about each example that they had not seen.
    public func crossValidatedOutcomes(
        of given: [LabelledText], encoder: any SentenceEncoder,
        progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
    ) async throws -> [EvaluationReport.Outcome] {
        let set = try TrainingSet(given, options: options)
        return try await validate(set, encoder: encoder, progress: progress).outcomes(of: set, options: options)
    }

    private func validate(
        _ set: TrainingSet, encoder: any SentenceEncoder, progress: @escaping @Sendable (TrainingProgress) -> Void
    ) async throws -> CrossValidation {
        let embedder = CachedEmbedder(encoder: encoder, queue: queue, cache: cache)
        let embeddings = try await embedder.embed(set.examples.map { MaskedText.masking($0.text) }, as: .query) {
            progress(.embedding(done: $0, total: $1))
        }
        guard let matrix = FeatureMatrix(embeddings) else {
            throw ChatError(.internal, "the encoder's embeddings differ in length")
        }
        let total = options.folds + 1
        let done = Mutex(0)
        progress(.fitting(done: 0, total: total))
        let predictions = try await OutOfFold.predict(
            embeddings: matrix, of: set, scaling: encoder.featureScaling, options: options
        ) {
            let count = done.withLock { value in
                value += 1
                return value
            }
            progress(.fitting(done: count, total: total))
        }
        return CrossValidation(embeddings: matrix, predictions: predictions)
    }
}
