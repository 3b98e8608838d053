public import ConversationDomain
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
    /// The visitor left an address for an answer by e-mail.
    case ticket(email: String)
}

extension Conversation {
    /// The conversation after a step, and what happened by it; nothing when it was so already. Pure: the one table of what leads where.
    /// - Throws: `ChatError(.conflict)` for a step that does not go from where it is.
    public func after(_ step: HandoverStep, at time: Date) throws -> (
        conversation: Conversation, events: [ConversationEvent]
    ) {
        switch step {
        case .request(let reason, let team): try requested(reason, team, time)
        case .take(let agent, let force): try taken(by: agent, force: force, time)
        case .assign(let agent): try taken(by: agent, force: true, time)
        case .giveBack: try givenBack(time)
        case .passOn(let team): try passedOn(to: team, time)
        case .close: status == .closed ? (self, []) : moved(to: .closed, time)
        case .reopen: reopened(time)
        case .comeBack: try cameBack(time)
        case .miss(let miss): missed(miss, time)
        case .ticket(let email): ticketed(email)
        }
    }

    private func requested(_ reason: String, _ team: TeamName?, _ time: Date) throws -> (
        Conversation, [ConversationEvent]
    ) {
        guard status == .bot else { return (self, []) }
        var (after, events) = moved(to: .waiting, time)
        after.handoffReason = reason
        after.handoffAt = time
        after.handoffMissedAt = nil
        if let team { after.team = team }
        events.append(.handoffRequested)
        return (after, events)
    }

    private func taken(by agent: Assignee, force: Bool, _ time: Date) throws -> (Conversation, [ConversationEvent]) {
        guard status != .closed else { throw ChatError(.conflict, "the conversation is closed; reopen it first") }
        let holder = status == .agent ? assignee : nil
        if holder == agent { return (self, []) }
        if let holder, !force {
            throw ChatError(
                .conflict, "\(holder.name) has this conversation; send \"force\": true to take it nevertheless")
        }
        var (after, events) = moved(to: .agent, time)
        after.assignee = agent
        events.append(.handoffTaken(from: holder))
        return (after, events)
    }

    private func givenBack(_ time: Date) throws -> (Conversation, [ConversationEvent]) {
        guard status != .closed else { throw ChatError(.conflict, "the conversation is closed; reopen it first") }
        guard status != .bot else { return (self, []) }
        var (after, events) = moved(to: .bot, time)
        after.assignee = nil
        after.handoffReason = nil
        after.handoffAt = nil
        after.handoffMissedAt = nil
        return (after, events)
    }

    private func passedOn(to team: TeamName, _ time: Date) throws -> (Conversation, [ConversationEvent]) {
        guard status != .closed else { throw ChatError(.conflict, "the conversation is closed; reopen it first") }
        if status == .waiting, self.team == team { return (self, []) }
        var (after, events) = moved(to: .waiting, time)
        after.team = team
        after.assignee = nil
        after.handoffReason = handoffReason ?? "passed on to \(team)"
        after.handoffAt = time
        after.handoffMissedAt = nil
        events.append(.handoffRequested)
        return (after, events)
    }

    /// With whom it was closed, or with the bot.
    private func reopened(_ time: Date) -> (Conversation, [ConversationEvent]) {
        guard status == .closed else { return (self, []) }
        return moved(to: assignee == nil ? .bot : .agent, time)
    }

    /// To the bot, or to the people of whoever had it, since they know what it was about.
    private func cameBack(_ time: Date) throws -> (Conversation, [ConversationEvent]) {
        guard status == .closed else { return (self, []) }
        var open = self
        open.assignee = nil
        open.handoffReason = nil
        let (bot, events) = open.moved(to: .bot, time)
        guard assignee != nil else { return (bot, events) }
        var (waiting, asked) = try bot.requested("the visitor wrote again after the end", team, time)
        asked[0] = .statusChanged(from: .closed)
        waiting.statusAt = time
        return (waiting, asked)
    }

    private func missed(_ miss: HandoffMiss, _ time: Date) -> (Conversation, [ConversationEvent]) {
        guard status == .waiting, handoffMissedAt == nil else { return (self, []) }
        var after = self
        after.handoffMissedAt = time
        return (after, [.handoffMissed(miss)])
    }

    private func ticketed(_ email: String) -> (Conversation, [ConversationEvent]) {
        var after = self
        after.visitor = visitor ?? Visitor()
        after.visitor?.email = email
        return (after, [.ticketRequested(email: email)])
    }

    private func moved(to next: ConversationStatus, _ time: Date) -> (Conversation, [ConversationEvent]) {
        guard status != next else { return (self, []) }
        var after = self
        after.status = next
        after.statusAt = time
        return (after, [.statusChanged(from: status)])
    }
}

// MARK: - Finding conversations

/// Which conversations are wanted, newest first.
public struct ConversationQuery: Hashable, Sendable {
    public enum Holder: Hashable, Sendable {
        case me, nobody
        /// An `agent_…` or `key_…`.
        case named(String)
    }

    /// None for all.
    public var statuses: Set<ConversationStatus> = []
    public var externalID: String?
    public var team: TeamName?
    public var holder: Holder?
    /// The visitor's id.
    public var visitor: String?
    /// A text in messages, in the visitor's name or e-mail, or in the external id.
    public var text: String?
    /// When it began: from, and before.
    public var from: Date?
    public var to: Date?
    /// The last one that an earlier page looked at.
    public var after: ConversationID?
    public var limit = 50

    public static let limitMaximum = 200
    /// Conversations that one page looks at, and how many when their messages are searched.
    public static let lookedAt = 5_000
    public static let searched = 500

    public init() {}
}

