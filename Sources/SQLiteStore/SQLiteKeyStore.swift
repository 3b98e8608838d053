public import ConversationDomain
internal import DataFolder
public import Foundation
internal import GRDB
internal import Synchronization

/// Keeps API keys. Every look-up reads the file, so that a key revoked by another process is dead at once.
public struct SQLiteKeyStore: KeyStore {
    private let database: SQLiteDatabase
    private let lastRevision = LastRevision()

    /// The keys' revision as of a state of the file.
    private final class LastRevision: Sendable {
        let known = Mutex<(dataVersion: Int64, revision: KeyRevision)?>(nil)
    }

    public init(_ database: SQLiteDatabase) {
        self.database = database
    }

    public func add(_ key: APIKey) async throws {
        try await database.write { try Self.insert(key, $0) }
    }

    static func insert(_ key: APIKey, _ database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO api_key (\(columns))
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                key.id.rawValue, key.name, key.app.rawValue, key.kind.rawValue,
                try RowJSON.text(key.scopes.map(\.rawValue).sorted()), try RowJSON.text(key.origins), key.hash,
                key.display,
                RowTime.milliseconds(key.createdAt), key.expiresAt.map(RowTime.milliseconds),
                key.revokedAt.map(RowTime.milliseconds),
            ])
    }

    public func list() async throws -> [APIKey] {
        try await database.read { database in
            try Row.fetchAll(database, sql: "SELECT \(Self.columns) FROM api_key ORDER BY created_at, id").map(Self.key)
        }
    }

    public func revoke(_ id: KeyID, at time: Date) async throws -> Bool {
        try await database.write { database in
            try database.execute(
                sql: "UPDATE api_key SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
                arguments: [RowTime.milliseconds(time), id.rawValue])
            return database.changesCount == 1
        }
    }

    /// Adds a key in the place of another, which expires at a time if it does not before.
    /// - Returns: false when there is no such key that is not revoked already; then nothing is added.
    public func replace(_ id: KeyID, by key: APIKey, expiring time: Date) async throws -> Bool {
        try await database.write { database in
            try database.execute(
                sql: """
                    UPDATE api_key SET expires_at = min(coalesce(expires_at, ?1), ?1) WHERE id = ?2 AND revoked_at IS NULL
                    """,
                arguments: [RowTime.milliseconds(time), id.rawValue])
            guard database.changesCount == 1 else { return false }
            try Self.insert(key, database)
            return true
        }
    }

    /// Notes when keys were used; an earlier time changes nothing.
    public func noteUses(_ uses: [KeyID: Date]) async throws {
        guard !uses.isEmpty else { return }
        try await database.write { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO key_use (key_id, used_at) SELECT id, ?2 FROM api_key WHERE id = ?1
                    ON CONFLICT (key_id) DO UPDATE SET used_at = max(used_at, excluded.used_at)
                    """)
            for (id, time) in uses { try statement.execute(arguments: [id.rawValue, RowTime.milliseconds(time)]) }
        }
    }

    /// When each key was used last, to about a minute; those that never were are not there.
    public func lastUses() async throws -> [KeyID: Date] {
        try await database.read { database in
            let rows = try Row.fetchAll(database, sql: "SELECT key_id, used_at FROM key_use")
            return Dictionary(
                rows.map { (KeyID(trusted: $0[0]), RowTime.date($0[1])) }, uniquingKeysWith: { first, _ in first })
        }
    }

    public func key(hash: Data) async throws -> APIKey? {
        try database.lookUp { try $0.first("SELECT \(Self.columns) FROM api_key WHERE hash = ?", [hash], Self.key) }
    }

    /// Counts the keys only if anything at all was committed since, which the connection tells without looking at a table.
    public func revision() async throws -> KeyRevision {
        try database.lookUp { database in
            let dataVersion = try database.first("PRAGMA data_version", []) { $0[0] as Int64 } ?? 0
            if let known = lastRevision.known.withLock({ $0 }), known.dataVersion == dataVersion {
                return known.revision
            }
            let revision = try database.first("SELECT count(*), count(revoked_at), max(id) FROM api_key", []) { row in
                KeyRevision(keys: row[0], revoked: row[1], newest: (row[2] as String?).map(KeyID.init(trusted:)))
            }
            guard let revision else { throw StoreError(.io, "the keys could not be counted") }
            lastRevision.known.withLock { $0 = (dataVersion, revision) }
            return revision
        }
    }

    private static let columns =
        "id, name, app, kind, scopes, origins, hash, display, created_at, expires_at, revoked_at"

    /// - Parameter row: has `columns`.
    private static func key(_ row: Row) throws -> APIKey {
        APIKey(
            id: KeyID(trusted: row[0]), name: row[1], app: AppName(trusted: row[2]),
            kind: try RowJSON.enumeration(row[3]), scopes: Set(try RowJSON.strings(row[4]).map(RowJSON.enumeration)),
            origins: try RowJSON.strings(row[5]), hash: row[6], display: row[7], createdAt: RowTime.date(row[8]),
            expiresAt: (row[9] as Int64?).map(RowTime.date), revokedAt: (row[10] as Int64?).map(RowTime.date))
    }
}
