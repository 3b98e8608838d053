package import ConversationDomain
internal import Foundation
internal import GRDB
package import Outbox
internal import Synchronization
internal import Wire

/// Keeps what happened for those who want to be told of it, in the transaction that makes it so. Which events somebody wants is kept in
/// memory, since every turn asks: what nobody wants costs a turn nothing.
package final class EventOutbox: Sendable {
    private struct State {
        /// Those that are enabled.
        var webhooks: [AppName: [Webhook]] = [:]
        var follower: (@Sendable (AppName) -> Void)?
    }

    private let state = Mutex(State())
    private let reloading = Mutex(())
    private let ids = IdentifierGenerator()

    /// Takes over what `read` finds; what a later call found is never replaced by what an earlier one did.
    package func reload(_ read: () throws -> [Webhook]) throws {
        try reloading.withLock { _ in
            let enabled = try read().filter(\.isEnabled)
            state.withLock { $0.webhooks = Dictionary(grouping: enabled, by: \.app) }
        }
    }

    /// - Parameter follower: hears of every commit that stored events of an app.
    package func follow(_ follower: (@Sendable (AppName) -> Void)?) { state.withLock { $0.follower = follower } }

    /// Whoever delivers events hears of them after the commit.
    /// - Parameter conversation: as it is after the events.
    func record(
        _ events: [ConversationEvent], of conversation: Conversation, at time: Date, _ database: Database
    ) throws {
        guard let webhooks = state.withLock({ $0.webhooks[conversation.app] }) else { return }
        var isWritten = false
        for event in events {
            for (type, detail) in event.told(of: conversation) {
                let told = WebhookEvent(
                    id: ids.next(), type: type, conversation: conversation, detail: detail, createdAt: time)
                guard webhooks.contains(where: { $0.wants(type, channel: conversation.channel, sender: told.sender) })
                else { continue }
                try write(told, to: database)
                isWritten = true
            }
        }
        if isWritten {
            database.afterNextTransaction { [self] _ in state.withLock { $0.follower }?(conversation.app) }
        }
    }

    private func write(_ event: WebhookEvent, to database: Database) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO webhook_event (id, app, conversation_id, type, channel, sender, body, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            event.id.rawValue, event.conversation.app.rawValue, event.conversation.id.rawValue, event.type.rawValue,
            event.conversation.channel.rawValue, event.sender?.rawValue, Data(event.json()),
            RowTime.milliseconds(event.createdAt),
        ])
    }
}

extension ConversationEvent {
    /// What other programs are told of it.
    /// - Parameter conversation: as it is after the event.
    fileprivate func told(of conversation: Conversation) -> [(EventType, WebhookEvent.Detail)] {
        switch self {
        case .created: [(.conversationCreated, .none)]
        case .turn(let turn): ([turn.message] + turn.replies).map { (.messageCreated, .message($0)) }
        case .posted(let posted): [(.messageCreated, .message(posted.message))]
        case .statusChanged(let previous):
            [(.statusChanged, .status(conversation.status, previous: previous))]
                + (conversation.status == .closed ? [(.conversationClosed, .none)] : [])
        case .handoffRequested: [(.handoffRequested, .reason(conversation.handoffReason))]
        case .handoffTaken: [(.handoffTaken, .agent(conversation.assignee))]
        case .handoffMissed(let miss): [(.handoffMissed, .reason(miss.rawValue))]
        case .ticketRequested(let email): [(.ticketRequested, .email(email))]
        case .rated(let feedback): [(.feedbackCreated, .feedback(feedback))]
        case .edited, .noted: []
        }
    }
}
