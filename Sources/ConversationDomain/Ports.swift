public import Foundation

/// What every chat transport calls.
public protocol ChatService: Sendable {
    func start(_ request: ConversationRequest, as principal: Principal) async throws -> Conversation
    /// - Throws: `ChatError(.notFound)` when it does not exist or belongs to another app.
    func conversation(_ id: ConversationID, as principal: Principal) async throws -> Conversation
    /// Runs one turn; when it returns, the turn is on disk. A repeated client message id gives the stored turn, of which the message's
    /// `origin` alone is told.
    func respond(to message: InboundMessage, as principal: Principal) async throws -> TurnResult
    func messages(in id: ConversationID, after seq: Int, limit: Int, as principal: Principal) async throws
        -> MessagePage
    /// - Parameter origin: the subscription whose socket sent it, if any; it is told that the rating is stored.
    func record(_ feedback: Feedback, from origin: UUID?, as principal: Principal) async throws
    func close(_ id: ConversationID, as principal: Principal) async throws -> Conversation
    /// Everything that is committed to the conversation from now on, in commit order.
    func follow(_ id: ConversationID, as principal: Principal) async throws -> FeedSubscription
}

/// What happened in a conversation.
public enum FeedEvent: Hashable, Sendable {
    /// A committed turn; `origin` is the subscription whose socket sent it, if any.
    case turn(Turn, origin: UUID?)
    /// The turn that a message had when it was sent before. Only the subscription whose socket sent it again hears of it.
    case repeated(Turn)
    /// The rating of this reply is stored. Only the subscription whose socket sent it hears of it.
    case rated(MessageID)
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

/// Hears of every turn that understood words, after it was committed.
public protocol TurnFollower: Sendable {
    /// Must return at once: the caller's reply waits for it.
    func turnCommitted(_ turn: Turn, understanding: MessageUnderstanding)
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
