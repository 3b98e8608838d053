import ConversationDomain
import Foundation

/// What one threshold for all intents would do: the higher it is, the more foreign sentences are turned away, and the
/// more of the bot's own go unanswered. As JSON: snake_case.
public struct OutOfScopeCurve: Hashable, Sendable, Codable {
    public struct Point: Hashable, Sendable, Codable {
        /// A sentence passes when its best intent's confidence is at least this.
        public let threshold: Double
        /// Share of in-scope sentences that pass with the right intent.
        public let inScopeAccuracy: Double
        /// Share of out-of-scope sentences that do not pass.
        public let outOfScopeRecall: Double

        enum CodingKeys: String, CodingKey {
            case threshold
            case inScopeAccuracy = "in_scope_accuracy"
            case outOfScopeRecall = "out_of_scope_recall"
        }
    }

    public let inScope: Int
    public let outOfScope: Int
    /// The probability that a sentence in scope has the higher score than one out of scope: 0.5 is guessing, 1 perfect.
    public let auroc: Double
    /// By rising threshold, at most ``pointLimit``; the first lets everything pass, the last nothing.
    public let points: [Point]
    /// The point where in-scope accuracy and out-of-scope recall together are highest. It is chosen on these very
    /// sentences, so it flatters a little.
    public let balanced: Point

    public static let pointLimit = 201

    enum CodingKeys: String, CodingKey {
        case auroc, points, balanced
        case inScope = "in_scope"
        case outOfScope = "out_of_scope"
    }

    /// Nil without sentences of both kinds.
    init?(_ outcomes: [EvaluationReport.Outcome]) {
        let own = outcomes.filter { $0.truth != .outOfScope }
        let foreign = outcomes.filter { $0.truth == .outOfScope }
        guard let auroc = RankArea.area(high: own.map(\.scopeScore), low: foreign.map(\.scopeScore)) else { return nil }
        let right = own.filter { $0.ranking.first?.intent == $0.truth }.map(\.scopeScore).sorted()
        let rejected = foreign.map(\.scopeScore).sorted()
        // Nothing changes between two scores that occur.
        let thresholds = [0] + Set(outcomes.map(\.scopeScore)).subtracting([0]).sorted() + [1 + Double.ulpOfOne]
        let all = thresholds.map { threshold in
            Point(
                threshold: threshold,
                inScopeAccuracy: LabelCounts.share(right.count - right.countBelow(threshold), of: own.count),
                outOfScopeRecall: LabelCounts.share(rejected.countBelow(threshold), of: foreign.count))
        }
        guard let first = all.first else { return nil }
        inScope = own.count
        outOfScope = foreign.count
        self.auroc = auroc
        balanced = all.reduce(first) { best, point in
            point.inScopeAccuracy + point.outOfScopeRecall > best.inScopeAccuracy + best.outOfScopeRecall
                ? point : best
        }
        points = Self.thinned(all)
    }

    /// Every n-th, first and last included.
    private static func thinned(_ points: [Point]) -> [Point] {
        guard points.count > pointLimit else { return points }
        return (0..<pointLimit).map { points[$0 * (points.count - 1) / (pointLimit - 1)] }
    }
}

extension [Double] {
    /// How many numbers of a sorted array are below `value`.
    fileprivate func countBelow(_ value: Double) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
