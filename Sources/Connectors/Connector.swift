public import ConversationDomain
public import Foundation
public import Outbox

/// Names one connector.
public struct ConnectorID: PrefixedIdentifier {
    public static let prefix = "conn"
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
}

/// The other systems that conversations can be joined with.
public enum ConnectorKind: String, Hashable, Sendable, Codable, CaseIterable {
    /// A handover becomes a ticket.
    case zammad
    /// The bot answers in an inbox of Chatwoot, as its agent bot.
    case chatwoot
}

/// What the owner says of the other system.
public struct ConnectorSettings: Hashable, Sendable, Codable {
    /// Zammad: the group that tickets are made in, and the address of the customer whom visitors without an address are.
    public var group: String?
    public var customer: String?
    /// Zammad: the name of the state of a closed ticket.
    public var closedState: String?
    /// Chatwoot: the number of the account.
    public var account: Int64?

    enum CodingKeys: String, CodingKey {
        case group, customer, account
        case closedState = "closed_state"
    }

    public init() {}
}

/// What a connector must not show: never in a log, a list or an export.
public struct ConnectorSecrets: Hashable, Sendable, CustomStringConvertible {
    /// What the other system takes our requests by.
    public let token: String
    /// What its requests to us are signed with, or come under.
    public let hook: String
    /// Chatwoot: what it signs with, where it does.
    public let signing: String?

    public init(token: String, hook: String, signing: String? = nil) {
        self.token = token
        self.hook = hook
        self.signing = signing
    }

    public var description: String { "secrets" }
}

/// Another system that an app's conversations are joined with. Its events come through a webhook of the app, which has its
/// address, and whose outbox, retries and dead letters are the connector's.
public struct Connector: Hashable, Sendable {
    public let id: ConnectorID
    public let app: AppName
    public let kind: ConnectorKind
    public let webhook: WebhookID
    /// `https://tickets.example`, without a slash at its end.
    public let url: String
    public let settings: ConnectorSettings
    public let secrets: ConnectorSecrets
    public let createdAt: Date

    public init(
        id: ConnectorID, app: AppName, kind: ConnectorKind, webhook: WebhookID, url: String,
        settings: ConnectorSettings, secrets: ConnectorSecrets, createdAt: Date
    ) {
        self.id = id
        self.app = app
        self.kind = kind
        self.webhook = webhook
        self.url = url
        self.settings = settings
        self.secrets = secrets
        self.createdAt = createdAt
    }

    /// Whose doing it is what comes from the other system.
    public var principal: Principal {
        Principal(key: KeyID(trusted: id.rawValue), kind: .secret, app: app, scopes: [.chat, .agent])
    }

    /// The path that the other system calls.
    public var path: String {
        switch kind {
        case .zammad: "/v1/connectors/\(id)/events"
        case .chatwoot: "/v1/connectors/\(id).\(secrets.hook)/events"
        }
    }
}

/// What a conversation is in the other system: a ticket of Zammad, a conversation of Chatwoot.
public struct ConnectorThread: Hashable, Sendable {
    public let connector: ConnectorID
    public let conversation: ConversationID
    /// What makes it one of its kind: the handover's event, or the conversation.
    public let reference: String
    /// Its number there; nil as long as it is not known to be there.
    public var remote: Int64?
    /// What is known of it: `open` and `closed` for a ticket; `pending`, `open` and `resolved` for a conversation.
    public var state: String
    /// Messages up to this `seq` are in it from its beginning.
    public var historySeq: Int
    /// Chatwoot: the newest message there when a person opened it.
    public var mark: Int64
    /// When it was last tried to make it, as long as nobody knows what came of that.
    public var triedAt: Date?

    public init(
        connector: ConnectorID, conversation: ConversationID, reference: String, remote: Int64? = nil, state: String,
        historySeq: Int = 0, mark: Int64 = 0, triedAt: Date? = nil
    ) {
        self.connector = connector
        self.conversation = conversation
        self.reference = reference
        self.remote = remote
        self.state = state
        self.historySeq = historySeq
        self.mark = mark
        self.triedAt = triedAt
    }
}

/// What a message is in the other system.
public struct ConnectorPart: Hashable, Sendable {
    public let connector: ConnectorID
    public let conversation: ConversationID
    public let message: MessageID
    /// Its number there; nil as long as it is not known to be there.
    public var remote: Int64?

    public init(connector: ConnectorID, conversation: ConversationID, message: MessageID, remote: Int64? = nil) {
        self.connector = connector
        self.conversation = conversation
        self.message = message
        self.remote = remote
    }
}

/// The bounds on connectors.
public struct ConnectorLimits: Hashable, Sendable {
    public var connectorsOfApp = 8
    /// Bytes of a request that comes from the other system.
    public var hookBody = 1 << 20
    /// Characters of an answer's part in the conversation, and how many such parts one answer can become.
    public var messageText = Limits().messageText
    public var parts = 10
    /// Messages that a new ticket begins with, the newest ones.
    public var history = 200
    /// Characters of a token or of a setting.
    public var token = 512
    public var setting = 256

    public init() {}
}

/// Keeps connectors, and what their conversations and messages are in the other system. Every method is one transaction.
public protocol ConnectorStore: Sendable {
    /// - Throws: `ChatError(.conflict)` when the app has `limit` connectors already.
    func add(_ connector: Connector, limit: Int) async throws
    /// All of them, oldest first.
    func connectors() async throws -> [Connector]
    /// The webhooks of those that are enabled.
    func enabledConnectors() async throws -> [WebhookID]
    func connector(_ id: ConnectorID) async throws -> Connector?
    func connector(of webhook: WebhookID) async throws -> Connector?

    func thread(_ reference: String, of connector: ConnectorID) async throws -> ConnectorThread?
    /// The newest one.
    func thread(of conversation: ConversationID, at connector: ConnectorID) async throws -> ConnectorThread?
    func thread(remote: Int64, at connector: ConnectorID) async throws -> ConnectorThread?
    /// Adds or replaces it; nothing when its conversation is gone.
    func keep(_ thread: ConnectorThread) async throws
    /// Changes nothing but its state, and nothing when it is gone.
    func setState(_ state: String, of thread: ConnectorThread) async throws
    func part(_ message: MessageID, of connector: ConnectorID) async throws -> ConnectorPart?
    func part(remote: Int64, at connector: ConnectorID) async throws -> ConnectorPart?
    /// Whether there are messages of which nobody knows what became there.
    func hasUncertainParts(_ conversation: ConversationID, at connector: ConnectorID) async throws -> Bool
    /// Adds or replaces it; nothing when its conversation is gone.
    func keep(_ part: ConnectorPart) async throws
    /// Whether an agent's message of this name is there.
    func isPosted(_ clientMessageID: String, in conversation: ConversationID) async throws -> Bool
    /// Whether a visitor's message of this name is in one of the conversations that are `remote` there.
    func isSaid(_ clientMessageID: String, remote: Int64, at connector: ConnectorID) async throws -> Bool
    /// The sender's own name for a message that an agent wrote.
    func clientMessageID(in conversation: ConversationID, seq: Int) async throws -> String?
}
