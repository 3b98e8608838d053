public import ConversationDomain
import LinearModels
public import Measures

/// The out-of-fold predictions of a training set, and what follows from them.
struct CrossValidation: Sendable {
    /// [examples, dimension]
    let embeddings: FeatureMatrix
    let predictions: OutOfFold

    /// Temperature and thresholds from all predictions; nil with too few.
    func calibration(of set: TrainingSet, options: TrainingOptions) -> HeadCalibration? {
        calibration(of: set, options: options, using: Array(predictions.samples.indices))
    }

    /// Every example judged with a temperature and thresholds from the *other* folds, so that nothing is measured on
    /// what it was tuned with.
    func outcomes(of set: TrainingSet, options: TrainingOptions) -> [EvaluationReport.Outcome] {
        var outcomes: [EvaluationReport.Outcome] = []
        for (fold, members) in Dictionary(grouping: predictions.samples.indices, by: { predictions.folds[$0] })
            .sorted(by: { $0.key < $1.key })
        {
            let others = predictions.samples.indices.filter { predictions.folds[$0] != fold }
            let calibration =
                calibration(of: set, options: options, using: others)
                ?? .unmeasured(labels: set.labels.count)
            let head = IntentHead(
                labels: set.labels, classifier: .init(labels: set.labels.count), calibration: calibration,
                margin: options.margin)
            for member in members {
                let example = set.examples[predictions.samples[member]]
                outcomes.append(
                    .init(
                        truth: example.intent, judgement: head.judge(logits: predictions.logits[member]),
                        text: example.text))
            }
        }
        return outcomes
    }

    private func calibration(of set: TrainingSet, options: TrainingOptions, using members: [Int]) -> HeadCalibration? {
        HeadCalibration(
            logits: members.map { predictions.logits[$0] },
            classes: members.map { set.classes[predictions.samples[$0]] }, labels: set.labels,
            targetPrecision: options.targetPrecision)
    }
}

extension LinearClassifier {
    /// Without weights, for heads that are only given logits.
    init(labels: Int) {
        self.init(
            classes: labels, dimension: 0, transform: .scale(1), weights: [],
            bias: [Float](repeating: 0, count: labels))
    }
}

extension EvaluationReport.Outcome {
    public init(truth: IntentName, judgement: IntentHead.Judgement, text: String = "") {
        let isAmbiguous =
            switch judgement.verdict {
            case .ambiguous: true
            case .accepted, .belowThreshold, .outOfScope: false
            }
        self.init(
            truth: truth, best: judgement.best, isAccepted: judgement.verdict == .accepted,
            isAmbiguous: isAmbiguous, text: text, ranking: Array(judgement.ranking.prefix(Self.rankingLength)))
    }
}
