import BERTTraining
public import ConversationDomain
public import LinearModels

/// How a head is trained.
public struct TrainingOptions: Hashable, Sendable {
    /// Decides which example goes into which fold.
    public var seed: UInt64 = 1
    /// Folds of the cross-validation that calibration and thresholds come from, 2 to 20.
    public var folds = 5
    /// The share of accepted messages that should be understood rightly.
    public var targetPrecision = 0.95
    /// C of logistic regression: larger follows the examples more closely. Nil for what measured best on the validation
    /// parts of public sets.
    public var inverseRegularisation: Double?
    /// Two intents whose confidences differ by less are ambiguous.
    public var margin = 0.25
    /// Heads that are trained at the same time, each on a thread of its own.
    public var threads = 1
    /// Examples and intents that are accepted.
    public var exampleLimit = 200_000
    public var intentLimit = 2_000

    public init() {}

    /// C for a head on an encoder that was trained for the examples or not: one that was has set them apart already.
    func inverseRegularisation(isTuned: Bool) -> Double { inverseRegularisation ?? (isTuned ? 0.2 : 1) }
}

/// A sentence with the intent that it stands for.
public struct LabelledText: Hashable, Sendable {
    public let text: String
    public let intent: IntentName
    /// Where a sentence comes from.
    public enum Origin: Hashable, Sendable {
        /// Somebody gave it as an example.
        case said
        /// It is the intent's name or description.
        case description
        /// It is an answer or a button in a language that the intent has no examples of.
        case foreignAnswer
    }

    public let origin: Origin
    /// Whether no customer said it: it is learnt from but never measured on.
    public var isHint: Bool { origin != .said }

    public init(text: String, intent: IntentName, origin: Origin = .said) {
        self.text = text
        self.intent = intent
        self.origin = origin
    }

    /// Examples are many and long, and are sorted out as sets.
    public static func == (left: Self, right: Self) -> Bool {
        left.intent == right.intent && left.origin == right.origin && UTF8Text(left.text) == UTF8Text(right.text)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(UTF8Text(text))
        hasher.combine(intent)
    }
}

/// How far a training is.
public enum TrainingProgress: Hashable, Sendable {
    /// Examples embedded, of all.
    case embedding(done: Int, total: Int)
    /// Heads trained, of all: one a fold and the final one.
    case fitting(done: Int, total: Int)
    /// The head that is kept learns.
    case fit(HeadFit)
    /// The encoder itself learns.
    case tuning(TuningProgress)
}

/// How far the training of an encoder is.
public struct TuningProgress: Hashable, Sendable {
    /// The run, from 1, and how many there are: those that measure come before the one that is kept.
    public let run: Int
    public let runs: Int
    public let step: Int
    public let steps: Int
    /// The mean loss of the last steps.
    public let loss: Double
    /// The learning rate of the last step.
    public let learningRate: Double
    public let tokensPerSecond: Double
    /// Of this run.
    public let secondsLeft: Double
    /// The share of held-out examples that were named rightly when it was last measured.
    public let accuracy: Double?
}

extension TuningProgress {
    init(_ progress: BERTTraining.TrainingProgress, run: Int, of runs: Int) {
        self.init(
            run: run, runs: runs, step: progress.step, steps: progress.steps, loss: progress.loss,
            learningRate: Double(progress.learningRate), tokensPerSecond: progress.tokensPerSecond,
            secondsLeft: progress.secondsLeft, accuracy: progress.accuracy)
    }
}

/// A sentence that several intents claim.
public struct SharedSentence: Hashable, Sendable, CustomStringConvertible {
    public let text: String
    public let intents: [IntentName]

    public var description: String { "'\(text.prefix(80))' (\(intents.map(\.rawValue).joined(separator: ", ")))" }
}

/// Something about the examples that makes the result worse than it could be.
public enum TrainingWarning: Hashable, Sendable, CustomStringConvertible {
    /// The intents have a single example, so that nothing could be measured on them.
    case singleExample([IntentName])
    /// The intents have no example: their names and descriptions stand for them.
    case descriptionOnly([IntentName])
    /// The intents have fewer than five examples.
    case fewExamples([IntentName])
    /// The same sentence stands for several intents.
    case sharedSentences([SharedSentence])
    /// There are no examples of what the bot should reject.
    case noOutOfScope
    /// Too few examples to measure thresholds with; fixed ones are used.
    case notCalibrated
    /// The entities are marked too seldom to be learnt, and nothing else is known of them.
    case fewMarks([EntityName])
    /// A classifier beside the intents has one of these flaws, which the text tells.
    case classifier(ClassifierName, String)

    public var description: String {
        switch self {
        case .singleExample(let intents): "only one example: \(Self.list(intents)); add more to be able to measure them"
        case .descriptionOnly(let intents):
            "known by name and description only: \(Self.list(intents)); add examples to be able to measure them"
        case .fewExamples(let intents): "fewer than five examples: \(Self.list(intents))"
        case .sharedSentences(let sentences):
            "examples of more than one intent, which cannot be learnt: "
                + sentences.prefix(10).map(\.description).joined(separator: "; ")
                + (sentences.count > 10 ? "; and \(sentences.count - 10) more" : "")
        case .noOutOfScope: "no out_of_scope examples: the bot will reject foreign questions by confidence alone"
        case .notCalibrated: "too few examples to calibrate; confidences are raw and every threshold is a fixed value"
        case .fewMarks(let entities):
            "marked fewer than \(EntitySpan.fewestToLearn) times, so not learnt: \(Self.list(entities))"
        case .classifier(let name, let flaw): "\(name): \(flaw)"
        }
    }

    private static func list(_ names: [some CustomStringConvertible]) -> String {
        let shown = names.prefix(10).map(\.description).joined(separator: ", ")
        return names.count > 10 ? shown + " and \(names.count - 10) more" : shown
    }
}
