package import ConversationDomain
import Entities
package import Inference
import LinearModels

/// What people said of single texts in the review queue, beside the head of the model: a label counts as soon as it is
/// made, for the text itself and for texts that are very near to it, also where the head has learned nothing of it yet.
public final class LabelledIndex: Sendable {
    /// Labels that are looked at.
    package static let limit = 5_000

    /// A label that is near enough to decide.
    struct Match: Hashable, Sendable {
        let label: LabelledMatch
        /// How often texts that are as near mean the same, 0 to 1; 1 for the text itself.
        let certainty: Double

        /// Whether the label also stands against a model that is sure of something else.
        var overrules: Bool { certainty >= NeighbourThresholds.sureTarget }
    }

    private struct Label {
        let intent: IntentName
        let thresholds: NeighbourThresholds
    }

    /// The encoder that made the vectors (`SentenceEncoder.numericsHash`).
    let encoder: String
    private let exact: [UTF8Text: IntentName]
    private let labels: [Label]
    private let rows: VectorRows

    /// - Throws: `ChatError(.internal)` when embeddings differ in length.
    package init(
        _ labels: [KnownSentence], embeddings: [[Float]], thresholds: [BotLocale: NeighbourThresholds],
        encoder: any SentenceEncoder
    ) throws {
        self.encoder = encoder.numericsHash
        self.labels = labels.map { Label(intent: $0.intent, thresholds: thresholds[for: $0.locale]) }
        exact = Dictionary(labels.map { (Self.key(of: $0.text), $0.intent) }, uniquingKeysWith: { $1 })
        var rows = VectorRows(expected: labels.count, columns: encoder.dimension)
        try rows.append(embeddings)
        self.rows = rows
    }

    /// The label of the text itself, else that of the nearest text if it is near enough.
    func match(_ text: String, _ embedding: [Float]) -> Match? {
        if let intent = exact[Self.key(of: text)] {
            return Match(label: LabelledMatch(intent: intent, similarity: 1), certainty: 1)
        }
        let cosines = rows.products(with: embedding)
        guard let best = cosines.indices.max(by: { cosines[$0] < cosines[$1] }) else { return nil }
        let (label, similarity) = (labels[best], min(1, Double(cosines[best])))
        guard similarity >= label.thresholds.likely else { return nil }
        return Match(
            label: LabelledMatch(intent: label.intent, similarity: similarity),
            certainty: similarity >= label.thresholds.sure
                ? NeighbourThresholds.sureTarget : NeighbourThresholds.likelyTarget)
    }

    /// What texts share that differ in case, spaces, punctuation, order numbers and addresses only.
    package static func key(of text: String) -> UTF8Text {
        let masked = MaskedText.masking(text)
        let plain = SearchTerms.plain(masked)
        return UTF8Text(plain.isEmpty ? ReadableText(text).text : plain)
    }
}
