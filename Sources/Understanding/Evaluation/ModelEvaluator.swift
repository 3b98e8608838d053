import ConversationDomain

/// Measures a trained model on sentences that it has not seen.
public struct ModelEvaluator: Sendable {
    private let queue: InferenceQueue

    /// - Parameter queue: what encodes the sentences.
    public init(queue: InferenceQueue) { self.queue = queue }

    /// - Parameters:
    /// - samples: sentences with their right intents; an intent that the model does not know counts as a wrong answer.
    /// - progress: sentences done, of all.
    /// - Throws: `ChatError(.invalidRequest)` without sentences.
    public func evaluate(
        _ samples: [LabelledText], model: LiveClassifier.ActiveModel,
        progress: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
    ) async throws -> EvaluationReport {
        guard !samples.isEmpty else { throw ChatError(.invalidRequest, "there are no sentences to evaluate") }
        let embedder = CachedEmbedder(encoder: model.encoder, queue: queue, cache: nil)
        let embeddings = try await embedder.embed(
            samples.map { MaskedText.masking($0.text) }, as: .query, progress: progress)
        return EvaluationReport(
            zip(samples, embeddings).map { sample, embedding in
                .init(truth: sample.intent, judgement: model.head.judge(embedding))
            })
    }
}
