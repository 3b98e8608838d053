public import Foundation
internal import GRDB
public import SQLiteStore

/// Keeps the token vectors of sentences by what made them, as opaque bytes.
public struct SQLiteVectorStore: Sendable {
    private let database: SQLiteDatabase
    private let now: @Sendable () -> Date

    public init(_ database: SQLiteDatabase, now: @escaping @Sendable () -> Date = { Date() }) {
        self.database = database
        self.now = now
    }

    /// How many of the keys are there.
    public func count(_ keys: [Data], origin: Data) async throws -> Int {
        try await database.read { database in
            let statement = try database.cachedStatement(
                sql: "SELECT 1 FROM sentence_vector WHERE origin = ? AND key = ?")
            return try keys.count { try Bool.fetchOne(statement, arguments: [origin, $0]) != nil }
        }
    }

    /// What was kept, for the keys that are there.
    public func vectors(_ keys: [Data], origin: Data) async throws -> [Data: Data] {
        try await database.read { database in
            let statement = try database.cachedStatement(
                sql: "SELECT vectors FROM sentence_vector WHERE origin = ? AND key = ?")
            var found: [Data: Data] = [:]
            for key in keys { found[key] = try Data.fetchOne(statement, arguments: [origin, key]) }
            return found
        }
    }

    public func keep(_ vectors: [Data: Data], origin: Data) async throws {
        let time = RowTime.milliseconds(now())
        try await database.write { database in
            try Self.use(origin, at: time, database)
            let statement = try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO sentence_vector (origin, key, vectors) VALUES (?, ?, ?)")
            for (key, bytes) in vectors { try statement.execute(arguments: [origin, key, bytes]) }
        }
    }

    /// Drops what is not among `keys` once it is more than half, and the vectors of all but the `origins` that were used last.
    public func prune(origin: Data, keeping keys: Set<Data>, origins: Int) async throws {
        let time = RowTime.milliseconds(now())
        try await database.write { database in
            try Self.use(origin, at: time, database)
            try database.execute(
                sql: """
                    DELETE FROM vector_origin WHERE origin NOT IN
                        (SELECT origin FROM vector_origin ORDER BY used_at DESC, origin LIMIT ?)
                    """,
                arguments: [origins])
            let stored = try Data.fetchAll(
                database, sql: "SELECT key FROM sentence_vector WHERE origin = ?", arguments: [origin])
            let old = stored.filter { !keys.contains($0) }
            guard old.count > keys.count else { return }
            let statement = try database.cachedStatement(
                sql: "DELETE FROM sentence_vector WHERE origin = ? AND key = ?")
            for key in old { try statement.execute(arguments: [origin, key]) }
        }
    }

    private static func use(_ origin: Data, at time: Int64, _ database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO vector_origin (origin, used_at) VALUES (?, ?)
                ON CONFLICT (origin) DO UPDATE SET used_at = excluded.used_at
                """,
            arguments: [origin, time])
    }
}
