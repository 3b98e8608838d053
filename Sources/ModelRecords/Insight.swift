public import ConversationDomain

/// One text's classification, as `POST /v1/classify` shows it.
public struct Classification: Hashable, Sendable {
    public let text: String
    /// Nil when no intent was accepted.
    public let intent: IntentName?
    public let confidence: Double
    public let isAccepted: Bool
    public let ranking: [IntentScore]
    public let entities: [Entity]
    /// The label from the review queue that was followed instead of the model.
    public let labelled: LabelledMatch?

    public init(
        text: String, intent: IntentName?, confidence: Double, isAccepted: Bool, ranking: [IntentScore],
        entities: [Entity], labelled: LabelledMatch? = nil
    ) {
        self.text = text
        self.intent = intent
        self.confidence = confidence
        self.isAccepted = isAccepted
        self.ranking = ranking
        self.entities = entities
        self.labelled = labelled
    }
}

/// One text's label from a classifier beside the intents, as `POST /v1/classify` shows it.
public struct LabelClassification: Hashable, Sendable {
    public let text: String
    /// The best of the ranking, accepted or not: a text always has one of the labels.
    public let top: LabelScore
    public let isAccepted: Bool
    public let ranking: [LabelScore]

    public init(text: String, top: LabelScore, isAccepted: Bool, ranking: [LabelScore]) {
        self.text = text
        self.top = top
        self.isAccepted = isAccepted
        self.ranking = ranking
    }
}

/// An intent as `GET /v1/intents` shows it.
public struct IntentSummary: Hashable, Sendable {
    public let name: IntentName
    /// What buttons call it.
    public let title: [BotLocale: String]
    public let description: String
    public let examples: [BotLocale: Int]
    public let slots: [SlotDefinition]
    public let answers: Int

    public init(
        name: IntentName, title: [BotLocale: String] = [:], description: String, examples: [BotLocale: Int],
        slots: [SlotDefinition], answers: Int
    ) {
        self.name = name
        self.title = title
        self.description = description
        self.examples = examples
        self.slots = slots
        self.answers = answers
    }
}

/// What a caller may ask beside chatting: classify, search, and what is live.
public protocol InsightService: Sendable {
    /// - Parameter top: how many entries of each ranking to give.
    func classify(_ texts: [String], top: Int, locale: BotLocale?) async throws -> (
        model: ModelVersionID, results: [Classification]
    )
    /// Labels by a classifier beside the intents.
    /// - Throws: `ChatError(.invalidRequest)` that lists the classifiers when there is none of that name.
    func label(_ texts: [String], by classifier: ClassifierName, top: Int) async throws -> (
        model: ModelVersionID, results: [LabelClassification]
    )
    func search(_ query: String, limit: Int, locale: BotLocale?) async throws -> [KnowledgeHit]
    func intents() async throws -> [IntentSummary]
    func models() async throws -> [ModelSummary]
    /// Whether the server can answer now; the text says what is missing.
    func readiness() async -> (isReady: Bool, detail: String)
}
