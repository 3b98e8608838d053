import ConversationDomain
import Foundation
import HTTPCalls
import HTTPTypes
import HTTPWire
import Hummingbird
import Outbox
import Wire

/// `/v1/webhooks`, for whoever administers an app.
extension HTTPService {
    private var webhooks: any WebhookService {
        get throws {
            guard let webhooks = parts.webhooks else { throw ChatError(.notFound, "this server has no webhooks") }
            return webhooks
        }
    }

    func createWebhook(_ asked: inout CallRequest) async throws -> Response {
        var fields = try await asked.body()
        let request = try api.webhookFields.request(&fields)
        try fields.finish()
        let made = try await webhooks.create(request, as: try asked.caller)
        let view = WebhookView(made, secret: made.webhook.secrets.current, at: Date())
        return try .created(view, at: "/v1/webhooks/\(made.webhook.id)")
    }

    func listWebhooks(_ asked: CallRequest) async throws -> Response {
        let all = try await webhooks.list(as: try asked.caller)
        return try .json(["webhooks": all.map { WebhookView($0, at: Date()) }])
    }

    func showWebhook(_ asked: CallRequest) async throws -> Response {
        try .json(WebhookView(try await webhooks.show(try asked.webhook, as: try asked.caller), at: Date()))
    }

    func changeWebhook(_ asked: inout CallRequest) async throws -> Response {
        var fields = try await asked.body()
        var request = try api.webhookFields.request(&fields)
        request.rotatesSecret = try api.webhookFields.rotatesSecret.take(from: &fields) ?? false
        try fields.finish()
        let changed = try await webhooks.change(try asked.webhook, request, as: try asked.caller)
        let secret = request.rotatesSecret ? changed.webhook.secrets.current : nil
        return try .json(WebhookView(changed, secret: secret, at: Date()))
    }

    func removeWebhook(_ asked: CallRequest) async throws -> Response {
        try await webhooks.remove(try asked.webhook, as: try asked.caller)
        return Response(status: .noContent)
    }

    func listDeliveries(_ asked: CallRequest) async throws -> Response {
        let fields = api.webhookFields
        let limit = try asked.value(of: fields.pageSize) ?? 100
        let deliveries = try await webhooks.deliveries(
            of: try asked.webhook, status: try asked.value(of: fields.status) ?? .dead,
            after: Int64(try asked.value(of: fields.after) ?? 0), limit: limit, as: try asked.caller)
        return try .json(
            DeliveryPage(
                deliveries: deliveries.map(WebhookDeliveryView.init),
                next: deliveries.count == limit ? deliveries.last?.number : nil))
    }

    func resendDeliveries(_ asked: inout CallRequest) async throws -> Response {
        var fields = try await asked.body()
        let events = try api.webhookFields.eventIDs.take(from: &fields)
        try fields.finish()
        let count = try await webhooks.resend(events, of: try asked.webhook, as: try asked.caller)
        return try .json(["resent": count])
    }
}

/// `{deliveries, next}`.
private struct DeliveryPage: Encodable {
    let deliveries: [WebhookDeliveryView]
    let next: Int64?

    enum Keys: String, CodingKey {
        case deliveries, next
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(deliveries, forKey: .deliveries)
        try container.encode(next, forKey: .next)
    }
}

extension CallRequest {
    /// The webhook of the path.
    /// - Throws: `ChatError(.notFound)` when `{id}` cannot be one.
    fileprivate var webhook: WebhookID {
        get throws {
            guard let text = context.parameters.get("id"), let id = WebhookID(text) else {
                throw ChatError(.notFound, "there is no such webhook")
            }
            return id
        }
    }
}
