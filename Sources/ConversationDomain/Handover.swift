public import Foundation

/// Names a person who answers, as `frontdesk agents create` made them.
public struct AgentID: PrefixedIdentifier {
    public static let prefix = "agent"
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
}

/// Names a note.
public struct NoteID: PrefixedIdentifier {
    public static let prefix = "note"
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
}

/// The people who answer for one matter, such as `billing`.
public struct TeamName: ChosenName {
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
}

/// Who has a conversation, or wrote in it, as everybody is told.
public struct Assignee: Hashable, Sendable, Codable {
    /// `agent_…`, or `key_…` for the key of a program that answers for several people.
    public let id: String
    public let name: String

    public init(id: String, name: String) {
        self.id = id
        self.name = name
    }

    public static func == (left: Self, right: Self) -> Bool {
        UTF8Text(left.id) == UTF8Text(right.id) && UTF8Text(left.name) == UTF8Text(right.name)
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(UTF8Text(id)) }
}

/// A message that is no part of a turn: an agent's, or what the bot says without being asked.
public struct PostedMessage: Hashable, Sendable {
    public let message: Message
    /// The agent who wrote it; nil for the bot.
    public let author: Assignee?
    /// The caller's own name for it: the same one again is answered with what was stored.
    public let clientMessageID: String?

    public init(message: Message, author: Assignee?, clientMessageID: String? = nil) {
        self.message = message
        self.author = author
        self.clientMessageID = clientMessageID
    }
}

/// What agents write for each other; visitors never see it, and it has no `seq`.
public struct Note: Hashable, Sendable {
    public let id: NoteID
    public let author: Assignee
    public let text: String
    public let createdAt: Date

    public init(id: NoteID, author: Assignee, text: String, createdAt: Date) {
        self.id = id
        self.author = author
        self.text = text
        self.createdAt = createdAt
    }
}

/// One thing that happened in a conversation. Whatever changes who has it, or what was said, is one of these, and the store's
/// `ConversationJournal` sees each in the transaction that makes it so.
public enum ConversationEvent: Hashable, Sendable {
    /// The conversation was stored for the first time.
    case created
    /// The visitor said something, and the bot perhaps replied.
    case turn(Turn)
    /// An agent wrote, or the bot without being asked.
    case posted(PostedMessage)
    case statusChanged(from: ConversationStatus)
    /// A person is asked for; the conversation has the reason and the team.
    case handoffRequested
    /// An agent has it now; `from` had it before, if anybody.
    case handoffTaken(from: Assignee?)
    /// Nobody took it in time, or nobody works now.
    case handoffMissed(HandoffMiss)
    /// The visitor left an address for an answer by e-mail.
    case ticketRequested(email: String)
    /// Its external id, visitor or metadata are others now.
    case edited
    case noted(Note)
    case rated(Feedback)
}

/// Why nobody took a conversation.
public enum HandoffMiss: String, Hashable, Sendable, Codable, CaseIterable {
    case outsideHours = "outside_hours"
    case nobodyInTime = "nobody_in_time"
}

/// A change of a conversation beside its turns, committed as one.
public struct ConversationChange: Sendable {
    /// As the change found it; a store that holds another `lastSeq` or status refuses with `conflict`.
    public let before: Conversation
    public let after: Conversation
    public let events: [ConversationEvent]
    public let at: Date

    public init(before: Conversation, after: Conversation, events: [ConversationEvent], at: Date) {
        self.before = before
        self.after = after
        self.events = events
        self.at = at
    }
}

// MARK: - From one status to the next

/// What may happen to a conversation when people answer in it.
public enum HandoverStep: Hashable, Sendable {
    /// A person is asked for.
    case request(reason: String, team: TeamName?)
    /// - Parameter force: takes it from whoever has it.
    case take(Assignee, force: Bool)
    /// Back to the bot.
    case giveBack
    /// To somebody, whoever has it.
    case assign(Assignee)
    /// To whoever of a team takes it first.
    case passOn(TeamName)
    case close
    case reopen
    /// The visitor wrote again after the end.
    case comeBack
    case miss(HandoffMiss)
}
