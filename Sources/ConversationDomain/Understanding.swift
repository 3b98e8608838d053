/// A value found in a message.
public struct Entity: Hashable, Sendable, Codable {
    public let entity: EntityName
    /// Normalised: digits of a phone number, `2026-11-23` for a date, `49.90` for an amount, an upper-case order number, the
    /// listed value that a synonym stands for; otherwise as it stands in the message.
    public let value: String
    /// As it stands in the message.
    public let text: String
    /// Offsets in Unicode scalars of the caller's text, `end` exclusive.
    public let start: Int
    public let end: Int
    /// The probability by which the model found it, 0 to 1; nil where a rule did.
    public let confidence: Double?

    public init(
        entity: EntityName, value: String, text: String, start: Int, end: Int, confidence: Double? = nil
    ) {
        self.entity = entity
        self.value = value
        self.text = text
        self.start = start
        self.end = end
        self.confidence = confidence
    }

    /// Like all of the wire formats, with null for what there is not.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(entity, forKey: .entity)
        try container.encode(value, forKey: .value)
        try container.encode(text, forKey: .text)
        try container.encode(start, forKey: .start)
        try container.encode(end, forKey: .end)
        try container.encode(confidence, forKey: .confidence)
    }
}

/// What one encoder pass tells about a message.
public struct MessageUnderstanding: Hashable, Sendable {
    /// Why the top intent may not be acted on.
    public enum Verdict: Hashable, Sendable {
        /// The top intent reached its threshold, with enough distance from the second.
        case accepted
        /// Two or more intents are too close to choose between; best first.
        case ambiguous([IntentName])
        /// The top intent is below its threshold.
        case belowThreshold
        /// The message is none of the bot's business.
        case outOfScope
    }

    public let model: ModelVersionID
    /// All intents but `out_of_scope`, best first; confidences are calibrated.
    public let ranking: [IntentScore]
    /// The threshold of the top intent.
    public let threshold: Double
    public let verdict: Verdict
    public var entities: [Entity]
    /// The sentence embedding, L2-normalised, `[hidden]`.
    public let embedding: [Float]
    /// The label that decided instead of the model's head; nil when the head did.
    public let labelled: LabelledMatch?
    /// What the classifiers beside the intents say, by their names.
    public let labels: [LabelJudgement]
    /// What the bot could reply with, most probable first, at most `candidateLimit`.
    public var candidates: [Candidate]
    /// The probability from which on a candidate is right as often as the owner wants; nil where only that of the top intent
    /// was measured, which is `threshold`.
    public var answerThreshold: Double?
    /// What the model version makes of the message by itself, labels of people included; the content's ranking is left out, so
    /// that versions can be compared.
    public let version: VersionDecision
    /// What may be done by saying it, nearest first.
    public var acts: [SpeechActScore]
    /// The intents that the message turns down.
    public var refused: Set<IntentName>
    /// Those that it may turn down, by the same measure: something else has to say so too. With each the most by which what is turned
    /// down may be less probable, said without the refusal, than the whole message makes the intent.
    public var nearlyRefused: [IntentName: Double]
    /// How much nearer the message is to what nothing here answers than to all that the bot could answer, -1 to 1.
    public var foreignLead: Double
    /// The danger that the message may tell of; nil where it is like none.
    public var danger: DangerScore?

    public static let candidateLimit = 10

    /// - Parameters:
    ///   - candidates: in any order; the most probable are kept.
    ///   - version: nil where `ranking` and `verdict` are the model's own.
    public init(
        model: ModelVersionID, ranking: [IntentScore], threshold: Double, verdict: Verdict, entities: [Entity],
        embedding: [Float], labelled: LabelledMatch? = nil, labels: [LabelJudgement] = [],
        candidates: [Candidate] = [], answerThreshold: Double? = nil, version: VersionDecision? = nil,
        acts: [SpeechActScore] = [],
        refused: Set<IntentName> = [], nearlyRefused: [IntentName: Double] = [:], foreignLead: Double = 0,
        danger: DangerScore? = nil
    ) {
        self.danger = danger
        self.foreignLead = foreignLead
        self.acts = acts
        self.refused = refused
        self.nearlyRefused = nearlyRefused
        self.version = version ?? VersionDecision(ranking: ranking, verdict: verdict)
        self.model = model
        self.ranking = ranking
        self.threshold = threshold
        self.verdict = verdict
        self.entities = entities
        self.embedding = embedding
        self.labelled = labelled
        self.labels = labels
        self.candidates = Array(candidates.sorted { $0.probability > $1.probability }.prefix(Self.candidateLimit))
        self.answerThreshold = answerThreshold
    }

    public var top: IntentScore? { ranking.first }

    /// The same message, its entities and speech acts included, with what another reading of it says of what is asked for.
    public func ranked(as other: MessageUnderstanding) -> MessageUnderstanding {
        MessageUnderstanding(
            model: model, ranking: other.ranking, threshold: other.threshold, verdict: other.verdict,
            entities: entities, embedding: embedding, labelled: labelled ?? other.labelled, labels: labels,
            candidates: other.candidates, answerThreshold: other.answerThreshold, version: version, acts: acts,
            refused: other.refused, nearlyRefused: other.nearlyRefused, foreignLead: foreignLead, danger: danger)
    }

    /// The same message with the speech acts of the same words in another spelling, and a danger that either tells of.
    public func acting(as other: MessageUnderstanding) -> MessageUnderstanding {
        var copy = self
        copy.acts = other.acts
        copy.foreignLead = min(foreignLead, other.foreignLead)
        copy.danger = [danger, other.danger].compactMap { $0 }.max { $0.margin < $1.margin }
        return copy
    }
}

/// An answer found in the knowledge base.
public struct KnowledgeHit: Hashable, Sendable {
    public let entry: KnowledgeEntry
    /// The question variant that matched best.
    public let question: String
    /// 0 to 1, comparable between queries of one model.
    public let score: Double
    /// Whether the score reaches the knowledge base's own threshold, so that the answer may be given unasked.
    public let isAccepted: Bool

    public init(entry: KnowledgeEntry, question: String, score: Double, isAccepted: Bool) {
        self.entry = entry
        self.question = question
        self.score = score
        self.isAccepted = isAccepted
    }
}
