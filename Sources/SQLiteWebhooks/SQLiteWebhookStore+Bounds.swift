public import Foundation
import GRDB
public import Outbox
import SQLiteStore

extension SQLiteWebhookStore {
    /// Events that one statement of the trimming removes or gives up.
    private static let trimmedAtOnce = 1_000
    /// The last error of an event that was given up before it was tried to its end.
    static let overflow = "more events waited than are kept"

    public func trimOutbox(limits: WebhookLimits, at time: Date) async throws {
        let apps = try await database.read { database in
            try String.fetchAll(database, sql: "SELECT DISTINCT app FROM webhook_event")
        }
        for app in apps {
            if let cut = try await firstKept(app, limits.outboxEvents) {
                try await giveUp(app, before: cut, limits: limits)
            }
            while try await removeSettled(app) == Self.trimmedAtOnce {}
        }
    }

    /// The number of the oldest event within the bound; nil when all are.
    private func firstKept(_ app: String, _ limit: Int) async throws -> Int64? {
        try await database.read { database in
            let numbers = try Int64.fetchAll(
                database, sql: "SELECT number FROM webhook_event WHERE app = ? ORDER BY number DESC LIMIT 2 OFFSET ?",
                arguments: [app, limit - 1])
            return numbers.count == 2 ? numbers[0] : nil
        }
    }

    /// Makes dead letters of what the app's targets have not had of events below a number.
    private func giveUp(_ app: String, before cut: Int64, limits: WebhookLimits) async throws {
        try await database.writeInBackground { database in
            let rows = try Row.fetchAll(
                database, sql: "SELECT \(WebhookRow.columns), position FROM webhook WHERE app = ? AND is_enabled",
                arguments: [app])
            for row in rows {
                let webhook = try WebhookRow.webhook(row)
                let deliveries = DeliveryRows(webhook: webhook.id, database: database)
                let unseen = try Row.fetchCursor(
                    database,
                    sql: """
                        SELECT \(EventRow.columns), NULL FROM webhook_event AS event
                        WHERE app = ? AND number > ? AND number < ? ORDER BY number
                        """, arguments: [app, row[12] as Int64, cut])
                while let row = try unseen.next() {
                    let event = try EventRow.event(row)
                    guard webhook.wants(event.type, channel: event.channel, sender: event.sender) else { continue }
                    try deliveries.write(
                        DeliveryOutcome(event: event, kind: .dead(attempts: 0, error: Self.overflow)))
                }
                try database.execute(
                    sql: """
                        UPDATE webhook_delivery SET status = 'dead', last_error = coalesce(last_error, ?)
                        WHERE webhook_id = ? AND status = 'pending' AND number < ?
                        """, arguments: [Self.overflow, webhook.id.rawValue, cut])
                try database.execute(
                    sql: "UPDATE webhook SET position = max(position, ?) WHERE id = ?",
                    arguments: [cut - 1, webhook.id.rawValue])
                try deliveries.forgetDeadLetters(beyond: limits.deadLetters)
            }
        }
    }

    /// Removes events that every target was sent, or has a row of its own for.
    private func removeSettled(_ app: String) async throws -> Int {
        let settled = try await database.read { database in
            try Int64.fetchAll(
                database,
                sql: """
                    SELECT number FROM webhook_event AS event
                    WHERE app = ?1 AND number <= coalesce(
                            (SELECT min(position) FROM webhook WHERE app = ?1 AND is_enabled), 9223372036854775807)
                        AND NOT EXISTS (SELECT 1 FROM webhook_delivery WHERE webhook_delivery.number = event.number)
                    ORDER BY number LIMIT ?2
                    """, arguments: [app, Self.trimmedAtOnce])
        }
        guard !settled.isEmpty else { return 0 }
        return try await database.writeInBackground { database in
            let statement = try database.cachedStatement(
                sql: """
                    DELETE FROM webhook_event WHERE number = ?
                        AND NOT EXISTS (SELECT 1 FROM webhook_delivery WHERE webhook_delivery.number = webhook_event.number)
                    """)
            for number in settled { try statement.execute(arguments: [number]) }
            return settled.count
        }
    }
}
