import Measures

/// The confidence that each intent must reach before the bot acts on it.
///
/// Pooled: the lowest confidence t for which the Wilson lower bound (one-sided, 90 %) of the precision of all
/// predictions with confidence ≥ t reaches the target; if none does, the confidence with the highest bound.
///
/// Per intent: how often an intent is right above t is known from its own few predictions only, so it is shrunk to the precision p of
/// all, as the posterior mean of a beta-binomial model whose prior is worth M predictions (n of them above t):
///
///     pᵢ(t) = (rightᵢ(t) + M · p(t)) / (nᵢ(t) + M)
///
/// The intent's threshold is the lowest t from which it is as right as all are from the pooled one: pᵢ(t) ≥ p(pooled). A bound of
/// its own for each intent would ask more of all of them the fewer predictions there are, and cost coverage for no precision.
///
/// M is estimated from how much the intents' precisions differ (empirical Bayes by moments: J. C. Kleinman, Proportions with
/// extraneous variance, 1973). Where they differ no more than by chance, all have the pooled threshold.
struct AcceptanceThresholds: Hashable, Sendable {
    /// A prediction on a sample that the classifier was not trained on.
    struct Prediction: Hashable, Sendable {
        /// The predicted class.
        let label: Int
        /// Calibrated, 0 to 1.
        let confidence: Double
        let isCorrect: Bool
    }

    /// The prior is worth so many predictions at least, however much the intents differ.
    static let leastPriorWeight = 20.0
    /// Thresholds of single intents lie this far apart.
    static let step = 0.005
    /// Thresholds stay within: below, a guess among several intents would be acted on; above, nothing would ever pass.
    static let range = 0.3...0.98
    /// Used when nothing could be measured.
    static let unmeasured = 0.6

    let pooled: Double
    /// By class.
    let perLabel: [Double]

    init(pooled: Double, perLabel: [Double]) {
        self.pooled = pooled
        self.perLabel = perLabel
    }

    /// - Parameters:
    ///   - predictions: out-of-scope samples that were taken for an intent count as wrong ones of that intent.
    ///   - classes: how many there are.
    ///   - target: the precision wanted, 0 to 1.
    init(_ predictions: [Prediction], classes: Int, target: Double) {
        guard !predictions.isEmpty else {
            self.init(
                pooled: Self.unmeasured, perLabel: [Double](repeating: Self.unmeasured, count: classes))
            return
        }
        let pooled = Self.pooled(predictions, target: target)
        let grouped = Dictionary(grouping: predictions, by: \.label)
        guard let weight = Self.priorWeight(grouped, pooled: pooled) else {
            self.init(pooled: pooled, perLabel: [Double](repeating: pooled, count: classes))
            return
        }
        let all = Ladder(predictions)
        let wanted = all.precision(from: pooled)
        self.init(
            pooled: pooled,
            perLabel: (0..<classes).map { label in
                grouped[label].map { own in
                    Self.threshold(Ladder(own), all: all, weight: weight, wanted: wanted, pooled: pooled)
                } ?? pooled
            })
    }

    private static func clamped(_ value: Double) -> Double { min(max(value, range.lowerBound), range.upperBound) }

    /// Predictions by falling confidence, with how many of the first ones are right.
    private struct Ladder {
        private let confidences: [Double]
        private let right: [Int]

        init(_ predictions: [Prediction]) {
            let sorted = predictions.sorted { $0.confidence > $1.confidence }
            confidences = sorted.map(\.confidence)
            right = sorted.reduce(into: [0]) { $0.append($0[$0.count - 1] + ($1.isCorrect ? 1 : 0)) }
        }

        var least: Double { confidences.last ?? 1 }

        func counts(from threshold: Double) -> (right: Int, all: Int) {
            var (low, high) = (0, confidences.count)
            while low < high {
                let middle = (low + high) / 2
                if confidences[middle] >= threshold { low = middle + 1 } else { high = middle }
            }
            return (right[low], low)
        }

        /// 1 where nothing is as confident.
        func precision(from threshold: Double) -> Double {
            let counts = counts(from: threshold)
            return counts.all == 0 ? 1 : Double(counts.right) / Double(counts.all)
        }
    }

    private static func threshold(
        _ own: Ladder, all: Ladder, weight: Double, wanted: Double, pooled: Double
    ) -> Double {
        // Nothing is known of the intent below its own predictions.
        let least = min(pooled, own.least)
        let steps = Int(((range.upperBound - range.lowerBound) / step).rounded())
        for threshold in (0...steps).map({ range.lowerBound + Double($0) * step }) where threshold >= least {
            let counts = own.counts(from: threshold)
            let shrunk =
                (Double(counts.right) + weight * all.precision(from: threshold)) / (Double(counts.all) + weight)
            if shrunk >= wanted - 1e-12 { return clamped(threshold) }
        }
        return range.upperBound
    }

    /// M; nil where the intents' precisions from the pooled threshold on differ no more than by chance.
    private static func priorWeight(_ grouped: [Int: [Prediction]], pooled: Double) -> Double? {
        let groups = grouped.values.map { Ladder($0).counts(from: pooled) }.filter { $0.all > 0 }
        let total = Double(groups.reduce(0) { $0 + $1.all })
        guard total > 0 else { return nil }
        let mean = Double(groups.reduce(0) { $0 + $1.right }) / total
        let variance = mean * (1 - mean)
        var (spread, chance, full) = (0.0, 0.0, 0.0)
        for group in groups {
            let count = Double(group.all)
            let difference = Double(group.right) / count - mean
            spread += count * difference * difference
            chance += 1 - count / total
            full += count * (1 - count / total)
        }
        guard variance > 0, full > chance else { return nil }
        // The correlation of two predictions of one intent.
        let correlation = (spread - variance * chance) / (variance * (full - chance))
        return correlation > 0 ? max(leastPriorWeight, 1 / correlation - 1) : nil
    }

    private static func pooled(_ predictions: [Prediction], target: Double) -> Double {
        let sorted = predictions.sorted { $0.confidence > $1.confidence }
        var correct = 0
        var reached: Double?
        var best = (bound: -1.0, threshold: 1.0)
        for (index, prediction) in sorted.enumerated() {
            if prediction.isCorrect { correct += 1 }
            // Predictions of equal confidence pass or fail together.
            if index + 1 < sorted.count, sorted[index + 1].confidence == prediction.confidence { continue }
            let bound = Wilson.interval(successes: correct, trials: index + 1, z: Wilson.oneSided90).lower
            if bound >= target { reached = prediction.confidence }
            if bound > best.bound { best = (bound, prediction.confidence) }
        }
        return clamped(reached ?? best.threshold)
    }
}
