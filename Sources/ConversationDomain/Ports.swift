public import Foundation

/// What every chat transport calls.
public protocol ChatService: Sendable {
    func start(_ request: ConversationRequest, as principal: Principal) async throws -> Conversation
    /// - Throws: `ChatError(.notFound)` when it does not exist or belongs to another app.
    func conversation(_ id: ConversationID, as principal: Principal) async throws -> Conversation
    /// Runs one turn; when it returns, the turn is on disk. A repeated client message id gives the stored turn.
    func respond(to message: InboundMessage, as principal: Principal) async throws -> TurnResult
    func messages(in id: ConversationID, after seq: Int, limit: Int, as principal: Principal) async throws
        -> MessagePage
    func record(_ feedback: Feedback, as principal: Principal) async throws
    func close(_ id: ConversationID, as principal: Principal) async throws -> Conversation
    /// Everything that is committed to the conversation from now on, in commit order.
    func follow(_ id: ConversationID, as principal: Principal) async throws -> FeedSubscription
}

/// What happened in a conversation.
public enum FeedEvent: Hashable, Sendable {
    /// A committed turn; `origin` is the subscription whose socket sent it, if any.
    case turn(Turn, origin: UUID?)
    /// A message outside the turns: an agent's, or the bot's own.
    case posted(PostedMessage)
    /// - Parameter agent: the name of the person who has the conversation.
    case status(ConversationStatus, agent: String? = nil)
    /// What agents write for each other.
    case noted(FollowedNote)
    /// Somebody has begun to write, or stopped.
    /// - Parameter agent: the name of the person, for the agents' side.
    case typing(ConversationSide, Bool, agent: String?)
    /// One side has read everything up to this `seq`.
    case read(ConversationSide, upTo: Int)
    /// Whether the visitor is connected by a socket.
    case visitorPresence(Bool)
    /// A conversation of a queue, as it is now.
    case waits(Conversation)
    /// A conversation is in the queue no more.
    case waitsNoMore(ConversationID, ConversationStatus)
}

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

/// Tells whether what is said can be stored.
public protocol StorageHealth: Sendable {
    /// What keeps the server from storing anything, in words without paths; nil when all is well. Answers within a second or two.
    func fault() async -> String?
}

/// Understands messages with the active model.
public protocol IntentClassifier: Sendable {
    /// - Throws: `ChatError(.overloaded)` when the queue is full, `ChatError(.notReady)` without an active model.
    /// - Parameter locale: the visitor's, which tells the entries that may be shown; nil for all.
    func understand(_ texts: [String], visitor locale: BotLocale?) async throws -> [MessageUnderstanding]
}

/// Finds answers in the owner's knowledge entries.
public protocol KnowledgeBase: Sendable {
    /// Best first. Fuses full-text and embedding search.
    /// - Parameters:
    ///   - embedding: the query's embedding if it is known already; made otherwise.
    ///   - model: the version that made `embedding`.
    func search(_ query: String, embedding: [Float]?, model: ModelVersionID?, locale: BotLocale?, limit: Int)
        async throws
        -> [KnowledgeHit]
}

/// Keeps conversations. Every method is one transaction.
public protocol ConversationStore: Sendable {
    func create(_ conversation: Conversation) async throws
    func conversation(_ id: ConversationID) async throws -> Conversation?
    /// The conversation, the dialogue's state, and the turn that already has this client message id, read as one.
    func turnContext(_ id: ConversationID, clientMessageID: String?) async throws -> TurnContext?
    /// Returns after the commit is on disk. Commits of concurrent turns share one.
    /// - Returns: about how many bytes the turn added to what is stored.
    @discardableResult
    func commit(_ turn: TurnCommit) async throws -> Int
    func messages(in id: ConversationID, after seq: Int, limit: Int) async throws -> MessagePage
    /// False when the conversation has no such bot or agent message.
    /// - Parameter account: what the feedback's bytes are added to.
    func record(_ feedback: Feedback, at: Date, account: StorageAccount?) async throws -> Bool
    /// The new conversation, nil when there is none of that id.
    func setStatus(_ status: ConversationStatus, of id: ConversationID) async throws -> Conversation?
}

