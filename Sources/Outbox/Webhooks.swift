public import ConversationDomain
public import Foundation

/// Names one webhook.
public struct WebhookID: PrefixedIdentifier {
    public static let prefix = "wh"
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
}

/// Names one event; it is the same at every try to deliver it.
public struct EventID: PrefixedIdentifier {
    public static let prefix = "evt"
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
}

/// What a webhook can be told of.
public enum EventType: String, Hashable, Sendable, Codable, CaseIterable {
    case conversationCreated = "conversation.created"
    case messageCreated = "message.created"
    case statusChanged = "conversation.status_changed"
    case conversationClosed = "conversation.closed"
    case handoffRequested = "handoff.requested"
    case handoffTaken = "handoff.taken"
    case handoffMissed = "handoff.missed"
    case ticketRequested = "ticket.requested"
    case feedbackCreated = "feedback.created"
}

extension Sender: CaseIterable {
    public static let allCases: [Sender] = [.visitor, .bot, .agent]
}

/// Something that happened in a conversation.
public struct WebhookEvent: Hashable, Sendable {
    /// What an event tells beside the conversation.
    public enum Detail: Hashable, Sendable {
        case none
        case message(Message)
        case status(ConversationStatus, previous: ConversationStatus)
        case reason(String?)
        case agent(Assignee?)
        case email(String)
        case feedback(Feedback)
    }

    public let id: EventID
    public let type: EventType
    /// As it was at that moment.
    public let conversation: Conversation
    public let detail: Detail
    public let createdAt: Date

    public init(id: EventID, type: EventType, conversation: Conversation, detail: Detail, createdAt: Date) {
        self.id = id
        self.type = type
        self.conversation = conversation
        self.detail = detail
        self.createdAt = createdAt
    }

    /// Who wrote the message that the event is about.
    public var sender: Sender? {
        if case .message(let message) = detail { message.from } else { nil }
    }
}

/// Where an app's events are sent to.
public struct Webhook: Hashable, Sendable {
    public let id: WebhookID
    public let app: AppName
    public var url: String
    /// Nil for all of them, also those of later versions.
    public var events: Set<EventType>?
    /// Only conversations on these channels; empty for all.
    public var channels: Set<ChannelName>
    /// Only messages of these senders; empty for all.
    public var senders: Set<Sender>
    public var note: String
    public var isEnabled: Bool
    public var secrets: WebhookSecrets
    public let createdAt: Date

    public init(
        id: WebhookID, app: AppName, url: String, events: Set<EventType>? = nil, channels: Set<ChannelName> = [],
        senders: Set<Sender> = [], note: String = "", isEnabled: Bool = true, secrets: WebhookSecrets, createdAt: Date
    ) {
        self.id = id
        self.app = app
        self.url = url
        self.events = events
        self.channels = channels
        self.senders = senders
        self.note = note
        self.isEnabled = isEnabled
        self.secrets = secrets
        self.createdAt = createdAt
    }

    /// Whether an event is sent to it.
    /// - Parameter sender: who wrote the message that the event is about; nil when it is about none.
    public func wants(_ type: EventType, channel: ChannelName, sender: Sender?) -> Bool {
        isEnabled && events?.contains(type) != false && (channels.isEmpty || channels.contains(channel))
            && (senders.isEmpty || sender.map(senders.contains) != false)
    }
}

/// What events are signed with: one secret, and for a while the one before.
public struct WebhookSecrets: Hashable, Sendable, CustomStringConvertible {
    public let current: String
    public let previous: String?
    public let previousUntil: Date?

    public init(current: String, previous: String? = nil, previousUntil: Date? = nil) {
        self.current = current
        self.previous = previous
        self.previousUntil = previousUntil
    }

    /// Those that sign at a time, the current one first.
    public func valid(at now: Date) -> [String] {
        guard let previous, let previousUntil, now < previousUntil else { return [current] }
        return [current, previous]
    }

    /// Never the secrets themselves, so that no log gets them.
    public var description: String { previous == nil ? "one secret" : "two secrets" }
}

