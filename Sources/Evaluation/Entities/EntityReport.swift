public import Measures

/// How well entities are found: by token, each with one tag, and by entity, where only the exact span with the right
/// label counts. As JSON: snake_case.
public struct EntityReport: Hashable, Sendable, Codable {
    public struct LabelRow: Hashable, Sendable, Codable {
        public let label: String
        public let scores: LabelScores
        /// Tokens or entities of the label.
        public let support: Int
    }

    public struct Table: Hashable, Sendable, Codable {
        /// In the order of their names.
        public let labels: [LabelRow]
        public let averages: AveragedScores
        /// Tokens or entities in all.
        public let support: Int

        init(_ counts: [String: LabelCounts]) {
            let sorted = counts.sorted { $0.key < $1.key }
            labels = sorted.map { LabelRow(label: $0.key, scores: $0.value.scores, support: $0.value.support) }
            averages = AveragedScores(sorted.map(\.value))
            support = sorted.reduce(0) { $0 + $1.value.support }
        }
    }

    /// A sentence whose entities were not all found, or where others were.
    public struct Mistake: Hashable, Sendable, Codable {
        public let text: String
        public let expected: [LabelledSpan]
        public let found: [LabelledSpan]
    }

    public let sentences: Int
    /// Over all tags, `O` included, as the usual tutorials report it.
    public let tokens: Table
    /// The same with `B-` and `I-` of a label taken together: the right kind, wherever the border was seen.
    public let tokenLabels: Table
    /// Over the tags without `O`, which is most of any text and easy.
    public let tokensInside: Table
    public let entities: Table
    /// Finds by label that count neither as right nor as wrong, because the sentences tell nothing about such entities.
    public let unmeasured: [String: Int]
    /// In the order of the file.
    public let mistakes: [Mistake]

    enum CodingKeys: String, CodingKey {
        case sentences, tokens, entities, unmeasured, mistakes
        case tokenLabels = "token_labels"
        case tokensInside = "tokens_inside"
    }

    /// - Parameters:
    ///   - sentences: what is right.
    ///   - found: the spans found in each of them.
    ///   - labels: what is measured although no sentence has it.
    public init(_ sentences: [TaggedSentence], found: [[LabelledSpan]], labels: Set<String> = []) {
        let labels = labels.union(sentences.flatMap { $0.spans.map(\.label) })
        var tokens: [String: LabelCounts] = [:]
        var tokenLabels: [String: LabelCounts] = [:]
        var entities: [String: LabelCounts] = [:]
        var unmeasured: [String: Int] = [:]
        var mistakes: [Mistake] = []
        for (sentence, found) in zip(sentences, found) {
            for span in found where !labels.contains(span.label) { unmeasured[span.label, default: 0] += 1 }
            let found = found.filter { labels.contains($0.label) }
            for (truth, predicted) in zip(sentence.tags, sentence.tags(of: found)) {
                Self.count(truth, predicted, in: &tokens)
                Self.count(BIO.label(of: truth), BIO.label(of: predicted), in: &tokenLabels)
            }
            let (right, given) = (Set(sentence.spans), Set(found))
            for span in right { entities[span.label, default: LabelCounts()].support += 1 }
            for span in given { entities[span.label, default: LabelCounts()].predicted += 1 }
            for span in right.intersection(given) { entities[span.label, default: LabelCounts()].correct += 1 }
            if right != given {
                mistakes.append(Mistake(text: sentence.text, expected: sentence.spans, found: found))
            }
        }
        self.sentences = sentences.count
        self.tokens = Table(tokens)
        self.tokenLabels = Table(tokenLabels)
        tokensInside = Table(tokens.filter { $0.key != BIO.outside })
        self.entities = Table(entities)
        self.unmeasured = unmeasured
        self.mistakes = mistakes
    }

    private static func count(_ truth: String, _ predicted: String, in counts: inout [String: LabelCounts]) {
        counts[truth, default: LabelCounts()].support += 1
        counts[predicted, default: LabelCounts()].predicted += 1
        if truth == predicted { counts[truth, default: LabelCounts()].correct += 1 }
    }
}
