public import Foundation

/// The two sides of a conversation that people are on.
public enum ConversationSide: String, Hashable, Sendable, Codable, CaseIterable {
    case visitor, agent
}

/// The `seq` up to which each side has read, 0 for nothing. Neither goes back.
public struct ReadMarks: Hashable, Sendable, Codable {
    public var visitor: Int
    public var agent: Int

    public init(visitor: Int = 0, agent: Int = 0) {
        self.visitor = visitor
        self.agent = agent
    }

    public subscript(side: ConversationSide) -> Int {
        switch side {
        case .visitor: visitor
        case .agent: agent
        }
    }
}

/// A note as those who follow a conversation are told of it.
public struct FollowedNote: Hashable, Sendable {
    /// `note_…`
    public let id: String
    public let text: String
    public let author: Assignee
    public let createdAt: Date

    public init(id: String, text: String, author: Assignee, createdAt: Date) {
        self.id = id
        self.text = text
        self.author = author
        self.createdAt = createdAt
    }
}

extension FeedEvent {
    /// Whether who follows on this side hears of it. Visitors do not hear of what agents have among themselves, nor of what they do
    /// themselves.
    public func concerns(_ side: ConversationSide) -> Bool {
        switch self {
        case .turn, .repeated, .rated, .posted, .status, .typing(.agent, _, _), .read(.agent, _): true
        case .noted, .typing(.visitor, _, _), .read(.visitor, _), .visitorPresence, .waits, .waitsNoMore: side == .agent
        }
    }
}

/// Tells how near texts are to one another in meaning.
public protocol SentenceNearness: Sendable {
    /// - Parameters:
    ///   - texts: what is compared, most wanted first.
    ///   - locale: the language of `text`.
    ///   - time: how long it may take; what was not looked at by then counts as different.
    /// - Returns: for each of the texts the cosine with `text`, 0 to 1, where the two mean the same as far as can be told; nil elsewhere.
    func nearness(of texts: [String], to text: String, locale: BotLocale, within time: Duration) async throws
        -> [Double?]
}
