public import ConversationDomain
public import Outbox

/// Webhooks that are there whatever is asked.
public struct FakeWebhooks: WebhookService {
    public static let id = WebhookID(trusted: "wh_038G7BH5JAB3CEWEESP168NR6FZ5W")
    public let limits = WebhookLimits()

    public init() {}

    private func summary(_ app: AppName, url: String? = nil, secret: String = "whsec_old") -> WebhookSummary {
        let webhook = Webhook(
            id: Self.id, app: app, url: url ?? "https://tickets.example/", events: [.messageCreated],
            senders: [.visitor],
            note: "ticketing", secrets: WebhookSecrets(current: secret), createdAt: FakeChat.time)
        return WebhookSummary(webhook: webhook, health: WebhookHealth(dropped: 3), pending: 1, dead: 2)
    }

    public func create(_ request: WebhookRequest, as principal: Principal) async throws -> WebhookSummary {
        summary(principal.app, url: request.url, secret: "whsec_new")
    }

    public func list(as principal: Principal) async throws -> [WebhookSummary] { [summary(principal.app)] }

    public func show(_ id: WebhookID, as principal: Principal) async throws -> WebhookSummary {
        guard id == Self.id else { throw ChatError(.notFound, "there is no such webhook") }
        return summary(principal.app)
    }

    public func change(_ id: WebhookID, _ request: WebhookRequest, as principal: Principal) async throws
        -> WebhookSummary
    {
        _ = try await show(id, as: principal)
        return summary(principal.app, secret: request.rotatesSecret ? "whsec_newer" : "whsec_old")
    }

    public func remove(_ id: WebhookID, as principal: Principal) async throws { _ = try await show(id, as: principal) }

    public func deliveries(
        of id: WebhookID, status: DeliveryStatus, after: Int64, limit: Int, as principal: Principal
    ) async throws -> [WebhookDelivery] {
        let delivery = WebhookDelivery(
            number: after + 1, event: EventID(trusted: "evt_038G7BH8M2R40C9HR6YBW5KQ3XZFA"), type: .messageCreated,
            conversation: ConversationID(trusted: "conv_038G7BH5JAB3CEWEESP168NR6FZ5W"), status: status, attempts: 4,
            nextAt: nil, lastError: "status 503", createdAt: FakeChat.time)
        return Array(repeating: delivery, count: min(limit, 1))
    }

    public func resend(_ events: [EventID]?, of id: WebhookID, as principal: Principal) async throws -> Int {
        events?.count ?? 2
    }
}
