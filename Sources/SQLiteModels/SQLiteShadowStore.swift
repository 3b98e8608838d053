public import ConversationDomain
public import Foundation
internal import GRDB
public import ModelRecords
public import SQLiteStore

/// Keeps which version runs as a shadow, and the newest messages on which it disagreed with the active one.
public struct SQLiteShadowStore: ShadowStore {
    /// Disagreements that are kept unless told otherwise.
    public static let limit = 10_000

    private let database: SQLiteDatabase
    private let ids: IdentifierGenerator
    private let limit: Int

    /// - Parameters:
    ///   - ids: names what goes into the review queue.
    ///   - limit: disagreements that are kept; the oldest give way.
    public init(
        _ database: SQLiteDatabase, ids: IdentifierGenerator = IdentifierGenerator(), limit: Int = limit
    ) {
        self.database = database
        self.ids = ids
        self.limit = max(1, limit)
    }

    public func shadow() async throws -> ModelVersionID? {
        try database.lookUp { database in
            try String.fetchOne(database.cachedStatement(sql: "SELECT model_id FROM shadow"))
                .map(ModelVersionID.init(trusted:))
        }
    }

    public func setShadow(_ id: ModelVersionID?, at time: Date) async throws {
        try await database.write { database in
            try database.execute(sql: "DELETE FROM shadow")
            guard let id else { return }
            guard try Bool.fetchOne(database, sql: "SELECT 1 FROM model WHERE id = ?", arguments: [id.rawValue]) != nil
            else { throw ChatError(.notFound, "there is no model \(id)") }
            try database.execute(
                sql: "INSERT INTO shadow (place, model_id, since) VALUES (1, ?, ?)",
                arguments: [id.rawValue, RowTime.milliseconds(time)])
        }
    }

    public func record(_ disagreement: Disagreement) async throws {
        try await database.write { database in
            try Self.insert(disagreement, database)
            _ = try ReviewQueue(database: database, ids: ids).file(
                .disagreement, message: disagreement.message,
                suggestion: disagreement.shadow.decision.understood,
                at: RowTime.milliseconds(disagreement.at))
            try keepWithinLimit(database)
        }
    }

    public func disagreements(limit: Int) async throws -> [Disagreement] {
        try await database.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT disagreement.*, message.conversation_id, message.text, message.created_at
                    FROM disagreement JOIN message ON message.id = disagreement.message_id
                    ORDER BY disagreement.message_id DESC, disagreement.shadow_model DESC LIMIT ?
                    """,
                arguments: [max(0, limit)]
            ).map(Self.disagreement)
        }
    }

    public func disagreementCount() async throws -> Int {
        try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM disagreement") ?? 0 }
    }
}

// MARK: - Rows

extension SQLiteShadowStore {
    private static func insert(_ disagreement: Disagreement, _ database: Database) throws {
        let (shadow, active) = (disagreement.shadow, disagreement.active)
        try database.cachedStatement(
            sql: """
                INSERT INTO disagreement (message_id, shadow_model, shadow_best, shadow_confidence, shadow_accepted,
                    active_model, active_best, active_confidence, active_accepted)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """
        ).execute(arguments: [
            disagreement.message.rawValue, shadow.model.rawValue, shadow.decision.best.intent.rawValue,
            shadow.decision.best.confidence, shadow.decision.isAccepted, active.model.rawValue,
            active.decision.best.intent.rawValue, active.decision.best.confidence, active.decision.isAccepted,
        ])
    }

    /// Identifiers of messages sort by time. One walk along a table of at most `limit` rows.
    private func keepWithinLimit(_ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "SELECT message_id FROM disagreement ORDER BY message_id DESC LIMIT 1 OFFSET ?")
        guard let oldest = try String.fetchOne(statement, arguments: [limit]) else { return }
        try database.cachedStatement(sql: "DELETE FROM disagreement WHERE message_id <= ?").execute(
            arguments: [oldest])
    }

    private static func disagreement(_ row: Row) throws -> Disagreement {
        func decision(_ side: String) -> VersionedDecision {
            VersionedDecision(
                model: ModelVersionID(trusted: row["\(side)_model"]),
                decision: VersionDecision(
                    best: IntentScore(
                        intent: IntentName(trusted: row["\(side)_best"]), confidence: row["\(side)_confidence"]),
                    isAccepted: row["\(side)_accepted"]))
        }
        return Disagreement(
            message: MessageID(trusted: row["message_id"]),
            conversation: ConversationID(trusted: row["conversation_id"]), text: row["text"],
            active: decision("active"), shadow: decision("shadow"), at: RowTime.date(row["created_at"]))
    }
}
