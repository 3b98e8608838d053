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
    /// An agent left a note, `note_…`, for the others.
    case noted(id: String, text: String, by: Assignee)
    case rated(Feedback)
}

/// Why nobody took a conversation.
public enum HandoffMiss: String, Hashable, Sendable, Codable, CaseIterable {
    case outsideHours = "outside_hours"
    case nobodyInTime = "nobody_in_time"
}

extension Conversation {
    /// The name that the visitor sees while a person has the conversation.
    public var agentName: String? { status == .agent ? assignee?.name : nil }
}
