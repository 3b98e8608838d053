public import ConversationDomain
public import Foundation
import GRDB
public import People
public import SQLiteStore

/// Keeps what pages and the shop's own server go on with: answers that can be asked for again, secrets of visitor tokens, and which
/// conversation is whose.
public struct SQLiteCustomerStore: CustomerStore {
    let database: SQLiteDatabase
    let limitPerKey: Int

    /// - Parameter limitPerKey: answers that are kept for one API key.
    public init(_ database: SQLiteDatabase, limitPerKey: Int = KeptAnswer.limitPerKey) {
        self.database = database
        self.limitPerKey = limitPerKey
    }

    /// Conversations of a visitor that are looked at, the newest.
    private static let lookedAt = 200

    public func openConversation(of visitor: String, in app: AppName) async throws -> ConversationID? {
        try database.lookUp { database in
            let sql = """
                SELECT id FROM (
                    SELECT id, app, status, visitor_is_proven FROM conversation WHERE visitor_id = ? ORDER BY id DESC LIMIT ?
                ) WHERE app = ? AND status <> 'closed' AND visitor_is_proven = 1 ORDER BY id DESC LIMIT 1
                """
            return try database.first(sql, [visitor, Self.lookedAt, app.rawValue]) { row in
                ConversationID(trusted: row[0])
            }
        }
    }

    /// Until when pages may go on with conversations that have no token: 30 days from when tokens came.
    public func graceEnd() throws -> Date {
        try database.lookUp { database in
            let sql = "SELECT applied_at FROM schema_migration WHERE number = 15"
            guard let time = try database.first(sql, [], { $0[0] as Int64 }) else { return .distantPast }
            return RowTime.date(time).addingTimeInterval(Conversation.graceSeconds)
        }
    }
}
