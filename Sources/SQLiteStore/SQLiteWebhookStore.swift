public import ConversationDomain
public import Foundation
internal import GRDB
public import Outbox

/// Keeps webhooks, the outbox of events, and what targets did not take.
///
/// A target reads the outbox by its `position`, so that what it takes at once leaves no trace. What it does not take gets a row of its
/// own, as does all that waits behind it in the same conversation: such rows have one `next_at` in common, so that what is due of a
/// conversation is always its beginning.
public struct SQLiteWebhookStore: WebhookStore {
    private let database: SQLiteDatabase

    public init(_ database: SQLiteDatabase) {
        self.database = database
    }

    public func follow(_ onEvents: (@Sendable (AppName) -> Void)?) { database.outbox.follow(onEvents) }

    private func reloadInterest() throws {
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

/// Reads what may be tried again. The events that wait in a conversation are due at one time, so a step from conversation to
/// conversation in the index finds the next one however many events the one before has: a target that has come back gets on with all
/// conversations, not with the longest.
private struct DueEvents {
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
private struct DeliveryRows {
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

// MARK: - Bounds

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

// MARK: - Rows

/// The row of a webhook.
enum WebhookRow {
    static let columns =
        "id, app, url, events, channels, senders, note, is_enabled, secret, previous_secret, previous_until, created_at"

    /// In the order of `columns`.
    static func values(_ webhook: Webhook) throws -> [DatabaseValue] {
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
    static func webhook(_ row: Row) throws -> Webhook {
        Webhook(
            id: WebhookID(trusted: row[0]), app: AppName(trusted: row[1]), url: row[2],
            events: try (row[3] as String?).map { Set(try RowJSON.strings($0).map(RowJSON.enumeration)) },
            channels: Set(try RowJSON.strings(row[4]).map(ChannelName.init(trusted:))),
            senders: Set(try RowJSON.strings(row[5]).map(RowJSON.enumeration)), note: row[6], isEnabled: row[7],
            secrets: WebhookSecrets(
                current: row[8], previous: row[9], previousUntil: (row[10] as Int64?).map(RowTime.date)),
            createdAt: RowTime.date(row[11]))
    }

    static func all(_ database: Database) throws -> [Webhook] {
        try Row.fetchAll(database, sql: "SELECT \(columns) FROM webhook").map(webhook)
    }
}

/// The row of an event in the outbox, named `event`, followed by the failed tries of its delivery.
private enum EventRow {
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
