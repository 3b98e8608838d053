import ConversationDomain
import Entities
public import Inference
public import IntentModel
public import Measures

/// Measures a trained model on sentences that it has not seen.
public struct ModelEvaluator: Sendable {
    let queue: InferenceQueue

    /// - Parameter queue: what encodes the sentences.
    public init(queue: InferenceQueue) { self.queue = queue }

    /// What the model says about each sentence, in their order.
    /// - Parameters:
    ///   - samples: sentences with their right intents; an intent that the model does not know counts as a wrong answer.
    ///   - progress: sentences done, of all.
    /// - Throws: `ChatError(.invalidRequest)` without sentences.
    public func outcomes(
        of samples: [LabelledText], model: LiveClassifier.ActiveModel,
        progress: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
    ) async throws -> [EvaluationReport.Outcome] {
        guard !samples.isEmpty else { throw ChatError(.invalidRequest, "there are no sentences to evaluate") }
        let embedder = CachedEmbedder(encoder: model.encoder, queue: queue, cache: nil)
        let embeddings = try await embedder.embed(
            samples.map { MaskedText.masking($0.text) }, as: .query, progress: progress)
        return zip(samples, embeddings).map { sample, embedding in
            .init(truth: sample.intent, judgement: model.head.judge(embedding), text: sample.text)
        }
    }

    /// The same, counted.
    public func evaluate(
        _ samples: [LabelledText], model: LiveClassifier.ActiveModel,
        progress: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
    ) async throws -> EvaluationReport {
        EvaluationReport(try await outcomes(of: samples, model: model, progress: progress))
    }

    /// How long understanding takes when messages come one at a time: the whole way from the text to intent and
    /// entities, nothing remembered from before.
    /// - Parameters:
    ///   - texts: `sampleLimit` of them are used, evenly spread.
    ///   - now: the clock.
    public func latency(
        of texts: [String], model: LiveClassifier.ActiveModel, sampleLimit: Int = 300,
        now: @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) async throws -> LatencyReport? {
        let classifier = LiveClassifier(queue: queue, cachedUtterances: 0)
        let count = min(texts.count, max(1, sampleLimit))
        let chosen = (0..<count).map { texts[$0 * texts.count / count] }
        // The first passes map memory and fill caches of the CPU.
        for text in chosen.prefix(5) { _ = try await classifier.understand([text], with: model) }
        var times: [Duration] = []
        for text in chosen {
            let start = now()
            _ = try await classifier.understand([text], with: model)
            times.append(now() - start)
        }
        return LatencyReport(times)
    }
}
