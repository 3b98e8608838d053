public import ConversationDomain
public import Foundation
public import Outbox
public import Webhooks

/// What the connectors work with.
public struct ConnectorParts: Sendable {
    public let store: any ConnectorStore
    /// The stretch of a conversation behind a `seq`, so many messages at most.
    public let messages: @Sendable (ConversationID, _ after: Int, _ limit: Int) async throws -> MessagePage
    public let client: TargetClient
    public var limits = ConnectorLimits()
    public var now: @Sendable () -> Date = { Date() }
    /// For how long a ticket that may have been made is looked for before it is made again: the other system finds it a little later.
    public var patience: TimeInterval = 15

    public init(
        store: any ConnectorStore, client: TargetClient,
        messages: @escaping @Sendable (ConversationID, _ after: Int, _ limit: Int) async throws -> MessagePage
    ) {
        self.store = store
        self.client = client
        self.messages = messages
    }

    /// What brings a webhook's events to the other system; nil when it is no connector's.
    public func sender(for webhook: Webhook) async throws -> (any EventSender)? {
        guard let connector = try await store.connector(of: webhook.id) else { return nil }
        switch connector.kind {
        case .zammad: return ZammadSender(connector, self)
        case .chatwoot: return ChatwootSender(connector, self)
        }
    }

    func api(_ connector: Connector) -> RemoteAPI {
        let credential =
            switch connector.kind {
            case .zammad: ("Authorization", "Token token=\(connector.secrets.token)")
            case .chatwoot: ("api_access_token", connector.secrets.token)
            }
        return RemoteAPI(client: client, base: connector.url, credential: credential)
    }
}

extension ConnectorKind {
    /// The events that it is told of.
    var events: Set<EventType> {
        switch self {
        case .zammad: [.handoffRequested, .messageCreated, .statusChanged, .ticketRequested]
        case .chatwoot: [.handoffRequested, .messageCreated, .statusChanged]
        }
    }

    /// The channels of its conversations; none for all.
    var channels: Set<ChannelName> { self == .chatwoot ? [ChatwootHook.channel] : [] }

    /// Whose messages it is told of; none for all.
    var senders: Set<Sender> { self == .chatwoot ? [.bot, .agent] : [] }
}
