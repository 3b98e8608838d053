public import ConversationDomain
public import Foundation

/// Something that an agent could answer with.
public struct Suggestion: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// What the bot would say.
        case reply
        /// An entry of the knowledge.
        case knowledge
        /// What an agent answered to a message that meant the same.
        case similar
    }

    public let kind: Kind
    /// As it could be sent.
    public let text: String
    /// What it answers: the entry's question, or the other visitor's message.
    public var question: String?
    /// How likely it is what the visitor needs, 0 to 1, for what the bot ranks.
    public var probability: Double?
    /// How near the question is to the visitor's message, 0 to 1, for what was searched for.
    public var similarity: Double?
    public var intent: IntentName?
    public var knowledge: KnowledgeID?
    /// The entry's source.
    public var link: String?
    /// Where the agent answered so.
    public var conversation: ConversationID?

    public static let limitMaximum = 20
    public static let limitDefault = 5

    public init(_ kind: Kind, text: String) {
        self.kind = kind
        self.text = text
    }
}

/// What an agent says of a reply of the bot that was wrong.
public struct WrongReply: Hashable, Sendable {
    public let conversation: ConversationID
    /// The bot's message.
    public let message: MessageID
    /// What the visitor meant, where the agent says so: one of the two at most.
    public var intent: IntentName?
    public var knowledge: KnowledgeID?
    public var note: String?

    public init(
        conversation: ConversationID, message: MessageID, intent: IntentName? = nil, knowledge: KnowledgeID? = nil,
        note: String? = nil
    ) {
        self.conversation = conversation
        self.message = message
        self.intent = intent
        self.knowledge = knowledge
        self.note = note
    }
}

/// What agents answered to one message of a visitor.
public struct PastReply: Hashable, Sendable {
    public let conversation: ConversationID
    /// The visitor's message.
    public let question: String
    public let text: String

    public init(conversation: ConversationID, question: String, text: String) {
        self.conversation = conversation
        self.question = question
        self.text = text
    }
}

/// Which conversations of a queue are wanted.
public struct QueueFilter: Hashable, Sendable {
    /// Those that have to do with people: `waiting`, `agent`, or both.
    public var statuses: Set<ConversationStatus> = [.waiting]
    public var team: TeamName?

    public static let possible: Set<ConversationStatus> = [.waiting, .agent]
    /// Conversations that are shown when the queue begins to be followed.
    public static let snapshotLimit = 1_000

    public init() {}

    public func takes(_ conversation: Conversation) -> Bool {
        statuses.contains(conversation.status) && (team == nil || team == conversation.team)
    }
}

/// A conversation that is followed from now on.
public struct ConversationFollowing: Sendable {
    /// As it was a moment after the subscription began.
    public let conversation: Conversation
    public let subscription: FeedSubscription
    /// Who wrote the agents' messages so far, and their notes; nothing where no history was asked for.
    public let authors: [MessageID: Assignee]
    public let notes: [Note]
    public let visitorIsConnected: Bool

    public init(
        conversation: Conversation, subscription: FeedSubscription, authors: [MessageID: Assignee], notes: [Note],
        visitorIsConnected: Bool
    ) {
        self.conversation = conversation
        self.subscription = subscription
        self.authors = authors
        self.notes = notes
        self.visitorIsConnected = visitorIsConnected
    }
}

/// Who is connected.
public struct Presence: Hashable, Sendable {
    /// By their names.
    public let agents: [Assignee]
    /// Of the conversation that was asked about.
    public let visitorIsConnected: Bool?

    public init(agents: [Assignee], visitorIsConnected: Bool?) {
        self.agents = agents
        self.visitorIsConnected = visitorIsConnected
    }
}

/// That an agent is connected, until it is ended.
public final class Attendance: Sendable {
    private let onEnd: @Sendable () -> Void

    /// - Parameter onEnd: perhaps called several times.
    public init(onEnd: @escaping @Sendable () -> Void) { self.onEnd = onEnd }

    public func end() { onEnd() }
}

/// What agents do beside answering. Another app's conversation is `ChatError(.notFound)` for all but `admin`.
public protocol DeskService: Sendable {
    /// What could be said next in the conversation, best first; nothing before the visitor has said something. Looks at a bounded
    /// number of messages, and takes a bounded time.
    func suggestions(for id: ConversationID, limit: Int, as principal: Principal) async throws -> [Suggestion]
    /// Puts the visitor's message that was answered wrongly into the review queue.
    /// - Returns: the text in the queue, and whether it was not marked so already.
    /// - Throws: `ChatError(.notFound)` for an unknown message, intent or entry; `ChatError(.conflict)` for a message that the bot did
    ///   not write, or that answers no words.
    func mark(_ wrong: WrongReply, as principal: Principal) async throws -> (review: ReviewID, isNew: Bool)
    /// One side has read everything up to `seq`; less than before changes nothing.
    /// - Parameter side: nil for that of the key, the agents' where it could be both.
    /// - Throws: `ChatError(.conflict)` for a seq that no message has yet; `ChatError(.forbidden)` for a side that the key does not
    ///   speak for.
    func read(_ seq: Int, of id: ConversationID, by side: ConversationSide?, as principal: Principal) async throws
        -> ReadMarks
    /// Shows the visitor that an agent writes. It is not stored.
    /// - Throws: `ChatError(.conflict)` when another agent has the conversation, or it is closed.
    func typing(_ isOn: Bool, in id: ConversationID, name: String?, as principal: Principal) async throws
    /// Shows those who follow the conversation that the visitor writes. The caller has it open already.
    func visitorTypes(_ isOn: Bool, in id: ConversationID)

    /// The agent counts as connected until the attendance ends.
    func attend(as principal: Principal) async throws -> Attendance
    func presence(in id: ConversationID?, as principal: Principal) async throws -> Presence
    /// Whether this agent is connected.
    func isPresent(_ agent: Assignee) -> Bool
    /// Everything of the conversation from now on, what agents have among themselves included.
    func follow(_ id: ConversationID, withHistory: Bool, as principal: Principal) async throws -> ConversationFollowing
    /// Every change of what is in the queue from now on.
    func followQueue(_ filter: QueueFilter, as principal: Principal) throws -> FeedSubscription
    /// A part of what is in the queue now, the newest first.
    /// - Parameter cursor: the `next` of the part before.
    func queue(_ filter: QueueFilter, after cursor: ConversationID?, as principal: Principal) async throws
        -> ConversationPage
}

/// Keeps what agents and visitors mark. Every method is one transaction.
public protocol MarkStore: Sendable {
    /// Never goes back.
    /// - Returns: how far each side has read now; nil when there is no such conversation.
    func markRead(_ id: ConversationID, upTo seq: Int, by side: ConversationSide) async throws -> ReadMarks?
    /// - Throws: as ``DeskService/mark(_:as:)``, for what the store can know.
    func mark(_ wrong: WrongReply, at time: Date) async throws -> (review: ReviewID, isNew: Bool)
    /// The newest replies of agents in an app's conversations, with what they answered.
    /// - Parameters:
    ///   - id: a conversation that is left out.
    ///   - limit: replies at most; a bounded number of messages is looked at for them.
    func pastReplies(in app: AppName, besides id: ConversationID, limit: Int) async throws -> [PastReply]
}
