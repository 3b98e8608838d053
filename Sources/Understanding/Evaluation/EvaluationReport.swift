public import ConversationDomain

/// How well a head does on sentences whose intent is known. As JSON: snake_case.
public struct EvaluationReport: Hashable, Sendable, Codable {
    /// Precision = correct / predicted, recall = correct / support, F1 their harmonic mean; 0 where nothing was
    /// predicted.
    public struct Scores: Hashable, Sendable, Codable {
        public let precision: Double
        public let recall: Double
        public let f1: Double
    }

    public struct IntentScores: Hashable, Sendable, Codable {
        public let intent: IntentName
        public let precision: Double
        public let recall: Double
        public let f1: Double
        /// Sentences of the intent.
        public let support: Int
    }

    /// What would pass with one threshold for all intents.
    public struct OperatingPoint: Hashable, Sendable, Codable {
        public let threshold: Double
        /// Share of in-scope sentences that pass.
        public let coverage: Double
        /// Share of right intents among all that pass, foreign sentences included; nil when nothing passes.
        public let precision: Double?
    }

    /// One intent taken for another.
    public struct Confusion: Hashable, Sendable, Codable {
        public let truth: IntentName
        public let predicted: IntentName
        public let count: Int
    }

    public let samples: Int
    /// Share of sentences whose most likely label is the right one.
    public let accuracy: Double
    /// Its Wilson interval, 95 %.
    public let accuracyLower: Double
    public let accuracyUpper: Double
    public let micro: Scores
    public let macro: Scores
    public let weighted: Scores
    /// Share of in-scope sentences that the head's own thresholds let pass, and precision of all that pass (nil:
    /// nothing does).
    public let coverage: Double
    public let precision: Double?
    /// Share of sentences whose best two or three intents were too close to choose between.
    public let ambiguous: Double
    /// Share of out-of-scope sentences that did not pass; nil without any.
    public let outOfScopeRecall: Double?
    /// Expected calibration error in 15 bins of equal width (Guo et al. 2017).
    public let calibrationError: Double
    public let intents: [IntentScores]
    public let operatingPoints: [OperatingPoint]
    /// The most frequent first, at most 50.
    public let confusions: [Confusion]

    enum CodingKeys: String, CodingKey {
        case samples, accuracy, micro, macro, weighted, coverage, precision, ambiguous, intents, confusions
        case accuracyLower = "accuracy_lower"
        case accuracyUpper = "accuracy_upper"
        case outOfScopeRecall = "out_of_scope_recall"
        case calibrationError = "calibration_error"
        case operatingPoints = "operating_points"
    }

    /// What was said about one sentence.
    public struct Outcome: Hashable, Sendable {
        public let truth: IntentName
        /// The most likely label, `out_of_scope` included, with its confidence.
        public let best: IntentScore
        /// The intent passed its threshold.
        public let isAccepted: Bool
        public let isAmbiguous: Bool

        public init(truth: IntentName, best: IntentScore, isAccepted: Bool, isAmbiguous: Bool = false) {
            self.truth = truth
            self.best = best
            self.isAccepted = isAccepted
            self.isAmbiguous = isAmbiguous
        }

        public init(truth: IntentName, judgement: IntentHead.Judgement) {
            let isAmbiguous =
                switch judgement.verdict {
                case .ambiguous: true
                case .accepted, .belowThreshold, .outOfScope: false
                }
            self.init(
                truth: truth, best: judgement.best, isAccepted: judgement.verdict == .accepted,
                isAmbiguous: isAmbiguous)
        }

        var isCorrect: Bool { best.intent == truth }
    }
}

