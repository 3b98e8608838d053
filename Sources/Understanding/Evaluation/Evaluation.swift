public import ConversationDomain
public import Foundation

/// Everything that one run of `frontdesk evaluate` found out. As JSON: the fields of the report, and beside them what
/// was measured, `latency`, `learning_curve` and `mistakes`.
public struct Evaluation: Hashable, Sendable {
    public let subject: EvaluationSubject
    public let report: EvaluationReport
    /// Nil when it was not asked for or there is no model to measure.
    public let latency: LatencyReport?
    /// Nil when it was not asked for.
    public let learningCurve: LearningCurve?
    /// Every sentence that was understood wrongly, the most confident first.
    public let mistakes: [EvaluationReport.Mistake]

    public init(
        subject: EvaluationSubject, outcomes: [EvaluationReport.Outcome], latency: LatencyReport? = nil,
        learningCurve: LearningCurve? = nil
    ) {
        self.subject = subject
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

    public let method: Method
    /// The file's name, or how many folds or which share.
    public let detail: String
    /// Nil where heads were made for the measurement alone.
    public let model: ModelVersionID?
    public let encoder: String
    public let measuredAt: Date
    /// How many examples the bot has of each intent, by name.
    public let trainingExamples: [String: Int]

    public init(
        method: Method, detail: String, model: ModelVersionID?, encoder: String, measuredAt: Date,
        trainingExamples: [String: Int]
    ) {
        self.method = method
        self.detail = detail
        self.model = model
        self.encoder = encoder
        self.measuredAt = measuredAt
        self.trainingExamples = trainingExamples
    }

    enum CodingKeys: String, CodingKey {
        case method, detail, model, encoder
        case measuredAt = "measured_at"
        case trainingExamples = "training_examples"
    }
}

extension Evaluation: Codable {
    enum CodingKeys: String, CodingKey {
        case subject, latency, mistakes
        case learningCurve = "learning_curve"
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        report = try EvaluationReport(from: decoder)
        subject = try fields.decode(EvaluationSubject.self, forKey: .subject)
        latency = try fields.decodeIfPresent(LatencyReport.self, forKey: .latency)
        learningCurve = try fields.decodeIfPresent(LearningCurve.self, forKey: .learningCurve)
        mistakes = try fields.decode([EvaluationReport.Mistake].self, forKey: .mistakes)
    }

    public func encode(to encoder: any Encoder) throws {
        try report.encode(to: encoder)
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(subject, forKey: .subject)
        try fields.encode(latency, forKey: .latency)
        try fields.encode(learningCurve, forKey: .learningCurve)
        try fields.encode(mistakes, forKey: .mistakes)
    }
}
