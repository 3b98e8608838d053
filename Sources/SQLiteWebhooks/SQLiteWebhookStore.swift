public import ConversationDomain
public import Foundation
internal import GRDB
public import Outbox
public import SQLiteStore

/// Keeps webhooks, the outbox of events, and what targets did not take.
///
/// A target reads the outbox by its `position`, so that what it takes at once leaves no trace. What it does not take gets a row of its
/// own, as does all that waits behind it in the same conversation: such rows have one `next_at` in common, so that what is due of a
/// conversation is always its beginning.
public struct SQLiteWebhookStore: WebhookStore {
    let database: SQLiteDatabase

    public init(_ database: SQLiteDatabase) {
        self.database = database
    }

    public func follow(_ onEvents: (@Sendable (AppName) -> Void)?) { database.outbox.follow(onEvents) }

    /// Follows what another process did: takes over which events are wanted.
    public func reloadInterest() throws {
        try database.outbox.reload { try database.lookUp(WebhookRow.all) }
    }
}

// MARK: - Webhooks

extension SQLiteWebhookStore {
    public func add(_ webhook: Webhook, limit: Int) async throws {
        let values = try WebhookRow.values(webhook)
        try await database.write { database in
            let count = try Int.fetchOne(
                database, sql: "SELECT count(*) FROM webhook WHERE app = ?", arguments: [webhook.app.rawValue])
            guard count ?? 0 < limit else {
                throw ChatError(.conflict, "the app has \(limit) webhooks, and may not have more")
            }
            try database.execute(
                sql: """
                    INSERT INTO webhook (\(WebhookRow.columns), position)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \(Self.newestNumber))
                    """, arguments: StatementArguments(values))
        }
        try reloadInterest()
    }

    /// The number of the newest event that there ever was.
    private static let newestNumber = "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'webhook_event'), 0)"

    public func webhook(_ id: WebhookID) async throws -> WebhookSummary? {
        try await summaries(where: "id = ?", [id.rawValue]).first
    }

    public func webhooks(of app: AppName?) async throws -> [WebhookSummary] {
        guard let app else { return try await summaries(where: "1", []) }
        return try await summaries(where: "app = ?", [app.rawValue])
    }

