import ConversationDomain
import Foundation
import People
import Wire

/// What an agent's client can say beside what a visitor's can.
enum DeskFrame: Hashable {
    /// - Parameter after: the seq behind which the history is wanted; nil for none of it.
    case follow(ConversationID, after: Int?)
    /// Nil ends all of them, the queue too.
    case unfollow(ConversationID?)
    case followQueue(QueueFilter)
    case presence(ConversationID?)
    /// Nil is the conversation of the socket's own.
    case read(ConversationID?, seq: Int)
    case typing(ConversationID, Bool)

    static let types = "follow, unfollow, follow_queue, presence, read"

    /// Nil for a type that is none of these, and for a visitor's `typing`.
    init?(_ type: String, _ fields: inout JSONFields) throws {
        switch type {
        case "follow":
            let id = try Self.required(&fields)
            self = .follow(id, after: try fields.integer("after", in: 0...Int.max))
        case "unfollow": self = .unfollow(try Self.conversation(&fields))
        case "follow_queue": self = .followQueue(try Self.filter(&fields))
        case "presence": self = .presence(try Self.conversation(&fields))
        case "read":
            let id = try Self.conversation(&fields)
            guard let seq = try fields.integer("seq", in: 0...Int.max) else {
                throw ChatError(.invalidRequest, "'seq' is required: everything up to it was read")
            }
            self = .read(id, seq: seq)
        case "typing" where fields.holds("conversation_id"):
            let id = try Self.required(&fields)
            guard let isOn = try fields.bool("on") else { throw ChatError(.invalidRequest, "'on' is required") }
            self = .typing(id, isOn)
        default: return nil
        }
    }

    private static func conversation(_ fields: inout JSONFields) throws -> ConversationID? {
        guard let text = try fields.string("conversation_id") else { return nil }
        guard let id = ConversationID(text) else { throw ChatError(.notFound, "there is no such conversation") }
        return id
    }

    private static func required(_ fields: inout JSONFields) throws -> ConversationID {
        guard let id = try conversation(&fields) else {
            throw ChatError(.invalidRequest, "'conversation_id' is required")
        }
        return id
    }

    private static func filter(_ fields: inout JSONFields) throws -> QueueFilter {
        var filter = QueueFilter()
        if let name = try fields.string("team") {
            guard let team = TeamName(name) else {
                throw ChatError(.invalidRequest, "'team' must be a name of 1 to 128 letters, digits and . _ - / :")
            }
            filter.team = team
        }
        if let words = try fields.string("status", atMost: 64) {
            let statuses = UTF8Text(words).parts(at: ",", keepsEmpty: true).map { word in
                QueueFilter.possible.first { UTF8Text($0.rawValue) == word }
            }
            guard !statuses.contains(nil) else {
                throw ChatError(.invalidRequest, "'status' must be waiting, agent or both of them separated by a comma")
            }
            filter.statuses = Set(statuses.compactMap { $0 })
        }
        return filter
    }
}

/// What the server says to those who follow.
enum FollowerFrame: Encodable {
    case following(Conversation, visitorIsConnected: Bool)
    case message(ConversationID, Message, DecisionView?, author: Assignee?)
    case note(ConversationID, FollowedNote)
    case status(ConversationID, ConversationStatus, agent: String?)
    case typing(ConversationID, ConversationSide, Bool, agent: String?)
    case read(ConversationID, ConversationSide, seq: Int)
    case visitorPresence(ConversationID, Bool)
    case presence(Presence, of: ConversationID?)
    case unfollowed(ConversationID?)
    case waits(Conversation)
    case waitsNoMore(ConversationID, ConversationStatus)
    /// What is in the queue now has been shown.
    case queueShown(count: Int, next: ConversationID?)

    enum Keys: String, CodingKey {
        case type, conversation, message, decision, author, note, status, agent, agents, from, on, by, seq, visitor,
            count
        case conversationID = "conversation_id"
        case visitorIsConnected = "visitor_connected"
        case next = "next_cursor"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(type, forKey: .type)
        switch self {
        case .following(let conversation, let visitorIsConnected):
            try container.encode(conversation.id, forKey: .conversationID)
            try container.encode(ConversationView(conversation, for: .secret), forKey: .conversation)
            try container.encode(visitorIsConnected, forKey: .visitorIsConnected)
        case .message(let id, let message, let decision, let author):
            try container.encode(id, forKey: .conversationID)
            try container.encode(message, forKey: .message)
            try container.encode(decision, forKey: .decision)
            try container.encode(author, forKey: .author)
        case .note(let id, let note):
            try container.encode(id, forKey: .conversationID)
            try container.encode(
                Note(
                    id: NoteID(trusted: note.id), author: note.author, text: note.text, createdAt: note.createdAt),
                forKey: .note)
        case .status(let id, let status, let agent):
            try container.encode(id, forKey: .conversationID)
            try container.encode(status, forKey: .status)
            try container.encodeIfPresent(agent, forKey: .agent)
        case .typing(let id, let side, let isOn, let agent):
            try container.encode(id, forKey: .conversationID)
            try container.encode(side, forKey: .from)
            try container.encode(isOn, forKey: .on)
            try container.encodeIfPresent(agent, forKey: .agent)
        case .read(let id, let side, let seq):
            try container.encode(id, forKey: .conversationID)
            try container.encode(side, forKey: .by)
            try container.encode(seq, forKey: .seq)
        case .visitorPresence(let id, let isConnected):
            try container.encode(id, forKey: .conversationID)
            try container.encode(isConnected, forKey: .visitor)
        case .presence(let presence, let id):
            try container.encode(presence.agents, forKey: .agents)
            try container.encodeIfPresent(id, forKey: .conversationID)
            try container.encodeIfPresent(presence.visitorIsConnected, forKey: .visitor)
        case .unfollowed(let id): try container.encode(id, forKey: .conversationID)
        case .waits(let conversation):
            try container.encode(ConversationView(conversation, for: .secret), forKey: .conversation)
        case .waitsNoMore(let id, let status):
            try container.encode(id, forKey: .conversationID)
            try container.encode(status, forKey: .status)
        case .queueShown(let count, let next):
            try container.encode(count, forKey: .count)
            try container.encode(next, forKey: .next)
        }
    }

    private var type: String {
        switch self {
        case .following: "following"
        case .message: "message"
        case .note: "note"
        case .status: "status"
        case .typing: "typing"
        case .read: "read"
        case .visitorPresence, .presence: "presence"
        case .unfollowed: "unfollowed"
        case .waits: "queue"
        case .waitsNoMore: "queue_left"
        case .queueShown: "queue_ready"
        }
    }
}
