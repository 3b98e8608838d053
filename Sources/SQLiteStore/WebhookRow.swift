internal import ConversationDomain
internal import Foundation
package import GRDB
package import Outbox

/// The row of a webhook.
package enum WebhookRow {
    package static let columns =
        "id, app, url, events, channels, senders, note, is_enabled, secret, previous_secret, previous_until, created_at"

    /// In the order of `columns`.
    package static func values(_ webhook: Webhook) throws -> [DatabaseValue] {
        let values: [(any DatabaseValueConvertible)?] = [
            webhook.id.rawValue, webhook.app.rawValue, webhook.url,
            try webhook.events.map { try RowJSON.text($0.map(\.rawValue).sorted()) },
            try RowJSON.text(webhook.channels.map(\.rawValue).sorted()),
            try RowJSON.text(webhook.senders.map(\.rawValue).sorted()), webhook.note, webhook.isEnabled,
            webhook.secrets.current, webhook.secrets.previous,
            webhook.secrets.previousUntil.map(RowTime.milliseconds), RowTime.milliseconds(webhook.createdAt),
        ]
        return values.map { $0?.databaseValue ?? .null }
    }

    /// - Parameter row: begins with `columns`.
    package static func webhook(_ row: Row) throws -> Webhook {
        Webhook(
            id: WebhookID(trusted: row[0]), app: AppName(trusted: row[1]), url: row[2],
            events: try (row[3] as String?).map { Set(try RowJSON.strings($0).map(RowJSON.enumeration)) },
            channels: Set(try RowJSON.strings(row[4]).map(ChannelName.init(trusted:))),
            senders: Set(try RowJSON.strings(row[5]).map(RowJSON.enumeration)), note: row[6], isEnabled: row[7],
            secrets: WebhookSecrets(
                current: row[8], previous: row[9], previousUntil: (row[10] as Int64?).map(RowTime.date)),
            createdAt: RowTime.date(row[11]))
    }

    package static func all(_ database: Database) throws -> [Webhook] {
        try Row.fetchAll(database, sql: "SELECT \(columns) FROM webhook").map(webhook)
    }
}