/// How a webhook's target fares.
public struct WebhookHealth: Hashable, Sendable {
    /// Failures since its last success.
    public var failures = 0
    /// Nothing is sent before this time; nil when it does not rest.
    public var restsUntil: Date?
    /// Events that were given up without a trace.
    public var dropped = 0

    public init(failures: Int = 0, restsUntil: Date? = nil, dropped: Int = 0) {
        self.failures = failures
        self.restsUntil = restsUntil
        self.dropped = dropped
    }
}

/// A webhook with what waits for it.
public struct WebhookSummary: Hashable, Sendable {
    public let webhook: Webhook
    public let health: WebhookHealth
    /// Deliveries that failed and are tried again, with those that wait behind them.
    public let pending: Int
    /// Dead letters.
    public let dead: Int

    public init(webhook: Webhook, health: WebhookHealth, pending: Int, dead: Int) {
        self.webhook = webhook
        self.health = health
        self.pending = pending
        self.dead = dead
    }
}

/// An event as it waits for a target.
public struct OutboxEvent: Hashable, Sendable {
    /// Counts the events of all apps in their order.
    public let number: Int64
    public let id: EventID
    public let type: EventType
    public let conversation: ConversationID
    public let channel: ChannelName
    public let sender: Sender?
    /// The request's body.
    public let body: Data
    public let createdAt: Date
    /// Failed tries so far; nil when it was never looked at for this target.
    public let attempts: Int?

    public init(
        number: Int64, id: EventID, type: EventType, conversation: ConversationID, channel: ChannelName,
        sender: Sender?, body: Data, createdAt: Date, attempts: Int? = nil
    ) {
        self.number = number
        self.id = id
        self.type = type
        self.conversation = conversation
        self.channel = channel
        self.sender = sender
        self.body = body
        self.createdAt = createdAt
        self.attempts = attempts
    }
}

/// What a target has to be sent now.
public struct OutboxWork: Sendable {
    /// Those whose time has come again; of each conversation an unbroken beginning of what waits in it, in its order.
    public var due: [OutboxEvent] = []
    /// Events that were not looked at yet, in their order, wanted or not.
    public var fresh: [OutboxEvent] = []
    /// Conversations of `fresh` in which something waits already.
    public var waiting: Set<ConversationID> = []
    /// When the next failed event's time comes.
    public var nextAt: Date?

    public init() {}
}

/// How much one look at the outbox gives.
public struct WorkLimits: Hashable, Sendable {
    /// Conversations of which something is due, and events of each of them.
    public var conversations: Int
    public var ofEach: Int
    /// Events that were not looked at yet.
    public var fresh: Int

    public init(conversations: Int = 64, ofEach: Int = 8, fresh: Int = 128) {
        self.conversations = conversations
        self.ofEach = ofEach
        self.fresh = fresh
    }
}

/// What became of an event at a target.
public struct DeliveryOutcome: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case delivered
        /// To be tried again, for which the conversation's later events wait.
        case failed(attempts: Int, error: String, nextAt: Date)
        /// Not tried: an earlier event of its conversation waits, or the round was over.
        case waits(until: Date)
        case dead(attempts: Int, error: String)
    }

    public let event: OutboxEvent
    public let kind: Kind

    public init(event: OutboxEvent, kind: Kind) {
        self.event = event
        self.kind = kind
    }
}

/// Whether something waits for another try, or was given up.
public enum DeliveryStatus: String, Hashable, Sendable, Codable, CaseIterable {
    case pending, dead
}

/// An event that was not taken at the first try.
public struct WebhookDelivery: Hashable, Sendable {
    public let number: Int64
    public let event: EventID
    public let type: EventType
    public let conversation: ConversationID
    public let status: DeliveryStatus
    public let attempts: Int
    public let nextAt: Date?
    public let lastError: String?
    public let createdAt: Date