    private func summaries(where condition: String, _ arguments: [String]) async throws -> [WebhookSummary] {
        try await database.read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT \(WebhookRow.columns), failures, rests_until, dropped,
                        (SELECT count(*) FROM webhook_delivery WHERE webhook_id = id AND status = 'pending'),
                        (SELECT count(*) FROM webhook_delivery WHERE webhook_id = id AND status = 'dead')
                    FROM webhook WHERE \(condition) ORDER BY created_at, id
                    """, arguments: StatementArguments(arguments))
            return try rows.map { row in
                WebhookSummary(
                    webhook: try WebhookRow.webhook(row),
                    health: WebhookHealth(
                        failures: row[12], restsUntil: (row[13] as Int64?).map(RowTime.date), dropped: row[14]),
                    pending: row[15], dead: row[16])
            }
        }
    }

    public func update(_ webhook: Webhook) async throws -> Bool {
        let values = try WebhookRow.values(webhook)
        let isThere = try await database.write { database in
            // What happened while it was disabled is not for it; a changed target gets a chance at once.
            try database.execute(
                sql: """
                    UPDATE webhook SET
                        position = CASE WHEN is_enabled = 0 AND ?8 = 1 THEN \(Self.newestNumber) ELSE position END,
                        failures = CASE WHEN url = ?3 THEN failures ELSE 0 END,
                        rests_until = CASE WHEN url = ?3 THEN rests_until ELSE NULL END,
                        url = ?3, events = ?4, channels = ?5, senders = ?6, note = ?7, is_enabled = ?8, secret = ?9,
                        previous_secret = ?10, previous_until = ?11
                    WHERE id = ?1 AND app = ?2 AND created_at = ?12
                    """, arguments: StatementArguments(values))
            return database.changesCount == 1
        }
        try reloadInterest()
        return isThere
    }

    public func remove(_ id: WebhookID) async throws -> Bool {
        let isGone = try await database.write { database in
            try database.execute(sql: "DELETE FROM webhook WHERE id = ?", arguments: [id.rawValue])
            return database.changesCount == 1
        }
        try reloadInterest()
        return isGone
    }
}

// MARK: - Deliveries

extension SQLiteWebhookStore {
    public func deliveries(of id: WebhookID, status: DeliveryStatus, after: Int64, limit: Int) async throws
        -> [WebhookDelivery]
    {
        try await database.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT number, event.id, event.type, event.conversation_id, attempts, next_at, last_error, event.created_at
                    FROM webhook_delivery JOIN webhook_event AS event USING (number)
                    WHERE webhook_id = ? AND status = ? AND number > ? ORDER BY number LIMIT ?
                    """, arguments: [id.rawValue, status.rawValue, after, limit]
            ).map { row in
                WebhookDelivery(
                    number: row[0], event: EventID(trusted: row[1]), type: try RowJSON.enumeration(row[2]),
                    conversation: ConversationID(trusted: row[3]), status: status, attempts: row[4],
                    nextAt: status == .pending ? RowTime.date(row[5]) : nil, lastError: row[6],
                    createdAt: RowTime.date(row[7]))
            }
        }
    }

    public func resend(_ events: [EventID]?, of id: WebhookID, at time: Date) async throws -> Int {
        try await database.write { database in
            let update = "UPDATE webhook_delivery SET status = 'pending', attempts = 0, next_at = ?"
            guard let events else {
                try database.execute(
                    sql: "\(update) WHERE webhook_id = ? AND status = 'dead'",
                    arguments: [RowTime.milliseconds(time), id.rawValue])
                return database.changesCount
            }
            var count = 0
            let statement = try database.cachedStatement(
                sql: """
                    \(update) WHERE webhook_id = ? AND status = 'dead'
                        AND number = (SELECT number FROM webhook_event WHERE id = ?)
                    """)
            for event in Set(events) {
                try statement.execute(arguments: [RowTime.milliseconds(time), id.rawValue, event.rawValue])
                count += database.changesCount
            }
            return count
        }
    }

    public func work(for id: WebhookID, after: Int64, at time: Date, limits: WorkLimits) async throws -> OutboxWork {
        try await database.read { database in
            var work = OutboxWork()
            let place = try Row.fetchOne(
                database, sql: "SELECT app, position FROM webhook WHERE id = ? AND is_enabled", arguments: [id.rawValue]
            )
            guard let place else { return work }
            work.due = try DueEvents(webhook: id, time: RowTime.milliseconds(time), database: database)
                .fetch(conversations: limits.conversations, ofEach: limits.ofEach)
            let fresh = try database.cachedStatement(
                sql: """
                    SELECT \(EventRow.columns), NULL FROM webhook_event AS event
                    WHERE app = ? AND number > ? ORDER BY number LIMIT ?
                    """)
            let position = max(after, place[1] as Int64)
            work.fresh = try Row.fetchAll(fresh, arguments: [place[0] as String, position, limits.fresh])
                .map(EventRow.event)
            for conversation in Set(work.fresh.map(\.conversation)) {
                let sql = """
                    SELECT 1 FROM webhook_delivery
                    WHERE webhook_id = ? AND conversation_id = ? AND status = 'pending' LIMIT 1
                    """
                let isWaiting = try database.first(sql, [id.rawValue, conversation.rawValue]) { _ in true }
                if isWaiting == true { work.waiting.insert(conversation) }
            }
            let next = "SELECT min(next_at) FROM webhook_delivery WHERE webhook_id = ? AND status = 'pending'"
            work.nextAt = try database.first(next, [id.rawValue]) { ($0[0] as Int64?).map(RowTime.date) } ?? nil
            return work
        }
    }

    public func settle(
        _ outcomes: [DeliveryOutcome], of id: WebhookID, position: Int64?, health: WebhookHealth, limits: WebhookLimits
    ) async throws {
        try await database.write { database in
            let rows = DeliveryRows(webhook: id, database: database)
            for outcome in outcomes { try rows.write(outcome) }
            if outcomes.contains(where: { if case .dead = $0.kind { true } else { false } }) {
                try rows.forgetDeadLetters(beyond: limits.deadLetters)
            }
            try database.cachedStatement(
                sql: """
                    UPDATE webhook SET position = max(position, coalesce(?, 0)), failures = ?, rests_until = ? WHERE id = ?
                    """
            ).execute(arguments: [
                position, health.failures, health.restsUntil.map(RowTime.milliseconds), id.rawValue,
            ])
        }
    }
}
