import Foundation

/// Turns scores into probabilities: a conditional logit over the candidates and "nothing of this"
/// (D. McFadden, Conditional logit analysis of qualitative choice behavior, 1974).
///
/// P(c) = e^u(c) ÷ (e^u(∅) + Σ e^u(j)), u linear in a handful of features.
struct RankingModel: Hashable, Sendable {
    /// What multiplies each feature of a candidate.
    struct CandidateWeights: Hashable, Sendable {
        /// The head's log-probability.
        var head: Double
        /// A constant for what no head has learned: entries, and intents that are new.
        var untrained: Double
        /// The late interaction with the nearest sentence.
        var similarity: Double
        /// The mean of the three nearest.
        var meanSimilarity: Double
        /// The logarithm of the number of sentences.
        var sentences: Double
        /// What the nearest sentence counts more for what no head has learned.
        var untrainedSimilarity: Double
        /// The share of the best candidate's BM25.
        var lexical: Double
    }

    /// What multiplies each feature of "nothing of this".
    struct NullWeights: Hashable, Sendable {
        var constant: Double
        /// The late interaction with the nearest background sentence.
        var background: Double
        /// The mean of the five nearest.
        var meanBackground: Double
        /// The logarithm of the message's tokens, as far as they are compared at once.
        var length: Double
        /// How near different candidates of this bot are to each other: where all is alike, near is not near enough.
        var closeness: Double
        /// How much nearer the bot's sentences are to their own candidate than to others: where examples of one thing are worded
        /// in many ways, a message need not be as near to one of them to be meant.
        var separation: Double
    }

    /// From which probability on answers were so often right, over all left-out sets at the fitted foreign share.
    struct Mark: Hashable, Sendable {
        let precision: Double
        let probability: Double
    }

    var candidate: CandidateWeights
    var null: NullWeights
    /// By rising precision; at least one.
    var marks: [Mark]

    /// The head's probability is not taken for smaller than this.
    static let leastConfidence = 1e-4

    /// The share of foreign messages that the shipped weights were fitted for.
    static let fittedForeignShare = 0.3

    func utility(_ scores: CandidateScores) -> Double {
        let head =
            scores.confidence.map { candidate.head * log(max(Self.leastConfidence, $0)) }
            ?? candidate.untrained + candidate.untrainedSimilarity * Double(scores.similarity)
        return head + candidate.similarity * Double(scores.similarity)
            + candidate.meanSimilarity * Double(scores.meanSimilarity)
            + candidate.sentences * log(Double(1 + scores.sentences)) + candidate.lexical * Double(scores.lexical)
    }

    func nullUtility(_ scores: MessageScores) -> Double {
        let mean =
            scores.background.isEmpty
            ? 0 : Double(scores.background.reduce(0, +)) / Double(scores.background.count)
        return null.constant + null.background * Double(scores.background.first ?? 0) + null.meanBackground * mean
            + null.length * log(Double(1 + min(scores.tokens, LateInteraction.window)))
            + null.closeness * Double(scores.content.closeness)
            + null.separation * Double(min(scores.content.separation, ContentNearness.usual.separation))
    }

    /// One probability a candidate, in their order; they leave what belongs to "nothing of this".
    /// - Parameter foreignShare: the share of messages that nothing answers, 0 to 1 exclusive; moves the odds of "nothing" as
    ///   Bayes' rule says.
    func probabilities(_ scores: MessageScores, foreignShare: Double = fittedForeignShare) -> [Double] {
        func logit(_ share: Double) -> Double {
            let share = min(0.99, max(0.01, share))
            return log(share / (1 - share))
        }
        let null = nullUtility(scores) + logit(foreignShare) - logit(Self.fittedForeignShare)
        let utilities = scores.candidates.map(utility)
        let largest = max(null, utilities.max() ?? null)
        let weights = utilities.map { exp($0 - largest) }
        let sum = exp(null - largest) + weights.reduce(0, +)
        return weights.map { $0 / sum }
    }

    /// The probability from which on answers are right as often as `precision`, between the measured marks on a line.
    func answerThreshold(for precision: Double) -> Double {
        guard let upper = marks.firstIndex(where: { $0.precision >= precision }) else {
            return marks.last?.probability ?? 1
        }
        guard upper > 0 else { return marks[0].probability }
        let (low, high) = (marks[upper - 1], marks[upper])
        let share = (precision - low.precision) / max(1e-9, high.precision - low.precision)
        return low.probability + share * (high.probability - low.probability)
    }
}
