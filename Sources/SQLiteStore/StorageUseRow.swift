public import ConversationDomain
internal import GRDB

/// The rows that count what apps have stored.
enum StorageUseRow {
    static func add(_ bytes: Int, to account: StorageAccount, _ database: Database) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO app_storage (app, hour, bytes) VALUES (?, ?, ?)
                ON CONFLICT (app, hour) DO UPDATE SET bytes = bytes + excluded.bytes
                """
        ).execute(arguments: [account.app.rawValue, account.hour, bytes])
    }
}

extension SQLiteConversationStore {
    /// What was stored through publishable keys since an hour, by app and hour.
    public func storageUse(since hour: Int) async throws -> [StorageUse] {
        try await database.read { database in
            try Row.fetchAll(
                database, sql: "SELECT app, hour, bytes FROM app_storage WHERE hour >= ? ORDER BY app, hour",
                arguments: [hour]
            ).map { row in
                StorageUse(
                    account: StorageAccount(app: AppName(trusted: row["app"]), hour: row["hour"]), bytes: row["bytes"])
            }
        }
    }
}
