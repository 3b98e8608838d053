public import ConversationDomain
public import Foundation
public import Outbox

/// Makes, shows and changes the webhooks of a key's app.
public struct WebhookDesk: WebhookService {
    public let limits: WebhookLimits
    private let store: any WebhookStore
    private let resolver: TargetResolver
    private let ids: IdentifierGenerator
    private let now: @Sendable () -> Date
    private let newSecret: @Sendable () -> String
    private let onChange: @Sendable (WebhookID) -> Void

    /// How long a secret signs after it was changed.
    static let overlap: TimeInterval = 86_400
    /// How long a new target's name may take to be found.
    private static let lookUpTime = Duration.seconds(3)

    /// - Parameter onChange: hears of every webhook that was made, changed or removed.
    public init(
        store: any WebhookStore, resolver: TargetResolver, limits: WebhookLimits = WebhookLimits(),
        ids: IdentifierGenerator = IdentifierGenerator(), now: @escaping @Sendable () -> Date = { Date() },
        newSecret: @escaping @Sendable () -> String = { WebhookSignature.newSecret() },
        onChange: @escaping @Sendable (WebhookID) -> Void
    ) {
        self.limits = limits
        self.store = store
        self.resolver = resolver
        self.ids = ids
        self.now = now
        self.newSecret = newSecret
        self.onChange = onChange
    }

    public func create(_ request: WebhookRequest, as principal: Principal) async throws -> WebhookSummary {
        try principal.require(.admin)
        guard let url = request.url else { throw ChatError(.invalidRequest, "'url' is required") }
        // Whole milliseconds, as they are stored and shown.
        let time = Date(timeIntervalSince1970: (now().timeIntervalSince1970 * 1000).rounded() / 1000)
        var webhook = Webhook(
            id: ids.next(), app: principal.app, url: try await checked(url),
            secrets: WebhookSecrets(current: newSecret()), createdAt: time)
        webhook.take(request)
        try await store.add(webhook, limit: limits.webhooksOfApp)
        onChange(webhook.id)
        return WebhookSummary(webhook: webhook, health: WebhookHealth(), pending: 0, dead: 0)
    }

    public func list(as principal: Principal) async throws -> [WebhookSummary] {
        try principal.require(.admin)
        return try await store.webhooks(of: principal.app)
    }

    public func show(_ id: WebhookID, as principal: Principal) async throws -> WebhookSummary {
        try principal.require(.admin)
        // Another app's webhook looks like one that does not exist.
        guard let found = try await store.webhook(id), found.webhook.app == principal.app else { throw Self.notFound }
        return found
    }

    public func change(_ id: WebhookID, _ request: WebhookRequest, as principal: Principal) async throws
        -> WebhookSummary
    {
        var webhook = try await show(id, as: principal).webhook
        if let url = request.url { webhook.url = try await checked(url) }
        webhook.take(request)
        if request.rotatesSecret {
            webhook.secrets = WebhookSecrets(
                current: newSecret(), previous: webhook.secrets.current,
                previousUntil: now().addingTimeInterval(Self.overlap))
        }
        guard try await store.update(webhook) else { throw Self.notFound }
        onChange(id)
        return try await show(id, as: principal)
    }

    public func remove(_ id: WebhookID, as principal: Principal) async throws {
        _ = try await show(id, as: principal)
        guard try await store.remove(id) else { throw Self.notFound }
        onChange(id)
    }

    public func deliveries(
        of id: WebhookID, status: DeliveryStatus, after: Int64, limit: Int, as principal: Principal
    ) async throws -> [WebhookDelivery] {
        _ = try await show(id, as: principal)
        return try await store.deliveries(of: id, status: status, after: after, limit: min(limit, limits.page))
    }

    public func resend(_ events: [EventID]?, of id: WebhookID, as principal: Principal) async throws -> Int {
        _ = try await show(id, as: principal)
        let count = try await store.resend(events, of: id, at: now())
        onChange(id)
        return count
    }

    private static let notFound = ChatError(.notFound, "there is no such webhook")

    /// - Throws: `ChatError(.invalidRequest)` for an address that nothing may be sent to. A name that is not known now may be later.
    private func checked(_ text: String) async throws -> String {
        let url = try TargetURL(text, limit: limits.url)
        if let refusal = await resolver.refusal(of: url.host, within: Self.lookUpTime) {
            throw ChatError(
                .invalidRequest,
                "'url' leads where nothing may be sent: \(refusal); 'frontdesk serve --webhooks-allow' can allow it")
        }
        return url.text
    }
}

extension Webhook {
    /// Takes over what a request says, but for the address and the secret. An empty list of events stands for all.
    fileprivate mutating func take(_ request: WebhookRequest) {
        if let events = request.events { self.events = events.isEmpty ? nil : events }
        if let channels = request.channels { self.channels = channels }
        if let senders = request.senders { self.senders = senders }
        if let note = request.note { self.note = note }
        if let isEnabled = request.isEnabled { self.isEnabled = isEnabled }
    }
}