extension EvaluationReport {
    /// Counts everything from the outcomes.
    public init(_ outcomes: [Outcome]) {
        let correct = outcomes.count { $0.isCorrect }
        let interval = Wilson.interval(successes: correct, trials: outcomes.count)
        let inScope = outcomes.filter { $0.truth != .outOfScope }
        let foreign = outcomes.filter { $0.truth == .outOfScope }
        let accepted = outcomes.filter(\.isAccepted)
        samples = outcomes.count
        accuracy = Self.share(correct, of: outcomes.count)
        accuracyLower = interval.lower
        accuracyUpper = interval.upper
        intents = Self.intentScores(outcomes)
        (micro, macro, weighted) = Self.averages(intents, accuracy: accuracy)
        coverage = Self.share(inScope.count { $0.isAccepted }, of: inScope.count)
        precision = accepted.isEmpty ? nil : Self.share(accepted.count { $0.isCorrect }, of: accepted.count)
        ambiguous = Self.share(outcomes.count { $0.isAmbiguous }, of: outcomes.count)
        outOfScopeRecall =
            foreign.isEmpty ? nil : Self.share(foreign.count { !$0.isAccepted }, of: foreign.count)
        calibrationError = Self.calibrationError(outcomes)
        operatingPoints = stride(from: 0, through: 95, by: 5).map {
            Self.operatingPoint(Double($0) / 100, outcomes, inScope: inScope.count)
        }
        confusions = Self.confusions(outcomes)
    }

    /// The short form that a model version carries.
    public func metrics(examples: Int, seconds: Double) -> ModelMetrics {
        ModelMetrics(
            examples: examples, accuracy: accuracy, coverage: coverage, precision: precision ?? 0,
            outOfScopeRecall: outOfScopeRecall, calibrationError: calibrationError, seconds: seconds)
    }

    private static func share(_ part: Int, of whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }

    private static func harmonic(_ precision: Double, _ recall: Double) -> Double {
        precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall)
    }

    private static func intentScores(_ outcomes: [Outcome]) -> [IntentScores] {
        let byTruth = Dictionary(grouping: outcomes, by: \.truth)
        let predicted = Dictionary(grouping: outcomes, by: \.best.intent).mapValues(\.count)
        return Set(byTruth.keys).union(predicted.keys).sorted().map { intent in
            let own = byTruth[intent] ?? []
            let correct = own.count { $0.isCorrect }
            let precision = share(correct, of: predicted[intent] ?? 0)
            let recall = share(correct, of: own.count)
            return IntentScores(
                intent: intent, precision: precision, recall: recall, f1: harmonic(precision, recall),
                support: own.count)
        }
    }

    /// With one label a sentence, micro precision, recall and F1 all equal the accuracy. Macro and weighted averages go
    /// over the intents that occur among the sentences or the predictions, like scikit-learn's classification report.
    private static func averages(_ intents: [IntentScores], accuracy: Double) -> (Scores, Scores, Scores) {
        let total = intents.reduce(0) { $0 + $1.support }
        func mean(_ value: (IntentScores) -> Double, _ weight: (IntentScores) -> Double, _ sum: Double) -> Double {
            sum == 0 ? 0 : intents.reduce(0) { $0 + value($1) * weight($1) } / sum
        }
        func scores(_ weight: (IntentScores) -> Double, _ sum: Double) -> Scores {
            Scores(
                precision: mean(\.precision, weight, sum), recall: mean(\.recall, weight, sum),
                f1: mean(\.f1, weight, sum))
        }
        return (
            Scores(precision: accuracy, recall: accuracy, f1: accuracy), scores({ _ in 1 }, Double(intents.count)),
            scores({ Double($0.support) }, Double(total))
        )
    }

    private static func operatingPoint(_ threshold: Double, _ outcomes: [Outcome], inScope: Int) -> OperatingPoint {
        let passing = outcomes.filter { $0.best.intent != .outOfScope && $0.best.confidence >= threshold }
        return OperatingPoint(
            threshold: threshold, coverage: share(passing.count { $0.truth != .outOfScope }, of: inScope),
            precision: passing.isEmpty ? nil : share(passing.count { $0.isCorrect }, of: passing.count))
    }

    /// Σ over bins of (share of samples) · |accuracy − mean confidence|.
    private static func calibrationError(_ outcomes: [Outcome], bins: Int = 15) -> Double {
        let grouped = Dictionary(grouping: outcomes) { min(bins - 1, Int($0.best.confidence * Double(bins))) }
        // In the order of the bins: equal outcomes give an equal sum, to the last bit.
        return grouped.sorted { $0.key < $1.key }.map(\.value).reduce(0) { sum, bin in
            let confidence = bin.reduce(0) { $0 + $1.best.confidence }
            return sum + abs(Double(bin.count { $0.isCorrect }) - confidence) / Double(outcomes.count)
        }
    }

    private static func confusions(_ outcomes: [Outcome]) -> [Confusion] {
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
}
