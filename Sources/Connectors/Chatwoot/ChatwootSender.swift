import ConversationDomain
import Foundation
import Outbox
import Webhooks
import Wire

/// Brings what the bot says to Chatwoot's conversation, and hands that over to its people.
///
/// An agent bot may only write there, so a message whose answer was lost is written again; all else is the same however often it is
/// done.
struct ChatwootSender: EventSender {
    private let connector: Connector
    private let parts: ConnectorParts
    private let api: RemoteAPI

    init(_ connector: Connector, _ parts: ConnectorParts) {
        self.connector = connector
        self.parts = parts
        api = parts.api(connector)
    }

    static let pending = "pending"
    static let open = "open"
    static let resolved = "resolved"

    func send(_ event: OutboxEvent, within time: Duration) async throws {
        let deadline = ContinuousClock.now + time
        let told = try ToldEvent(event.body)
        guard let thread = try await parts.store.thread(of: told.conversation, at: connector.id),
            let remote = thread.remote
        else { return }
        switch event.type {
        case .messageCreated: try await write(told, remote, deadline)
        case .handoffRequested: try await move(thread, to: Self.open, deadline)
        case .statusChanged:
            if told.status == .closed { try await move(thread, to: Self.resolved, deadline) }
            if told.status == .bot { try await move(thread, to: Self.pending, deadline) }
        case .conversationCreated, .conversationClosed, .handoffTaken, .handoffMissed, .ticketRequested,
            .feedbackCreated:
            break
        }
    }

    private func path(_ remote: Int64, _ rest: String) -> String {
        "/api/v1/accounts/\(connector.settings.account ?? 0)/conversations/\(remote)/\(rest)"
    }

    private func write(_ told: ToldEvent, _ remote: Int64, _ deadline: ContinuousClock.Instant) async throws {
        guard let message = told.message, message.from != .visitor else { return }
        if try await parts.store.part(message.id, of: connector.id)?.remote != nil { return }
        var body: [String: JSONValue] = [
            "content": .string(message.text), "message_type": "outgoing", "private": false, "content_type": "text",
        ]
        if !message.buttons.isEmpty {
            // What a press stands for is found again by the message and the button's place.
            let items: [JSONValue] = message.buttons.enumerated().map { index, title in
                ["title": .string(title), "value": .string("\(message.id):\(index)")]
            }
            body["content_type"] = "input_select"
            body["content_attributes"] = ["items": .array(items)]
        }
        let answer = try await api.call("POST", path(remote, "messages"), .object(body), by: deadline)
        // A conversation that was deleted there needs nothing more.
        if answer.status == 404 { return }
        guard answer.isSuccess, let id = answer.json["id"].number else {
            throw RemoteAPI.refusal(answer, "write a message")
        }
        try await parts.store.keep(
            ConnectorPart(
                connector: connector.id, conversation: told.conversation, message: message.id, remote: id))
    }

    /// Sets the status there, unless it is what Chatwoot has told last.
    private func move(_ thread: ConnectorThread, to state: String, _ deadline: ContinuousClock.Instant) async throws {
        guard let remote = thread.remote, thread.state != state else { return }
        let answer = try await api.call(
            "POST", path(remote, "toggle_status"), ["status": .string(state)], by: deadline)
        guard answer.isSuccess || answer.status == 404 else { throw RemoteAPI.refusal(answer, "set a status") }
        try await parts.store.setState(state, of: thread)
    }
}
