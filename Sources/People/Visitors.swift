public import ConversationDomain
public import Foundation

/// A visitor whom the shop knows by an id of its own: what stands in their conversations, put together.
public struct VisitorRecord: Hashable, Sendable {
    /// As their newest conversation has it.
    public let visitor: Visitor
    public let conversations: Int
    /// When their first and their newest conversation began.
    public let firstSeen: Date
    public let lastSeen: Date

    public init(visitor: Visitor, conversations: Int, firstSeen: Date, lastSeen: Date) {
        self.visitor = visitor
        self.conversations = conversations
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
    }
}

/// How much of a visitor was erased.
public struct Erasure: Hashable, Sendable {
    public var conversations: [ConversationID] = []
    public var messages = 0
    public var notes = 0
    public var feedback = 0
    /// Texts that nobody had decided on in the review queue.
    public var reviewItems = 0
    /// More is left; the next step goes on.
    public var isUnfinished = false

    public init() {}

    public static func += (left: inout Self, right: Self) {
        left.conversations += right.conversations
        left.messages += right.messages
        left.notes += right.notes
        left.feedback += right.feedback
        left.reviewItems += right.reviewItems
        left.isUnfinished = right.isUnfinished
    }
}

/// What the shop's own programs ask about visitors. Another app's are `ChatError(.notFound)` for all but `admin`.
public protocol VisitorService: Sendable {
    func visitor(_ id: String, as principal: Principal) async throws -> VisitorRecord
    /// Everything that was said, at most ``VisitorRecord/exportLimit`` conversations, the newest.
    func export(_ id: String, as principal: Principal) async throws -> (VisitorRecord, [Transcript])
    /// Removes every conversation of the visitor with all that belongs to it.
    func erase(_ id: String, as principal: Principal) async throws -> Erasure
    /// Makes the conversations of one visitor those of another; how many there were.
    func merge(_ id: String, into other: String, as principal: Principal) async throws -> Int
    /// The app's people.
    func agents(as principal: Principal) async throws -> [Agent]
}

extension VisitorRecord {
    /// Conversations that one export has at most.
    public static let exportLimit = 200
}

/// Keeps visitors and agents. Every method is one transaction; `app` is nil for all.
public protocol VisitorStore: Sendable {
    func visitor(_ id: String, of app: AppName?) async throws -> VisitorRecord?
    /// Removes the next few conversations; `isUnfinished` when there are more.
    func erase(_ id: String, of app: AppName?) async throws -> Erasure
    func merge(_ id: String, into other: String, of app: AppName?) async throws -> Int
    func agents(of app: AppName?) async throws -> [Agent]
    /// Stores a new agent with their key, or neither.
    /// - Throws: `ChatError(.conflict)` when an agent of the app has this name.
    func add(_ agent: Agent, key: APIKey) async throws
    /// Ends the agent's work and their key; false when that was so already.
    func disable(_ id: AgentID, at time: Date) async throws -> Bool
}
