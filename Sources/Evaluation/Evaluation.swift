public import ConversationDomain
public import Foundation
public import Measures

/// Everything that one run of `frontdesk evaluate` found out. As JSON: the fields of the report, and beside them what
/// was measured, `replies`, `latency`, `learning_curve` and `mistakes`.
public struct Evaluation: Hashable, Sendable {
    public let subject: EvaluationSubject
    /// The intent head alone.
    public let report: EvaluationReport
    /// What the bot does with whole messages; nil where only the head was measured.
    public let replies: ReplyReport?
    /// Nil when it was not asked for or there is no model to measure.
    public let latency: LatencyReport?
    /// Nil when it was not asked for.
    public let learningCurve: LearningCurve?
    /// Every sentence that was understood wrongly, the most confident first.
    public let mistakes: [EvaluationReport.Mistake]

    public init(
        subject: EvaluationSubject, outcomes: [EvaluationReport.Outcome], replies: ReplyReport? = nil,
        latency: LatencyReport? = nil, learningCurve: LearningCurve? = nil
    ) {
        self.subject = subject
        self.replies = replies
        report = EvaluationReport(outcomes)
        self.latency = latency
        self.learningCurve = learningCurve
        mistakes = EvaluationReport.Mistake.all(in: outcomes)
    }
}

/// What was measured, on what, and when. As JSON: snake_case.
public struct EvaluationSubject: Hashable, Sendable, Codable {
    public enum Method: String, Hashable, Sendable, Codable {
        /// The active model on the sentences of a file.
        case file
        /// Every example of the bot judged by a head that had not seen it.
        case crossValidation = "cross_validation"
        /// A share of the bot's examples judged by a model trained on the rest.
        case heldOut = "held_out"
    }

    /// Whose words the sentences are: one author's sentences are like each other, so that a bot does better on them than on what
    /// customers write. As JSON: snake_case.
    public struct TextOrigin: Hashable, Sendable, Codable {
        public enum Author: String, Hashable, Sendable, Codable {
            /// Who wrote what the bot learns from.
            case ownExamples = "own_examples"
            case others
        }

        public let author: Author
        /// Different sentences.
        public let texts: Int
        /// Of them, those that the bot has among its own examples.
        public let known: Int
        /// Sentences that were left out because they are there already.
        public let repeated: Int

        public init(author: Author, texts: Int, known: Int, repeated: Int = 0) {
            self.author = author
            self.texts = texts
            self.known = known
            self.repeated = repeated
        }

        /// The bot's own examples.
        public static func ownExamples(_ count: Int) -> TextOrigin {
            TextOrigin(author: .ownExamples, texts: count, known: count)
        }
    }

    public let method: Method
    /// The file's name, or how many folds or which share.
    public let detail: String
    /// Nil where heads were made for the measurement alone.
    public let model: ModelVersionID?
    public let encoder: String
    public let measuredAt: Date
    /// How many examples the bot has of each intent, by name.
    public let trainingExamples: [String: Int]
    public let origin: TextOrigin

    public init(
        method: Method, detail: String, model: ModelVersionID?, encoder: String, measuredAt: Date,
        trainingExamples: [String: Int], origin: TextOrigin
    ) {
        self.method = method
        self.detail = detail
        self.model = model
        self.encoder = encoder
        self.measuredAt = measuredAt
        self.trainingExamples = trainingExamples
        self.origin = origin
    }

    enum CodingKeys: String, CodingKey {
        case method, detail, model, encoder, origin
        case measuredAt = "measured_at"
        case trainingExamples = "training_examples"
    }
}

extension Evaluation: Codable {
    enum CodingKeys: String, CodingKey {
        case subject, replies, latency, mistakes
        case learningCurve = "learning_curve"
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        report = try EvaluationReport(from: decoder)
        subject = try fields.decode(EvaluationSubject.self, forKey: .subject)
        replies = try fields.decodeIfPresent(ReplyReport.self, forKey: .replies)
        latency = try fields.decodeIfPresent(LatencyReport.self, forKey: .latency)
        learningCurve = try fields.decodeIfPresent(LearningCurve.self, forKey: .learningCurve)
        mistakes = try fields.decode([EvaluationReport.Mistake].self, forKey: .mistakes)
    }

    public func encode(to encoder: any Encoder) throws {
        try report.encode(to: encoder)
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(subject, forKey: .subject)
        try fields.encode(replies, forKey: .replies)
        try fields.encode(latency, forKey: .latency)
        try fields.encode(learningCurve, forKey: .learningCurve)
        try fields.encode(mistakes, forKey: .mistakes)
    }
}
