/// Precision, recall and F1 of one label or of several together, each 0 to 1.
///
/// Precision = correct / predicted, recall = correct / support, F1 their harmonic mean; 0 where nothing was predicted or
/// nothing was there.
public struct LabelScores: Hashable, Sendable, Codable {
    public let precision: Double
    public let recall: Double
    public let f1: Double

    public init(precision: Double, recall: Double, f1: Double) {
        self.precision = precision
        self.recall = recall
        self.f1 = f1
    }
}

/// How often a label was there, was predicted, and was both.
package struct LabelCounts: Hashable, Sendable {
    package var correct = 0
    package var predicted = 0
    package var support = 0

    package init() {}

    package var scores: LabelScores {
        let precision = Self.share(correct, of: predicted)
        let recall = Self.share(correct, of: support)
        return LabelScores(
            precision: precision, recall: recall,
            f1: precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall))
    }

    package static func share(_ part: Int, of whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
}

/// The averages of a table of labels, as scikit-learn's and seqeval's reports give them.
public struct AveragedScores: Hashable, Sendable, Codable {
    /// Over the summed counts. With exactly one label a sample, all three equal the accuracy.
    public let micro: LabelScores
    /// Every label counts the same.
    public let macro: LabelScores
    /// Every label counts by its support.
    public let weighted: LabelScores

    package init(micro: LabelScores, macro: LabelScores, weighted: LabelScores) {
        self.micro = micro
        self.macro = macro
        self.weighted = weighted
    }

    package init(_ labels: [LabelCounts]) {
        let total = labels.reduce(into: LabelCounts()) { sum, label in
            sum.correct += label.correct
            sum.predicted += label.predicted
            sum.support += label.support
        }
        micro = total.scores
        let scores = labels.map(\.scores)
        macro = Self.mean(scores, weights: labels.map { _ in 1 })
        weighted = Self.mean(scores, weights: labels.map { Double($0.support) })
    }

    private static func mean(_ scores: [LabelScores], weights: [Double]) -> LabelScores {
        let sum = weights.reduce(0, +)
        func mean(_ value: (LabelScores) -> Double) -> Double {
            sum == 0 ? 0 : zip(scores, weights).reduce(0) { $0 + value($1.0) * $1.1 } / sum
        }
        return LabelScores(precision: mean(\.precision), recall: mean(\.recall), f1: mean(\.f1))
    }
}
