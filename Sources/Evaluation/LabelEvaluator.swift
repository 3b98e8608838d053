import ConversationDomain
import Entities
import Inference
public import IntentModel
public import Measures
public import ModelRecords

extension ModelEvaluator {
    /// Measures a classifier of the model on texts that it has not seen.
    /// - Parameters:
    ///   - set: texts with their right labels; a label that the model does not know counts as a wrong answer.
    ///   - progress: texts done, of all.
    /// - Throws: `ChatError(.invalidRequest)` without texts, or when the model has no such classifier.
    public func evaluate(
        _ set: LabelSet, model: LiveClassifier.ActiveModel,
        progress: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
    ) async throws -> LabelReport {
        guard !set.texts.isEmpty else { throw ChatError(.invalidRequest, "there are no texts to evaluate") }
        let head = try model.labelHeads.named(set.classifier).head
        let embedder = CachedEmbedder(encoder: model.encoder, queue: queue, cache: nil)
        let embeddings = try await embedder.embed(
            set.texts.map { MaskedText.masking($0.text) }, as: .query, progress: progress)
        return LabelReport(
            set.classifier,
            EvaluationReport(
                zip(set.texts, embeddings).map { text, embedding in
                    .init(truth: IntentName(trusted: text.label.rawValue), judgement: head.judge(embedding))
                }))
    }
}
