public import ConversationDomain
public import ModelRecords

/// How well a head does on sentences whose intent is known. As JSON: snake_case.
public struct EvaluationReport: Hashable, Sendable, Codable {
    public typealias Scores = LabelScores

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

    public let samples: Int
    /// Share of sentences whose most likely label is the right one.
    public let accuracy: Double
    /// Its Wilson interval, 95 %.
    public let accuracyLower: Double
    public let accuracyUpper: Double
    /// Macro and weighted averages go over ``intents``.
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
    /// Expected calibration error in ``reliabilityBins`` bins of equal width.
    public let calibrationError: Double
    /// What the calibration error is summed over.
    public let reliability: [ReliabilityBin]
    /// Those with sentences, in the order of their names.
    public let intents: [IntentScores]
    /// One for every hundredth from 0 to 0.99.
    public let operatingPoints: [OperatingPoint]
    /// Nil without sentences in and out of scope.
    public let outOfScopeCurve: OutOfScopeCurve?
    /// The most frequent first, at most 50.
    public let confusions: [Confusion]
    /// The same for pairs, whichever of the two was right, with their sentences; at most 30.
    public let confusedPairs: [ConfusedPair]

    enum CodingKeys: String, CodingKey {
        case samples, accuracy, micro, macro, weighted, coverage, precision, ambiguous, reliability, intents, confusions
        case accuracyLower = "accuracy_lower"
        case accuracyUpper = "accuracy_upper"
        case outOfScopeRecall = "out_of_scope_recall"
        case calibrationError = "calibration_error"
        case operatingPoints = "operating_points"
        case outOfScopeCurve = "out_of_scope_curve"
        case confusedPairs = "confused_pairs"
    }

    /// Counts everything from the outcomes.
    public init(_ outcomes: [Outcome]) {
        let correct = outcomes.count { $0.isCorrect }
        let interval = Wilson.interval(successes: correct, trials: outcomes.count)
        let inScope = outcomes.filter { $0.truth != .outOfScope }
        let foreign = outcomes.filter { $0.truth == .outOfScope }
        let accepted = outcomes.filter(\.isAccepted)
        samples = outcomes.count
        accuracy = LabelCounts.share(correct, of: outcomes.count)
        accuracyLower = interval.lower
        accuracyUpper = interval.upper
        // What was only predicted is counted where it was wrong; it cannot be measured itself.
        let counts = Self.counts(outcomes).filter { $0.value.support > 0 }
        let averages = AveragedScores(counts.map(\.value))
        micro = Scores(precision: accuracy, recall: accuracy, f1: accuracy)
        (macro, weighted) = (averages.macro, averages.weighted)
        intents = counts.map { intent, counts in
            let scores = counts.scores
            return IntentScores(
                intent: intent, precision: scores.precision, recall: scores.recall, f1: scores.f1,
                support: counts.support)
        }
        coverage = LabelCounts.share(inScope.count { $0.isAccepted }, of: inScope.count)
        precision = accepted.isEmpty ? nil : LabelCounts.share(accepted.count { $0.isCorrect }, of: accepted.count)
        ambiguous = LabelCounts.share(outcomes.count { $0.isAmbiguous }, of: outcomes.count)
        outOfScopeRecall =
            foreign.isEmpty ? nil : LabelCounts.share(foreign.count { !$0.isAccepted }, of: foreign.count)
        reliability = Self.reliability(outcomes)
        calibrationError = Self.calibrationError(reliability)
        operatingPoints = Self.operatingPoints(outcomes, inScope: inScope.count)
        outOfScopeCurve = OutOfScopeCurve(outcomes)
        confusions = Self.confusions(outcomes)
        confusedPairs = Self.confusedPairs(outcomes)
    }

    /// The short form that a model version carries.
    public func metrics(examples: Int, seconds: Double) -> ModelMetrics {
        ModelMetrics(
            examples: examples, accuracy: accuracy, coverage: coverage, precision: precision ?? 0,
            outOfScopeRecall: outOfScopeRecall, calibrationError: calibrationError, seconds: seconds)
    }

    /// By intent, those that were only predicted too, in the order of their names.
    private static func counts(_ outcomes: [Outcome]) -> [(key: IntentName, value: LabelCounts)] {
        var counts: [IntentName: LabelCounts] = [:]
        for outcome in outcomes {
            counts[outcome.truth, default: LabelCounts()].support += 1
            counts[outcome.best.intent, default: LabelCounts()].predicted += 1
            if outcome.isCorrect { counts[outcome.truth, default: LabelCounts()].correct += 1 }
        }
        return counts.sorted { $0.key < $1.key }
    }

    private static func operatingPoints(_ outcomes: [Outcome], inScope: Int) -> [OperatingPoint] {
        let named = outcomes.filter { $0.best.intent != .outOfScope }
        return (0..<100).map { hundredth in
            let threshold = Double(hundredth) / 100
            let passing = named.filter { $0.best.confidence >= threshold }
            return OperatingPoint(
                threshold: threshold,
                coverage: LabelCounts.share(passing.count { $0.truth != .outOfScope }, of: inScope),
                precision: passing.isEmpty
                    ? nil : LabelCounts.share(passing.count { $0.isCorrect }, of: passing.count))
        }
    }
}
