public import ConversationDomain
import Entities
public import Inference
public import Measures
public import ModelRecords

extension IntentTrainer {
    /// Trains on all examples of `content`, and a head for each label set on the same embeddings.
    /// - Throws: `ChatError(.invalidRequest)` when there is not enough to learn from, `CancellationError`.
    public func train(
        _ content: BotContent, labelSets: [LabelSet], encoder: any SentenceEncoder,
        progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
    ) async throws -> TrainingResult {
        let lessons = try labelSets.map { try LabelLesson($0, options: options) }
        let result = try await train(content, encoder: encoder, progress: progress)
        return try await adding(lessons, to: result, encoder: encoder, progress: progress)
    }

    /// Trains the encoder by the chosen method on the intents and the label sets together, then every head on its embeddings.
    /// - Throws: `ChatError`, `ModelError`, `CancellationError`.
    public func train(
        _ content: BotContent, labelSets: [LabelSet], tuning: EncoderTuning,
        progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
    ) async throws -> TunedResult {
        try await train(
            LabelledText.examples(of: content), marks: EntityLesson(content, seed: options.seed),
            labels: try labelSets.map { try LabelLesson($0, options: options) }, tuning: tuning, progress: progress)
    }

    /// How well a head would do on texts of a label set that it has not seen, by cross-validation.
    public func crossValidate(
        _ labelSet: LabelSet, encoder: any SentenceEncoder,
        progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
    ) async throws -> LabelReport {
        let lesson = try LabelLesson(labelSet, options: options)
        return LabelReport(
            lesson.classifier, try await crossValidate(lesson.examples, encoder: encoder, progress: progress))
    }

    /// The version with a head for each label set, trained on an encoder that did not learn from them.
    func adding(
        _ lessons: [LabelLesson], to result: TrainingResult, encoder: any SentenceEncoder,
        progress: @escaping @Sendable (TrainingProgress) -> Void
    ) async throws -> TrainingResult {
        var trained: [(lesson: LabelLesson, result: TrainingResult)] = []
        for lesson in lessons {
            trained.append((lesson, try await train(lesson.examples, encoder: encoder, progress: progress)))
        }
        return try result.adding(trained)
    }
}
