internal import ConversationDomain

/// The demand on a new version that it forgets nothing: no intent may lose more than some points against the version before.
///
/// An intent counts singly from ``singleSupport`` labelled texts on, where one text is ten points at most; the rarer ones
/// count together, so that neither a single text refuses a version nor a rare intent is overlooked.
public struct ForgettingGuard: Hashable, Sendable {
    /// Labelled texts from which an intent is judged by itself.
    public static let singleSupport = 10

    /// Points that an intent may lose: hundredths of its texts that are no longer acted on rightly, 0 to 100.
    public let maximumLoss: Double

    /// - Throws: `ChatError(.invalidRequest)` when the points are not between 0 and 100.
    public init(maximumLoss: Double) throws {
        guard (0...100).contains(maximumLoss) else {
            throw ChatError(.invalidRequest, "a loss of \(maximumLoss) points is not between 0 and 100")
        }
        self.maximumLoss = maximumLoss
    }

    /// What is judged: the intents with enough texts, and the others together.
    public func judged(_ comparison: VersionComparison) -> [IntentChange] {
        let intents = comparison.intents
        let rare = intents.filter { $0.texts < Self.singleSupport }
        let single = intents.filter { $0.texts >= Self.singleSupport }
        guard !rare.isEmpty else { return single }
        return single + [
            IntentChange(
                intents: rare.flatMap(\.intents).sorted(), texts: rare.reduce(0) { $0 + $1.texts },
                rightInA: rare.reduce(0) { $0 + $1.rightInA }, rightInB: rare.reduce(0) { $0 + $1.rightInB })
        ]
    }

    /// What loses too much, the greatest loss first; none for a version that may go live.
    public func losses(_ comparison: VersionComparison) -> [IntentChange] {
        // Points are quotients: a loss of exactly the maximum is not refused for its last bit.
        judged(comparison).filter { -$0.points > maximumLoss + 1e-9 }.sorted { $0.points < $1.points }
    }

    /// The texts behind losses: A does the right thing with them, B does not.
    public func forgotten(_ losses: [IntentChange], in comparison: VersionComparison) -> [ReplayedText] {
        let intents = Set(losses.flatMap(\.intents))
        return comparison.labelled.filter { text in
            guard let expected = text.text.expected, intents.contains(expected) else { return false }
            return text.a.isRight(for: expected) && !text.b.isRight(for: expected)
        }
    }
}
