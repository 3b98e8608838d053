import ConversationDomain
import Foundation
import GRDB
import Outbox
import SQLiteStore

/// Reads what may be tried again. The events that wait in a conversation are due at one time, so a step from conversation to
/// conversation in the index finds the next one however many events the one before has: a target that has come back gets on with all
/// conversations, not with the longest.
struct DueEvents {
    let webhook: WebhookID
    let time: Int64
    let database: Database

    func fetch(conversations limit: Int, ofEach most: Int) throws -> [OutboxEvent] {
        let step = """
            SELECT next_at, conversation_id FROM webhook_delivery
            WHERE webhook_id = ?1 AND status = 'pending' AND next_at <= ?2 AND (next_at, conversation_id) > (?3, ?4)
            ORDER BY next_at, conversation_id LIMIT 1
            """
        let events = try database.cachedStatement(
            sql: """
                SELECT \(EventRow.columns), delivery.attempts FROM webhook_delivery AS delivery
                JOIN webhook_event AS event ON event.number = delivery.number
                WHERE webhook_id = ? AND delivery.conversation_id = ? AND status = 'pending' AND next_at <= ?
                ORDER BY delivery.number LIMIT ?
                """)
        var (place, due, seen) = ((Int64.min, ""), [OutboxEvent](), Set<String>())
        // A dead letter that is sent again is due at another time than the rest of its conversation, which then comes twice.
        for _ in 0..<2 * limit where seen.count < limit {
            let next = try database.first(step, [webhook.rawValue, time, place.0, place.1]) {
                ($0[0] as Int64, $0[1] as String)
            }
            guard let next else { break }
            place = next
            guard seen.insert(next.1).inserted else { continue }
            due += try Row.fetchAll(events, arguments: [webhook.rawValue, next.1, time, most]).map(EventRow.event)
        }
        return due
    }
}

/// Writes the rows of what a target did not take.
struct DeliveryRows {
    let webhook: WebhookID
    let database: Database

    func write(_ outcome: DeliveryOutcome) throws {
        let event = outcome.event
        switch outcome.kind {
        case .delivered:
            // What was taken at once has no row.
            guard event.attempts != nil else { return }
            try database.cachedStatement(sql: "DELETE FROM webhook_delivery WHERE webhook_id = ? AND number = ?")
                .execute(arguments: [webhook.rawValue, event.number])
        case .failed(let attempts, let error, let nextAt):
            try keep(event, .pending, attempts: attempts, error: error, nextAt: nextAt)
            try database.cachedStatement(
                sql: """
                    UPDATE webhook_delivery SET next_at = ?
                    WHERE webhook_id = ? AND conversation_id = ? AND status = 'pending'
                    """
            ).execute(arguments: [
                RowTime.milliseconds(nextAt), webhook.rawValue, event.conversation.rawValue,
            ])
        case .waits(let until):
            guard event.attempts == nil else { return }
            try database.cachedStatement(
                sql: """
                    INSERT INTO webhook_delivery (webhook_id, number, conversation_id, status, attempts, next_at)
                    SELECT webhook.id, event.number, event.conversation_id, 'pending', 0,
                        coalesce((
                            SELECT max(next_at) FROM webhook_delivery
                            WHERE webhook_id = webhook.id AND conversation_id = event.conversation_id AND status = 'pending'
                        ), ?)
                    FROM webhook, webhook_event AS event WHERE webhook.id = ? AND event.number = ?
                    ON CONFLICT (webhook_id, number) DO NOTHING
                    """
            ).execute(arguments: [RowTime.milliseconds(until), webhook.rawValue, event.number])
        case .dead(let attempts, let error):
            try keep(event, .dead, attempts: attempts, error: error, nextAt: event.createdAt)
        }
    }

    /// Nothing is kept of an event or for a webhook that is gone meanwhile.
    private func keep(_ event: OutboxEvent, _ status: DeliveryStatus, attempts: Int, error: String, nextAt: Date) throws
    {
        try database.cachedStatement(
            sql: """
                INSERT INTO webhook_delivery (webhook_id, number, conversation_id, status, attempts, next_at, last_error)
                SELECT webhook.id, event.number, event.conversation_id, ?, ?, ?, ?
                FROM webhook, webhook_event AS event WHERE webhook.id = ? AND event.number = ?
                ON CONFLICT (webhook_id, number) DO UPDATE SET status = excluded.status, attempts = excluded.attempts,
                    next_at = excluded.next_at, last_error = excluded.last_error
                """
        ).execute(arguments: [
            status.rawValue, attempts, RowTime.milliseconds(nextAt), error, webhook.rawValue, event.number,
        ])
    }

    func forgetDeadLetters(beyond limit: Int) throws {
        try database.cachedStatement(
            sql: """
                DELETE FROM webhook_delivery WHERE webhook_id = ?1 AND status = 'dead' AND number <= (
                    SELECT number FROM webhook_delivery WHERE webhook_id = ?1 AND status = 'dead'
                    ORDER BY number DESC LIMIT 1 OFFSET ?2)
                """
        ).execute(arguments: [webhook.rawValue, limit])
        let forgotten = database.changesCount
        if forgotten > 0 {
            try database.execute(
                sql: "UPDATE webhook SET dropped = dropped + ? WHERE id = ?", arguments: [forgotten, webhook.rawValue])
        }
    }
}

/// The row of an event in the outbox, named `event`, followed by the failed tries of its delivery.
enum EventRow {
    static let columns =
        "event.number, event.id, event.type, event.conversation_id, channel, sender, body, event.created_at"

    static func event(_ row: Row) throws -> OutboxEvent {
        OutboxEvent(
            number: row[0], id: EventID(trusted: row[1]), type: try RowJSON.enumeration(row[2]),
            conversation: ConversationID(trusted: row[3]), channel: ChannelName(trusted: row[4]),
            sender: try (row[5] as String?).map(RowJSON.enumeration), body: row[6], createdAt: RowTime.date(row[7]),
            attempts: row[8])
    }
}
