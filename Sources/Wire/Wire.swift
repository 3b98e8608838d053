public import ConversationDomain
public import Foundation

// How the domain's values look in JSON, on every wire: snake_case, absent values written as null.

extension Message: Encodable {
    enum WireKeys: String, CodingKey {
        case id, seq, from, text, buttons, agent
        case inReplyTo = "in_reply_to"
        case createdAt = "created_at"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: WireKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(seq, forKey: .seq)
        try container.encode(from, forKey: .from)
        try container.encode(text, forKey: .text)
        try container.encode(buttons, forKey: .buttons)
        try container.encode(inReplyTo, forKey: .inReplyTo)
        try container.encodeIfPresent(agent, forKey: .agent)
        try container.encode(createdAt, forKey: .createdAt)
    }
}

extension Message: Decodable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: WireKeys.self)
        self.init(
            id: try container.decode(MessageID.self, forKey: .id), seq: try container.decode(Int.self, forKey: .seq),
            from: try container.decode(Sender.self, forKey: .from),
            text: try container.decode(String.self, forKey: .text),
            buttons: try container.decode([Button].self, forKey: .buttons),
            inReplyTo: try container.decodeIfPresent(MessageID.self, forKey: .inReplyTo),
            agent: try container.decodeIfPresent(String.self, forKey: .agent),
            createdAt: try container.decode(Date.self, forKey: .createdAt))
    }
}

extension Button: Codable {
    enum WireKeys: String, CodingKey {
        case title, intent, slots, knowledge
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: WireKeys.self)
        try container.encode(title, forKey: .title)
        switch target {
        case .intent(let name, let slots):
            try container.encode(name, forKey: .intent)
            try container.encodeIfPresent(slots, forKey: .slots)
        case .knowledge(let id): try container.encode(id, forKey: .knowledge)
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: WireKeys.self)
        let title = try container.decode(String.self, forKey: .title)
        if let id = try container.decodeIfPresent(KnowledgeID.self, forKey: .knowledge) {
            self.init(title: title, knowledge: id)
        } else {
            self.init(
                title: title, intent: try container.decode(IntentName.self, forKey: .intent),
                slots: try container.decodeIfPresent([String: String].self, forKey: .slots))
        }
    }
}

extension Candidate: Codable {
    enum WireKeys: String, CodingKey {
        case intent, knowledge, probability
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: WireKeys.self)
        switch subject {
        case .intent(let name): try container.encode(name, forKey: .intent)
        case .knowledge(let id): try container.encode(id, forKey: .knowledge)
        }
        try container.encode(probability, forKey: .probability)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: WireKeys.self)
        let subject: Subject =
            if let id = try container.decodeIfPresent(KnowledgeID.self, forKey: .knowledge) {
                .knowledge(id)
            } else {
                .intent(try container.decode(IntentName.self, forKey: .intent))
            }
        self.init(subject: subject, probability: try container.decode(Double.self, forKey: .probability))
    }
}

extension Decision: Codable {
    enum WireKeys: String, CodingKey {
        case action, intent, confidence, threshold, ranking, candidates, rule, template, knowledge, model, labelled,
            labels
        case elapsedMilliseconds = "elapsed_ms"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: WireKeys.self)
        try container.encode(action, forKey: .action)
        try container.encode(intent, forKey: .intent)
        try container.encode(confidence.map(Self.rounded), forKey: .confidence)
        try container.encode(threshold.map(Self.rounded), forKey: .threshold)
        try container.encode(
            ranking.map { IntentScore(intent: $0.intent, confidence: Self.rounded($0.confidence)) }, forKey: .ranking)
        try container.encode(roundedCandidates, forKey: .candidates)
        try container.encode(rule, forKey: .rule)
        try container.encode(template, forKey: .template)
        try container.encode(knowledge, forKey: .knowledge)
        try container.encode(model, forKey: .model)
        try container.encode(
            labelled.map { LabelledMatch(intent: $0.intent, similarity: Self.rounded($0.similarity)) },
            forKey: .labelled)
        try container.encode(roundedLabels, forKey: .labels)
        try container.encode(Self.roundedMilliseconds(elapsedMilliseconds), forKey: .elapsedMilliseconds)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: WireKeys.self)
        self.init(
            action: try container.decode(Action.self, forKey: .action),
            intent: try container.decodeIfPresent(IntentName.self, forKey: .intent),
            confidence: try container.decodeIfPresent(Double.self, forKey: .confidence),
            threshold: try container.decodeIfPresent(Double.self, forKey: .threshold),
            ranking: try container.decode([IntentScore].self, forKey: .ranking),
            rule: try container.decode(String.self, forKey: .rule),
            template: try container.decodeIfPresent(String.self, forKey: .template),
            knowledge: try container.decodeIfPresent(KnowledgeID.self, forKey: .knowledge),
            model: try container.decodeIfPresent(ModelVersionID.self, forKey: .model),
            labelled: try container.decodeIfPresent(LabelledMatch.self, forKey: .labelled),
            labels: try Self.labels(container.decodeIfPresent([String: LabelScore].self, forKey: .labels)),
            // Turns that were stored before knowledge entries competed with intents have none.
            candidates: try container.decodeIfPresent([Candidate].self, forKey: .candidates) ?? [],
            elapsedMilliseconds: try container.decode(Double.self, forKey: .elapsedMilliseconds))
    }

    var roundedCandidates: [Candidate] {
        candidates.map { Candidate(subject: $0.subject, probability: Self.rounded($0.probability)) }
    }

    /// By the classifiers' names, as JSON has them.
    var roundedLabels: [String: LabelScore] {
        Dictionary(
            labels.map { ($0.rawValue, LabelScore(label: $1.label, confidence: Self.rounded($1.confidence))) },
            uniquingKeysWith: { first, _ in first })
    }

    /// Turns that were stored before there were classifiers have none.
    private static func labels(_ stored: [String: LabelScore]?) -> [ClassifierName: LabelScore] {
        Dictionary(
            (stored ?? [:]).map { (ClassifierName(trusted: $0), $1) }, uniquingKeysWith: { first, _ in first })
    }

    /// Six decimals: finer is noise, and a short text is easier to read.
    static func rounded(_ value: Double) -> Double { (value * 1e6).rounded() / 1e6 }

    /// Whole microseconds.
    static func roundedMilliseconds(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}

extension Turn {
    private struct StoredBody: Decodable {
        let message: Message
        let replies: [Message]
        let decision: Decision?
        let status: ConversationStatus
    }

    /// Reads a turn back from the body that ``encodedBody()`` made.
    public init(id: TurnID, conversation: ConversationID, body: Data, clientMessageID: String?) throws {
        let stored = try JSONDecoder.frontdesk().decode(StoredBody.self, from: body)
        self.init(
            id: id, conversation: conversation, message: stored.message, replies: stored.replies,
            decision: stored.decision,
            status: stored.status, clientMessageID: clientMessageID)
    }
}
