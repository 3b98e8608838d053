package import Connectors
package import Dialogue
package import Inference
package import Logging
import Outbox
import SQLiteConnectors
package import SQLiteStore
import SQLiteWebhooks
package import Webhooks

/// What delivers a server's events and takes what other systems tell, and what the calls on both ask.
package struct EventDelivery {
    package let deliverer: WebhookDeliverer
    package let desk: WebhookDesk
    package let hooks: ConnectorHooks
    package let following: ConnectorFollowing

    /// - Parameters:
    ///   - rules: where requests may go.
    ///   - queue: what understands visitors; while it works, deliveries take little of the machine.
    package init(
        _ database: SQLiteDatabase, rules: TargetRules, chat: ConversationEngine, queue: InferenceQueue, logger: Logger
    ) {
        let (store, connectors) = (SQLiteWebhookStore(database), SQLiteConnectorStore(database))
        let conversations = SQLiteConversationStore(database)
        let resolver = TargetResolver(rules)
        let client = TargetClient(resolver, isInBackground: true)
        let parts = ConnectorParts(store: connectors, client: client) { id, seq, limit in
            try await conversations.messages(in: id, after: seq, limit: limit)
        }
        let deliverer = WebhookDeliverer(
            store: store, client: client, logger: logger, senders: { try await parts.sender(for: $0) },
            activity: { queue.metrics.completed })
        self.deliverer = deliverer
        desk = WebhookDesk(store: store, resolver: resolver, onChange: { deliverer.changed($0) })
        hooks = ConnectorHooks(store: connectors, chat: chat, people: chat)
        following = ConnectorFollowing(store: connectors, logger: logger) { webhook in
            try store.reloadInterest()
            deliverer.changed(webhook)
        }
    }
}
