/// The confidence that each intent must reach before the bot acts on it.
///
/// Pooled: the lowest confidence t for which the Wilson lower bound (one-sided, 90 %) of the precision of all
/// predictions with confidence ≥ t reaches the target; if none does, the confidence with the highest bound.
///
/// Per intent: the same rule over the predictions of that intent alone. Where no bound reaches the target, the lowest
/// confidence from which on the observed precision does, with at least `pointMinimum` predictions; else, if some were
/// wrong, the highest confidence of a wrong one; else the pooled value. The result is shrunk to the pooled threshold by
/// how much was seen, as a posterior mean with a prior worth `priorWeight` predictions:
///
///     tᵢ = pooled + (ownᵢ − pooled) · nᵢ / (nᵢ + priorWeight)
struct AcceptanceThresholds: Hashable, Sendable {
    /// A prediction on a sample that the classifier was not trained on.
    struct Prediction: Hashable, Sendable {
        /// The predicted class.
        let label: Int
        /// Calibrated, 0 to 1.
        let confidence: Double
        let isCorrect: Bool
    }

    static let priorWeight = 20.0
    static let pointMinimum = 10
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
        let pooledSearch = Self.search(predictions, target: target)
        let pooled = Self.clamped(pooledSearch.reached ?? pooledSearch.best)
        let grouped = Dictionary(grouping: predictions, by: \.label)
        self.init(
            pooled: pooled,
            perLabel: (0..<classes).map { label in
                guard let own = grouped[label] else { return pooled }
                let wrong = own.filter { !$0.isCorrect }.map(\.confidence).max()
                let search = Self.search(own, target: target)
                let estimate = search.reached ?? search.point ?? wrong.map { max($0, pooled) } ?? pooled
                let count = Double(own.count)
                return Self.clamped(pooled + (estimate - pooled) * count / (count + Self.priorWeight))
            })
    }

    private static func clamped(_ value: Double) -> Double { min(max(value, range.lowerBound), range.upperBound) }

    /// The lowest thresholds whose bound and whose observed precision reach the target, and the one with the highest
    /// bound.
    private static func search(_ predictions: [Prediction], target: Double)
        -> (reached: Double?, point: Double?, best: Double)
    {
        let sorted = predictions.sorted { $0.confidence > $1.confidence }
        var correct = 0
        var reached: Double?
        var point: Double?
        var best = (bound: -1.0, threshold: 1.0)
        for (index, prediction) in sorted.enumerated() {
            if prediction.isCorrect { correct += 1 }
            // Predictions of equal confidence pass or fail together.
            if index + 1 < sorted.count, sorted[index + 1].confidence == prediction.confidence { continue }
            let bound = Wilson.interval(successes: correct, trials: index + 1, z: Wilson.oneSided90).lower
            if bound >= target { reached = prediction.confidence }
            if index + 1 >= pointMinimum, Double(correct) >= target * Double(index + 1) {
                point = prediction.confidence
            }
            if bound > best.bound { best = (bound, prediction.confidence) }
        }
        return (reached, point, best.threshold)
    }
}
