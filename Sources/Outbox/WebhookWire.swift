public import ConversationDomain
public import Foundation
public import Wire

// How events and webhooks look in JSON: the bodies that targets get, and what REST shows.

/// An event as its targets get it: `{app, conversation, created_at, id, type}`, and what its type adds.
extension WebhookEvent: JSONWritable {
    public func write(to json: inout JSONWriter) {
        json.object { json in
            if case .agent(let agent) = detail { json.member("agent", agent.map { EventAgent(agent: $0) }) }
            json.member("app", conversation.app.rawValue)
            json.member("conversation", EventConversation(conversation: conversation))
            json.member("created_at", createdAt)
            if case .email(let email) = detail { json.member("email", email) }
            if case .feedback(let feedback) = detail { json.member("feedback", EventFeedback(feedback: feedback)) }
            json.member("id", id.rawValue)
            if case .message(let message) = detail { json.member("message", message) }
            if case .status(_, let previous) = detail { json.member("previous_status", previous.rawValue) }
            if case .reason(let reason) = detail { json.member("reason", reason) }
            if case .status(let status, _) = detail { json.member("status", status.rawValue) }
            json.member("type", type.rawValue)
        }
    }
}

private struct EventConversation: JSONWritable {
    let conversation: Conversation

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("agent", conversation.assignee.map { EventAgent(agent: $0) })
            json.member("channel", conversation.channel.rawValue)
            json.member("created_at", conversation.createdAt)
            json.member("external_id", conversation.externalID)
            json.member("handoff_reason", conversation.handoffReason)
            json.member("id", conversation.id.rawValue)
            json.member("last_seq", conversation.lastSeq)
            json.member("locale", conversation.locale.rawValue)
            json.member("metadata", conversation.metadata)
            json.member("status", conversation.status.rawValue)
            json.member("team", conversation.team?.rawValue)
            json.member("visitor", conversation.visitor.map { EventVisitor(visitor: $0) })
        }
    }
}

private struct EventAgent: JSONWritable {
    let agent: Assignee

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("id", agent.id)
            json.member("name", agent.name)
        }
    }
}

private struct EventVisitor: JSONWritable {
    let visitor: Visitor

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("email", visitor.email)
            json.member("id", visitor.id)
            json.member("name", visitor.name)
        }
    }
}

private struct EventFeedback: JSONWritable {
    let feedback: Feedback

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("comment", feedback.comment)
            json.member("message_id", feedback.message.rawValue)
            json.member("rating", feedback.rating.rawValue)
        }
    }
}

extension JSONValue: JSONWritable {
    public func write(to json: inout JSONWriter) {
        switch self {
        case .null: String?.none.write(to: &json)
        case .bool(let value): value.write(to: &json)
        case .integer(let value): Int(value).write(to: &json)
        case .number(let value): value.write(to: &json)
        case .string(let value): value.write(to: &json)
        case .array(let elements): elements.write(to: &json)
        case .object(let members): members.write(to: &json)
        }
    }
}

// MARK: - REST

/// A webhook as REST shows it; with its secret only when that was made just now.
public struct WebhookView: Encodable, Sendable {
    private let summary: WebhookSummary
    private let secret: String?
    private let now: Date

    public init(_ summary: WebhookSummary, secret: String? = nil, at now: Date) {
        self.summary = summary
        self.secret = secret
        self.now = now
    }

    enum Keys: String, CodingKey {
        case id, url, events, channels, senders, description, enabled, state, pending, dead, dropped, secret
        case restingUntil = "resting_until"
        case previousSecretUntil = "previous_secret_until"
        case createdAt = "created_at"
    }

    private var restsUntil: Date? { summary.health.restsUntil.flatMap { now < $0 ? $0 : nil } }

    private var state: String {
        guard summary.webhook.isEnabled else { return "disabled" }
        return restsUntil == nil ? "active" : "resting"
    }

    public func encode(to encoder: any Encoder) throws {
        let webhook = summary.webhook
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(webhook.id, forKey: .id)
        try container.encode(webhook.url, forKey: .url)
        try container.encode((webhook.events ?? Set(EventType.allCases)).map(\.rawValue).sorted(), forKey: .events)
        try container.encode(webhook.channels.map(\.rawValue).sorted(), forKey: .channels)
        try container.encode(webhook.senders.map(\.rawValue).sorted(), forKey: .senders)
        try container.encode(webhook.note, forKey: .description)
        try container.encode(webhook.isEnabled, forKey: .enabled)
        try container.encode(state, forKey: .state)
        try container.encode(restsUntil, forKey: .restingUntil)
        try container.encode(summary.pending, forKey: .pending)
        try container.encode(summary.dead, forKey: .dead)
        try container.encode(summary.health.dropped, forKey: .dropped)
        let previousUntil = webhook.secrets.previousUntil.flatMap { now < $0 ? $0 : nil }
        try container.encode(previousUntil, forKey: .previousSecretUntil)
        try container.encode(webhook.createdAt, forKey: .createdAt)
        try container.encodeIfPresent(secret, forKey: .secret)
    }
}

/// A delivery as REST shows it.
public struct WebhookDeliveryView: Encodable, Sendable {
    private let delivery: WebhookDelivery

    public init(_ delivery: WebhookDelivery) { self.delivery = delivery }

    enum Keys: String, CodingKey {
        case type, status, attempts
        case eventID = "event_id"
        case conversationID = "conversation_id"
        case nextAt = "next_attempt_at"
        case lastError = "last_error"
        case createdAt = "created_at"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(delivery.event, forKey: .eventID)
        try container.encode(delivery.type.rawValue, forKey: .type)
        try container.encode(delivery.conversation, forKey: .conversationID)
        try container.encode(delivery.status.rawValue, forKey: .status)
        try container.encode(delivery.attempts, forKey: .attempts)
        try container.encode(delivery.nextAt, forKey: .nextAt)
        try container.encode(delivery.lastError, forKey: .lastError)
        try container.encode(delivery.createdAt, forKey: .createdAt)
    }
}
