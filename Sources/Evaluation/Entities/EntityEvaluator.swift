import ConversationDomain
import Entities
public import IntentModel

/// Measures which entities a bot finds: its model's, its lists' and patterns', and the typed ones, as customers get them.
public struct EntityEvaluator: Sendable {
    /// Sentences of one request to the classifier.
    private static let pieceSize = 64

    private let classifier: LiveClassifier

    /// - Parameter classifier: with the owner's lists and patterns.
    public init(classifier: LiveClassifier) { self.classifier = classifier }

    /// - Parameters:
    ///   - sentences: with their right entities.
    ///   - progress: sentences done, of all.
    /// - Throws: `ChatError(.invalidRequest)` without sentences; what the classifier throws.
    public func evaluate(
        _ sentences: [TaggedSentence], model: LiveClassifier.ActiveModel,
        progress: @Sendable (Int, Int) -> Void = { _, _ in }
    ) async throws -> EntityReport {
        guard !sentences.isEmpty else { throw ChatError(.invalidRequest, "there are no sentences to evaluate") }
        var found: [[LabelledSpan]] = []
        for start in stride(from: 0, to: sentences.count, by: Self.pieceSize) {
            let piece = sentences[start..<min(start + Self.pieceSize, sentences.count)]
            found += try await classifier.understand(piece.map(\.text), with: model).map { understood in
                understood.entities.map(LabelledSpan.init)
            }
            progress(found.count, sentences.count)
        }
        let learnt = model.entityHead?.entities.map(\.rawValue) ?? []
        return EntityReport(sentences, found: found, labels: Set(learnt))
    }
}

extension LabelledSpan {
    init(_ entity: Entity) {
        self.init(label: entity.entity.rawValue, start: entity.start, end: entity.end)
    }
}
