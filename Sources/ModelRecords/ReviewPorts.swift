public import ConversationDomain
public import Foundation

/// Keeps the review queue. Every method is one transaction.
public protocol ReviewStore: Sendable {
    /// Puts a text into the queue; one that is there already gets the reason and is counted. A decided text stays decided,
    /// unless it is an agent who contradicts.
    func file(_ filing: ReviewFiling, at: Date) async throws -> ReviewID
    /// Files the visitor's message, or the one that a reply answers.
    /// - Returns: nil when there is no such message, or when it was a pressed button rather than words.
    func file(_ reason: ReviewReason, message: MessageID, suggestion: IntentName?, at: Date) async throws -> ReviewID?
    /// The newest of a status, oldest first.
    func items(_ status: ReviewStatus, limit: Int) async throws -> [ReviewItem]
    func item(_ id: ReviewID) async throws -> ReviewItem?
    func count(_ status: ReviewStatus) async throws -> Int
    /// Decides on items and changes the content as the label says: an example of origin ``ExampleOrigin/review``, or a
    /// question of a knowledge entry.
    /// - Returns: the items that were decided on.
    func decide(_ decision: ReviewDecision) async throws -> [ReviewID]
}

/// What is listed of the queue.
public struct ReviewQuery: Hashable, Sendable {
    public var status = ReviewStatus.open
    /// Only clusters with an item of this reason.
    public var reason: ReviewReason?
    /// The most clusters that are given.
    public var limit = 50
    public var after: ReviewCursor?

    public init() {}
}

/// A place in the list: most messages first, then oldest first.
public struct ReviewCursor: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let messages: Int
    public let id: ReviewID

    public init(_ cluster: ReviewCluster) {
        messages = cluster.messages
        id = cluster.id
    }

    /// Takes a cursor from outside.
    public init?(_ text: String) {
        guard let (count, rest) = UTF8Text(text, atMost: 64)?.divided(at: ":"), let messages = Int(count.string),
            messages > 0, let id = ReviewID(rest.string)
        else { return nil }
        self.messages = messages
        self.id = id
    }

    /// `messages:id`.
    public var description: String { "\(messages):\(id)" }

    public static func < (left: Self, right: Self) -> Bool {
        (right.messages, left.id) < (left.messages, right.id)
    }
}

/// A stretch of the queue.
public struct ReviewPage: Hashable, Sendable {
    public let clusters: [ReviewCluster]
    /// Items of the status, all of them.
    public let total: Int
    /// Where the next page begins; nil at the end.
    public let next: ReviewCursor?

    public init(clusters: [ReviewCluster], total: Int, next: ReviewCursor?) {
        self.clusters = clusters
        self.total = total
        self.next = next
    }
}

/// How much a decision is about.
public enum ReviewScope: String, Hashable, Sendable, CaseIterable {
    /// The item with all open items of its cluster.
    case cluster
    case one
}

/// A sentence of the bot's own that was understood rightly before a label, and is not after it.
public struct ReviewRegression: Hashable, Sendable {
    public let text: String
    public let intent: IntentName
    /// What it is understood as with the label; nil when it is rejected.
    public let understood: IntentName?

    public init(text: String, intent: IntentName, understood: IntentName?) {
        self.text = text
        self.intent = intent
        self.understood = understood
    }
}

/// What a label does to the sentences that the bot knows.
public struct RegressionReport: Hashable, Sendable {
    /// Sentences that were replayed.
    public let checked: Int
    public let regressions: [ReviewRegression]
    /// Sentences that are understood rightly only with the label.
    public let improvements: Int

    public init(checked: Int, regressions: [ReviewRegression], improvements: Int) {
        self.checked = checked
        self.regressions = regressions
        self.improvements = improvements
    }
}

/// What came of a decision.
public struct ReviewOutcome: Hashable, Sendable {
    /// The items that were decided on; none when the label was refused.
    public let items: [ReviewID]
    public let status: ReviewStatus
    /// Nil when nothing was learned.
    public let report: RegressionReport?
    /// The label would harm more known sentences than is tolerated; nothing was changed.
    public let isRefused: Bool

    public init(items: [ReviewID], status: ReviewStatus, report: RegressionReport?, isRefused: Bool = false) {
        self.items = items
        self.status = status
        self.report = report
        self.isRefused = isRefused
    }
}

/// How people work through what the bot did not understand.
public protocol ReviewService: Sendable {
    func list(_ query: ReviewQuery) async throws -> ReviewPage
    /// - Parameters:
    ///   - force: learn the label whatever it harms.
    ///   - by: who decides.
    /// - Throws: `ChatError`: `notFound` for an unknown item, intent or entry; `conflict` for a new intent that exists, or
    ///   when somebody else decided meanwhile.
    func label(_ id: ReviewID, as label: ReviewLabel, scope: ReviewScope, force: Bool, by: String) async throws
        -> ReviewOutcome
    /// Takes the items out of the queue, and their labels back if they had one.
    func dismiss(_ id: ReviewID, scope: ReviewScope, by: String) async throws -> ReviewOutcome
    /// An agent says what a message meant.
    /// - Parameter message: the visitor's, or a reply to it.
    func correct(_ message: MessageID, to intent: IntentName) async throws -> ReviewID
}