/// What a turn starts from.
public struct TurnContext: Sendable {
    public var conversation: Conversation
    public let state: DialogueState
    /// The turn that was stored under the same client message id.
    public let repeated: StoredTurn?
    /// False for a conversation that is stored with its first turn.
    public let isStored: Bool

    public init(conversation: Conversation, state: DialogueState, repeated: StoredTurn?, isStored: Bool = true) {
        self.conversation = conversation
        self.state = state
        self.repeated = repeated
        self.isStored = isStored
    }
}

/// What an import would change, or has changed.
public struct ContentChange: Hashable, Sendable {
    public var intentsAdded: [IntentName] = []
    public var intentsChanged: [IntentName] = []
    public var intentsRemoved: [IntentName] = []
    public var examplesAdded = 0
    public var examplesRemoved = 0
    public var templatesChanged = 0
    public var knowledgeAdded = 0
    public var knowledgeChanged = 0
    public var knowledgeRemoved = 0
    public var entitiesAdded = 0
    public var entitiesChanged = 0
    public var entitiesRemoved = 0
    public var settingsChanged = false
    /// Locales whose phrases differ.
    public var phrasesChanged: [BotLocale] = []
    public var teamsChanged = false

    public init() {}

    public var isEmpty: Bool { self == ContentChange() }
    /// Whether the classifier's training data differ.
    public var needsTraining: Bool { examplesAdded > 0 || examplesRemoved > 0 || !intentsRemoved.isEmpty }
}

/// Keeps what bot owners wrote.
public protocol ContentStore: Sendable {
    /// Counts up with every change; cheap to read.
    func revision() async throws -> Int64
    func content() async throws -> (revision: Int64, content: BotContent)
    /// Merges by intent name and knowledge id. An intent that comes with a description, slots or answers replaces the stored one;
    /// one that has examples only (a CSV file) adds them to it;
    /// with `replacing`, what is not in `content` is removed. One transaction; a dry run rolls it back.
    func apply(_ content: BotContent, replacing: Bool, dryRun: Bool, progress: @escaping @Sendable (Int, Int) -> Void)
        async throws -> ContentChange
}

/// Keeps model versions and the encoder's outputs for texts that were seen before.
public protocol ModelStore: Sendable {
    func add(_ model: ModelVersion) async throws
    func list() async throws -> [ModelSummary]
    func model(_ id: ModelVersionID) async throws -> ModelVersion?
    func activeID() async throws -> ModelVersionID?
    /// - Throws: `ChatError(.notFound)`.
    func activate(_ id: ModelVersionID, at: Date) async throws
    /// Activates the version that was active before; its id.
    /// - Throws: `ChatError(.conflict)` when there is none.
    func rollback(at: Date) async throws -> ModelVersionID
    /// Embeddings by the key that `cacheEmbeddings` stored them under, for the keys that are there.
    func cachedEmbeddings(_ keys: [Data], encoderHash: String) async throws -> [Data: [Float]]
    func cacheEmbeddings(_ embeddings: [Data: [Float]], encoderHash: String) async throws
}

/// Keeps API keys.
public protocol KeyStore: Sendable {
    func add(_ key: APIKey) async throws
    func list() async throws -> [APIKey]
    /// False when there is no such key that is not revoked already.
    func revoke(_ id: KeyID, at: Date) async throws -> Bool
    /// A fresh look at the disk, so that another process's create and revoke count at once.
    func key(hash: Data) async throws -> APIKey?
    /// Another value as soon as a key was made or revoked, by whichever process; cheap enough for every request.
    func revision() async throws -> KeyRevision
}

/// Tells one state of the keys from another. Keys are only added and revoked, so counting them is enough.
public struct KeyRevision: Hashable, Sendable {
    public let keys: Int
    public let revoked: Int
    public let newest: KeyID?

    public init(keys: Int, revoked: Int, newest: KeyID?) {
        self.keys = keys
        self.revoked = revoked
        self.newest = newest
    }
}