/// A page of conversations.
public struct ConversationPage: Hashable, Sendable {
    public let conversations: [Conversation]
    /// Where the next page begins; nil when everything was looked at.
    public let next: ConversationID?

    public init(conversations: [Conversation], next: ConversationID?) {
        self.conversations = conversations
        self.next = next
    }
}

/// What is to be changed of a conversation's description.
public struct ConversationEdit: Hashable, Sendable {
    public enum Field<Value: Hashable & Sendable>: Hashable, Sendable {
        case keep
        /// Nil takes it away.
        case set(Value?)

        public func applied(to value: Value?) -> Value? {
            switch self {
            case .keep: value
            case .set(let new): new
            }
        }
    }

    public var metadata = Field<JSONValue>.keep
    public var visitor = Field<Visitor>.keep
    public var externalID = Field<String>.keep

    public init() {}
}

/// A whole conversation, for people who read it elsewhere.
public struct Transcript: Hashable, Sendable {
    public let conversation: Conversation
    public let messages: [Message]
    /// Who wrote the agents' messages.
    public let authors: [MessageID: Assignee]
    public let notes: [Note]

    /// Messages that one transcript has at most, the newest ones.
    public static let messageLimit = 10_000

    public init(conversation: Conversation, messages: [Message], authors: [MessageID: Assignee], notes: [Note]) {
        self.conversation = conversation
        self.messages = messages
        self.authors = authors
        self.notes = notes
    }
}

// MARK: - Ports

/// What an agent's reply came to.
public struct PostResult: Hashable, Sendable {
    public let message: Message
    public let status: ConversationStatus
    /// It was stored before: this call repeated its `client_message_id`.
    public let isReplay: Bool

    public init(message: Message, status: ConversationStatus, isReplay: Bool) {
        self.message = message
        self.status = status
        self.isReplay = isReplay
    }
}

/// What a caller orders for a conversation. `name` stands for a person whom a program's key speaks for, or an agent's id or name.
public enum HandoverOrder: Hashable, Sendable {
    case take(name: String?, force: Bool)
    case giveBack
    case assign(name: String?, team: TeamName?)
    case reopen
}

/// What agents and ticketing systems call. Another app's conversation is `ChatError(.notFound)` for all but `admin`.
public protocol PeopleService: Sendable {
    func conversations(_ query: ConversationQuery, as principal: Principal) async throws -> ConversationPage
    /// - Throws: `ChatError(.conflict)` for an order that does not go from where the conversation is.
    func perform(_ order: HandoverOrder, on id: ConversationID, as principal: Principal) async throws -> Conversation
    /// Writes to the visitor, in line with the turns.
    /// - Throws: `ChatError(.conflict)` when another agent has the conversation, or the client message id came with another text.
    func reply(
        _ text: String, clientMessageID: String?, to id: ConversationID, name: String?, as principal: Principal
    ) async throws -> PostResult
    func edit(_ edit: ConversationEdit, of id: ConversationID, as principal: Principal) async throws -> Conversation
    func note(_ text: String, on id: ConversationID, name: String?, as principal: Principal) async throws -> Note
    /// The oldest first.
    func notes(on id: ConversationID, as principal: Principal) async throws -> [Note]
    func transcript(of id: ConversationID, as principal: Principal) async throws -> Transcript
    /// Gives the open conversation that has the external id, or makes it: one, however many ask at once.
    /// - Throws: `ChatError(.forbidden)` for a publishable key: whoever has the page could take over another's conversation.
    func find(_ externalID: String, orStart request: ConversationRequest, as principal: Principal) async throws -> (
        conversation: Conversation, isNew: Bool
    )
}

/// Keeps what happens between people. Every method is one transaction.
public protocol PeopleStore: Sendable {
    /// Creates it, or gives the open one of its app that has its external id.
    func createOrFind(_ conversation: Conversation) async throws -> (conversation: Conversation, isNew: Bool)
    /// - Throws: `ChatError(.conflict)` when the conversation is not as the change found it, or another open one has its external id.
    func commit(_ change: ConversationChange) async throws
    /// The message of an agent that was stored under this id.
    func posted(_ clientMessageID: String, in id: ConversationID) async throws -> PostedMessage?
    /// - Parameters:
    ///   - app: nil for all.
    ///   - holder: whoever `me` is.
    func conversations(_ query: ConversationQuery, of app: AppName?, me: String?) async throws -> ConversationPage
    func notes(on id: ConversationID) async throws -> [Note]
    /// The authors of the messages that agents wrote.
    func authors(in id: ConversationID) async throws -> [MessageID: Assignee]
    /// The person whose key it is; nil for the key of a program.
    func agent(of key: KeyID) async throws -> Agent?
    func agent(_ id: AgentID) async throws -> Agent?
    /// The agent of this name who is not disabled.
    func agent(named name: String, of app: AppName) async throws -> Agent?
    /// What the owner called the key.
    func name(of key: KeyID) async throws -> String?
}

/// A person who answers.
public struct Agent: Hashable, Sendable {
    /// What somebody may do beside answering.
    public enum Role: String, Hashable, Sendable, Codable, CaseIterable {
        case agent, lead
    }

    public let id: AgentID
    public let app: AppName
    public let name: String
    public let role: Role
    public let teams: [TeamName]
    /// The key that is theirs.
    public let key: KeyID
    public let createdAt: Date
    public let disabledAt: Date?

    public init(
        id: AgentID, app: AppName, name: String, role: Role, teams: [TeamName], key: KeyID, createdAt: Date,
        disabledAt: Date? = nil
    ) {
        self.id = id
        self.app = app
        self.name = name
        self.role = role
        self.teams = teams
        self.key = key
        self.createdAt = createdAt
        self.disabledAt = disabledAt
    }

    public var assignee: Assignee { Assignee(id: id.rawValue, name: name) }
}
