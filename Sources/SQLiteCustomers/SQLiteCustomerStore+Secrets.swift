public import ConversationDomain
public import Foundation
import GRDB
public import People
import SQLiteStore

extension SQLiteCustomerStore: VisitorSecretStore {
    private static let columns = "id, app, secret, created_at, revoked_at"
    /// Secrets that are listed.
    private static let listed = 10_000

    public func visitorSecrets(of app: AppName) async throws -> [VisitorSecret] {
        try database.lookUp { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT \(Self.columns) FROM visitor_secret WHERE app = ? AND revoked_at IS NULL
                    ORDER BY id DESC LIMIT ?
                    """)
            return try Row.fetchAll(statement, arguments: [app.rawValue, VisitorSecret.limit]).map(Self.secret)
        }
    }

    public func allVisitorSecrets() async throws -> [VisitorSecret] {
        try await database.read { database in
            try Row.fetchAll(
                database, sql: "SELECT \(Self.columns) FROM visitor_secret ORDER BY id LIMIT ?",
                arguments: [Self.listed]
            ).map(Self.secret)
        }
    }

    public func add(_ secret: VisitorSecret) async throws {
        try await database.write { database in
            let sql = "SELECT count(*) FROM visitor_secret WHERE app = ? AND revoked_at IS NULL"
            let count = try database.first(sql, [secret.app.rawValue]) { $0[0] as Int } ?? 0
            guard count < VisitorSecret.limit else {
                throw ChatError(
                    .conflict,
                    "the app has \(count) visitor secrets, as many as it can have; revoke one that is not used any more"
                )
            }
            try database.execute(
                sql: "INSERT INTO visitor_secret (\(Self.columns)) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    secret.id.rawValue, secret.app.rawValue, secret.secret, RowTime.milliseconds(secret.createdAt),
                    secret.revokedAt.map(RowTime.milliseconds),
                ])
        }
    }

    public func revoke(_ id: VisitorSecretID, at time: Date) async throws -> Bool {
        try await database.write { database in
            try database.execute(
                sql: "UPDATE visitor_secret SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
                arguments: [RowTime.milliseconds(time), id.rawValue])
            return database.changesCount == 1
        }
    }

    private static func secret(_ row: Row) -> VisitorSecret {
        VisitorSecret(
            id: VisitorSecretID(trusted: row[0]), app: AppName(trusted: row[1]), secret: row[2],
            createdAt: RowTime.date(row[3]), revokedAt: (row[4] as Int64?).map(RowTime.date))
    }
}
