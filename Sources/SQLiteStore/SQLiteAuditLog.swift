public import ConversationDomain
public import Foundation
internal import GRDB

/// Keeps the audit log in the database.
public struct SQLiteAuditLog: AuditLog {
    /// Rows that are kept at most; the oldest give way.
    static let rowLimit = 1_000_000

    private let database: SQLiteDatabase

    public init(_ database: SQLiteDatabase) { self.database = database }

    public func record(_ events: [AuditEvent]) async throws {
        guard !events.isEmpty else { return }
        try await database.write { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO audit (at, action, actor, subject, detail, source, count) VALUES (?, ?, ?, ?, ?, ?, ?)
                    """)
            for event in events {
                try statement.execute(arguments: [
                    RowTime.milliseconds(event.at), event.action.rawValue, event.actor, event.subject, event.detail,
                    event.source, event.count,
                ])
            }
            try database.execute(
                sql: "DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?", arguments: [Self.rowLimit])
        }
    }

    public func events(since: Date, limit: Int) async throws -> [AuditEvent] {
        try await database.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT at, action, actor, subject, detail, source, count FROM audit
                    WHERE at >= ? ORDER BY at DESC, id DESC LIMIT ?
                    """,
                arguments: [RowTime.milliseconds(since), limit]
            ).reversed().map { row in
                AuditEvent(
                    at: RowTime.date(row[0]), action: try RowJSON.enumeration(row[1]), actor: row[2], subject: row[3],
                    detail: row[4], source: row[5], count: row[6])
            }
        }
    }

    public func removeEvents(before time: Date) async throws -> Int {
        try await database.write { database in
            try database.execute(sql: "DELETE FROM audit WHERE at < ?", arguments: [RowTime.milliseconds(time)])
            return database.changesCount
        }
    }
}
