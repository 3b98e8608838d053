internal import ConversationDomain
internal import Foundation
public import Outbox

/// Brings events to one target.
public protocol EventSender: Sendable {
    /// Brings one event there.
    /// - Parameter time: for all that it takes.
    /// - Throws: ``TargetFailure`` when the target has not taken it; it is tried again then, unless that says that it is final.
    func send(_ event: OutboxEvent, within time: Duration) async throws
}

/// The webhooks' own form: the event's body, signed.
struct SignedSender: EventSender {
    private let webhook: Webhook
    private let url: TargetURL?
    private let client: TargetClient
    private let now: @Sendable () -> Date

    init(webhook: Webhook, client: TargetClient, now: @escaping @Sendable () -> Date) {
        self.webhook = webhook
        url = try? TargetURL(webhook.url)
        self.client = client
        self.now = now
    }

    func send(_ event: OutboxEvent, within time: Duration) async throws {
        guard let url else { throw TargetFailure("the address cannot be read") }
        let headers = [
            ("Content-Type", "application/json; charset=utf-8"), ("User-Agent", "Frontdesk"),
            ("Frontdesk-Event", event.type.rawValue), ("Frontdesk-Event-Id", event.id.rawValue),
            ("Frontdesk-Webhook-Id", webhook.id.rawValue), ("Frontdesk-Attempt", "\((event.attempts ?? 0) + 1)"),
            (
                WebhookSignature.header,
                WebhookSignature.value(for: event.body, secrets: webhook.secrets.valid(at: now()), at: now())
            ),
        ]
        let answer = try await client.post(url, headers: headers, body: event.body, within: time)
        guard (200...299).contains(answer.status) else { throw TargetFailure("status \(answer.status)") }
    }
}
