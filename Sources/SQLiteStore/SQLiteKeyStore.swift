public import ConversationDomain
public import Foundation
internal import GRDB

/// Keeps API keys. Every look-up reads the file, so that a key revoked by another process is dead at once.
public struct SQLiteKeyStore: KeyStore {
    private let database: SQLiteDatabase

    public init(_ database: SQLiteDatabase) {
        self.database = database
    }

    public func add(_ key: APIKey) async throws {
        try await database.write { database in
            try database.execute(
                sql: """
                    INSERT INTO api_key (id, name, app, kind, scopes, origins, hash, display, created_at, expires_at, revoked_at)
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
    }

    public func list() async throws -> [APIKey] {
        try await database.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM api_key ORDER BY created_at, id").map(Self.key)
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

    public func key(hash: Data) async throws -> APIKey? {
        try database.lookUp { database in
            let statement = try database.cachedStatement(sql: "SELECT * FROM api_key WHERE hash = ?")
            return try Row.fetchOne(statement, arguments: [hash]).map(Self.key)
        }
    }

    private static func key(_ row: Row) throws -> APIKey {
        let scopes: [Scope] = try RowJSON.value(row["scopes"])
        return APIKey(
            id: KeyID(trusted: row["id"]), name: row["name"], app: AppName(trusted: row["app"]),
            kind: try RowJSON.enumeration(row["kind"]), scopes: Set(scopes), origins: try RowJSON.value(row["origins"]),
            hash: row["hash"], display: row["display"], createdAt: RowTime.date(row["created_at"]),
            expiresAt: (row["expires_at"] as Int64?).map(RowTime.date),
            revokedAt: (row["revoked_at"] as Int64?).map(RowTime.date))
    }
}
