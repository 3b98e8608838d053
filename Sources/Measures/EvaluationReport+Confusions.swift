public import ConversationDomain

extension EvaluationReport {
    /// One intent taken for another.
    public struct Confusion: Hashable, Sendable, Codable {
        public let truth: IntentName
        public let predicted: IntentName
        public let count: Int
    }

    /// Two intents that are taken for each other, in either direction, with the sentences.
    public struct ConfusedPair: Hashable, Sendable, Codable {
        /// In the order of their names.
        public let first: IntentName
        public let second: IntentName
        public let count: Int
        /// The most confident mistakes first, at most ``sentenceLimit``.
        public let sentences: [Mistake]

        public static let sentenceLimit = 10
    }

    /// At most 50, the most frequent first.
    static func confusions(_ outcomes: [Outcome]) -> [Confusion] {
        struct Pair: Hashable {
            let truth: IntentName
            let predicted: IntentName
        }
        let wrong = outcomes.filter { !$0.isCorrect }
        return Dictionary(grouping: wrong) { Pair(truth: $0.truth, predicted: $0.best.intent) }
            .map { Confusion(truth: $0.key.truth, predicted: $0.key.predicted, count: $0.value.count) }
            .sorted { ($1.count, $0.truth, $0.predicted) < ($0.count, $1.truth, $1.predicted) }
            .prefix(50).map { $0 }
    }

    /// At most 30, the most frequent first.
    static func confusedPairs(_ outcomes: [Outcome]) -> [ConfusedPair] {
        struct Pair: Hashable {
            let first: IntentName
            let second: IntentName
        }
        return Dictionary(grouping: Mistake.all(in: outcomes)) {
            Pair(first: min($0.expected, $0.predicted), second: max($0.expected, $0.predicted))
        }
        .map { pair, mistakes in
            ConfusedPair(
                first: pair.first, second: pair.second, count: mistakes.count,
                sentences: Array(mistakes.prefix(ConfusedPair.sentenceLimit)))
        }
        .sorted { ($1.count, $0.first, $0.second) < ($0.count, $1.first, $1.second) }
        .prefix(30).map { $0 }
    }
}