    public init(
        number: Int64, event: EventID, type: EventType, conversation: ConversationID, status: DeliveryStatus,
        attempts: Int, nextAt: Date?, lastError: String?, createdAt: Date
    ) {
        self.number = number
        self.event = event
        self.type = type
        self.conversation = conversation
        self.status = status
        self.attempts = attempts
        self.nextAt = nextAt
        self.lastError = lastError
        self.createdAt = createdAt
    }
}

/// The bounds on webhooks.
public struct WebhookLimits: Hashable, Sendable {
    public var webhooksOfApp = 20
    /// Characters of an address and of a description.
    public var url = 2_000
    public var note = 256
    /// Channels that one webhook names.
    public var channels = 32
    /// Events of one app that wait, and dead letters of one webhook.
    public var outboxEvents = 50_000
    public var deadLetters = 1_000
    /// Deliveries on one page, and events that one call sends again by name.
    public var page = 500
    public var resent = 500

    public init() {}
}

/// Keeps webhooks and what waits for them. Every method is one transaction.
public protocol WebhookStore: Sendable {
    /// It gets what happens from now on.
    /// - Throws: `ChatError(.conflict)` when the app has `limit` webhooks already.
    func add(_ webhook: Webhook, limit: Int) async throws
    func webhook(_ id: WebhookID) async throws -> WebhookSummary?
    /// Of one app, or all; oldest first.
    func webhooks(of app: AppName?) async throws -> [WebhookSummary]
    /// Replaces what can be changed; false when it is gone. One that is enabled again gets what happens from now on.
    func update(_ webhook: Webhook) async throws -> Bool
    /// With all that waits for it; false when it is gone.
    func remove(_ id: WebhookID) async throws -> Bool

    /// Numbers greater than `after`, in their order.
    func deliveries(of id: WebhookID, status: DeliveryStatus, after: Int64, limit: Int) async throws
        -> [WebhookDelivery]
    /// Makes dead letters pending, all of them for nil; how many there were.
    func resend(_ events: [EventID]?, of id: WebhookID, at: Date) async throws -> Int

    /// What is to be sent now.
    /// - Parameter after: the number up to which the caller has looked at new events; what is stored counts if it is greater.
    func work(for id: WebhookID, after: Int64, at: Date, limits: WorkLimits) async throws -> OutboxWork
    /// Keeps what a round came to: everything up to `position` was looked at.
    func settle(
        _ outcomes: [DeliveryOutcome], of id: WebhookID, position: Int64?, health: WebhookHealth, limits: WebhookLimits
    ) async throws
    /// Removes events that everybody has, and those beyond the bounds.
    func trimOutbox(limits: WebhookLimits, at: Date) async throws
    /// - Parameter onEvents: hears of every commit that stored events of an app, and must return at once.
    func follow(_ onEvents: (@Sendable (AppName) -> Void)?)
}

/// What a webhook is made of or changed to; nil for what was not said.
public struct WebhookRequest: Hashable, Sendable {
    public var url: String?
    public var events: Set<EventType>?
    public var channels: Set<ChannelName>?
    public var senders: Set<Sender>?
    public var note: String?
    public var isEnabled: Bool?
    public var rotatesSecret = false

    public init() {}
}

/// What the calls on webhooks ask.
public protocol WebhookService: Sendable {
    var limits: WebhookLimits { get }
    /// The secret is in the result, and in no other later.
    func create(_ request: WebhookRequest, as principal: Principal) async throws -> WebhookSummary
    func list(as principal: Principal) async throws -> [WebhookSummary]
    func show(_ id: WebhookID, as principal: Principal) async throws -> WebhookSummary
    func change(_ id: WebhookID, _ request: WebhookRequest, as principal: Principal) async throws -> WebhookSummary
    func remove(_ id: WebhookID, as principal: Principal) async throws
    func deliveries(of id: WebhookID, status: DeliveryStatus, after: Int64, limit: Int, as principal: Principal)
        async throws -> [WebhookDelivery]
    func resend(_ events: [EventID]?, of id: WebhookID, as principal: Principal) async throws -> Int
}
