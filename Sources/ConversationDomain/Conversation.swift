public import Foundation

/// Who wrote a message.
public enum Sender: String, Hashable, Sendable, Codable {
    case visitor, bot, agent
}

/// Who answers in a conversation. While `waiting` the bot goes on answering; it is silent from `agent` on.
public enum ConversationStatus: String, Hashable, Sendable, Codable, CaseIterable {
    case bot, waiting, agent, closed
}

/// What a visitor told about themselves.
public struct Visitor: Hashable, Sendable, Codable {
    public var id: String?
    public var name: String?
    public var email: String?

    public init(id: String? = nil, name: String? = nil, email: String? = nil) {
        self.id = id
        self.name = name
        self.email = email
    }
}

/// One conversation between a visitor and the bot, later perhaps an agent.
public struct Conversation: Hashable, Sendable, Codable {
    public let id: ConversationID
    /// The app that made it; keys of other apps do not see it.
    public let app: AppName
    public var status: ConversationStatus
    public var locale: BotLocale
    /// The caller named the locale at the start.
    public let localeIsFixed: Bool
    public let channel: ChannelName
    public var visitor: Visitor?
    public var metadata: JSONValue?
    /// The `seq` of its newest message; 0 without messages.
    public var lastSeq: Int
    public let createdAt: Date
    /// Why a person was asked for, when one was.
    public var handoffReason: String?
    /// When a person was asked for, and when the visitor was told that nobody came.
    public var handoffAt: Date?
    public var handoffMissedAt: Date?
    /// The other system's name for it; one open conversation of an app has it.
    public var externalID: String?
    /// Whose people are asked for.
    public var team: TeamName?
    /// The person who has it, or had it when it was closed.
    public var assignee: Assignee?
    /// When `status` became what it is; nil since the beginning.
    public var statusAt: Date?
    /// SHA-256 of the token that a page shows to go on with it; nil for those from before there were tokens.
    public var resumeHash: Data?
    /// The visitor's id was said by the shop's own server, or proven with a token of it.
    public var visitorIsProven = false
    /// How far each side has read.
    public var read = ReadMarks()

    public init(
        id: ConversationID, app: AppName, status: ConversationStatus = .bot, locale: BotLocale,
        localeIsFixed: Bool = false,
        channel: ChannelName, visitor: Visitor? = nil, metadata: JSONValue? = nil, lastSeq: Int = 0, createdAt: Date,
        handoffReason: String? = nil, externalID: String? = nil
    ) {
        self.id = id
        self.app = app
        self.status = status
        self.locale = locale
        self.localeIsFixed = localeIsFixed
        self.channel = channel
        self.visitor = visitor
        self.metadata = metadata
        self.lastSeq = lastSeq
        self.createdAt = createdAt
        self.handoffReason = handoffReason
        self.externalID = externalID
    }
}

/// A button under a reply; pressing it sends its target.
public struct Button: Hashable, Sendable {
    /// What is asked for by pressing it.
    public enum Target: Hashable, Sendable {
        case intent(IntentName, slots: [String: String]?)
        case knowledge(KnowledgeID)
    }

    public let title: String
    public let target: Target

    public init(title: String, intent: IntentName, slots: [String: String]? = nil) {
        self.title = title
        target = .intent(intent, slots: slots)
    }

    public init(title: String, knowledge: KnowledgeID) {
        self.title = title
        target = .knowledge(knowledge)
    }

    public var intent: IntentName? {
        if case .intent(let name, _) = target { name } else { nil }
    }

    public var slots: [String: String]? {
        if case .intent(_, let slots) = target { slots } else { nil }
    }

    public var knowledge: KnowledgeID? {
        if case .knowledge(let id) = target { id } else { nil }
    }
}

/// One message; `seq` counts the messages of its conversation from 1 without gaps.
public struct Message: Hashable, Sendable {
    public let id: MessageID
    public let seq: Int
    public let from: Sender
    public let text: String
    public let buttons: [Button]
    public let inReplyTo: MessageID?
    /// The name of the person who wrote it; nil for others than agents, and where nobody was named.
    public let agent: String?
    public let createdAt: Date

    public init(
        id: MessageID, seq: Int, from: Sender, text: String, buttons: [Button] = [], inReplyTo: MessageID? = nil,
        agent: String? = nil, createdAt: Date
    ) {
        self.id = id
        self.seq = seq
        self.from = from
        self.text = text
        self.buttons = buttons
        self.inReplyTo = inReplyTo
        self.agent = agent
        self.createdAt = createdAt
    }
}

/// What a transport was asked to start.
public struct ConversationRequest: Hashable, Sendable {
    public var locale: BotLocale?
    public var channel: ChannelName?
    public var visitor: Visitor?
    public var metadata: JSONValue?

    public init(
        locale: BotLocale? = nil, channel: ChannelName? = nil, visitor: Visitor? = nil, metadata: JSONValue? = nil
    ) {
        self.locale = locale
        self.channel = channel
        self.visitor = visitor
        self.metadata = metadata
    }
}

/// A stretch of a conversation.
public struct MessagePage: Hashable, Sendable {
    public let messages: [Message]
    /// The newest `seq` of the whole conversation.
    public let lastSeq: Int

    public init(messages: [Message], lastSeq: Int) {
        self.messages = messages
        self.lastSeq = lastSeq
    }
}

/// A visitor's verdict on a reply.
public struct Feedback: Hashable, Sendable {
    public enum Rating: String, Hashable, Sendable, Codable, CaseIterable {
        case up, down
    }

    public let conversation: ConversationID
    public let message: MessageID
    public let rating: Rating
    public let comment: String?

    public init(conversation: ConversationID, message: MessageID, rating: Rating, comment: String?) {
        self.conversation = conversation
        self.message = message
        self.rating = rating
        self.comment = comment
    }

    /// About how many bytes it takes to keep.
    public var storedBytes: Int { 240 + (comment?.utf8.count ?? 0) }
}
