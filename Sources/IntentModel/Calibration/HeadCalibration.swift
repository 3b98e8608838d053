import ConversationDomain
import LinearModels

/// Temperature and thresholds, measured on examples that the heads had not seen.
struct HeadCalibration: Hashable, Sendable {
    /// With fewer examples nothing is measured.
    static let minimumSamples = 20

    let temperature: Double
    let thresholds: AcceptanceThresholds

    /// Nil with too few samples.
    /// - Parameters:
    ///   - logits: one row a sample, one number a label.
    ///   - classes: the label of each sample, an index into `labels`.
    init?(logits: [[Float]], classes: [Int], labels: [IntentName], targetPrecision: Double) {
        guard logits.count >= Self.minimumSamples, logits.count == classes.count else { return nil }
        let temperature = TemperatureScaling.fit(logits: logits, labels: classes)
        let outOfScope = labels.firstIndex(of: .outOfScope)
        let predictions = zip(logits, classes).compactMap { row, truth -> AcceptanceThresholds.Prediction? in
            let probabilities = Softmax.probabilities(row, temperature: temperature)
            guard let best = probabilities.indices.max(by: { probabilities[$0] < probabilities[$1] }),
                best != outOfScope
            else { return nil }
            return .init(label: best, confidence: probabilities[best], isCorrect: best == truth)
        }
        self.temperature = temperature
        thresholds = AcceptanceThresholds(predictions, classes: labels.count, target: targetPrecision)
    }

    private init(temperature: Double, thresholds: AcceptanceThresholds) {
        self.temperature = temperature
        self.thresholds = thresholds
    }

    /// What is used when nothing can be measured.
    static func unmeasured(labels: Int) -> HeadCalibration {
        HeadCalibration(temperature: 1, thresholds: AcceptanceThresholds([], classes: labels, target: 1))
    }
}

extension IntentHead {
    init(labels: [IntentName], classifier: LinearClassifier, calibration: HeadCalibration, margin: Double) {
        self.init(
            labels: labels, classifier: classifier, temperature: calibration.temperature,
            thresholds: calibration.thresholds.perLabel, margin: margin)
    }
}
