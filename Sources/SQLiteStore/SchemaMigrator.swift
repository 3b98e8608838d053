internal import Crypto
internal import DataFolder
internal import Foundation
internal import GRDB
internal import Migrations

/// Brings a database to the schema of this program and refuses what it does not know.
struct SchemaMigrator {
    /// Stands in the file's header, so that another program's database is not taken for ours: "FDsk".
    static let applicationID: Int32 = 0x4644_736B

    let migrations: [Migration]

    /// - Parameter mayBeEmpty: whether a database without tables is one to fill, rather than one that lost them.
    func migrate(_ pool: some DatabaseWriter, path: String, mayBeEmpty: Bool = true) throws {
        let isCurrent = try pool.read { database in
            let isEmpty = try Self.isEmpty(database)
            guard mayBeEmpty || !isEmpty else {
                throw StoreError(
                    .foreign, "\(path): a SQLite database without tables; expected one that Frontdesk made")
            }
            return try self.isCurrent(database, path: path)
        }
        if isCurrent { return }
        try pool.writeWithoutTransaction { database in
            try database.inTransaction(.immediate) {
                try applyMissing(database, path: path)
                return .commit
            }
        }
    }

    /// Whether nothing is to be done.
    /// - Throws: ``StoreError`` for a foreign, newer or altered schema.
    func isCurrent(_ database: Database, path: String) throws -> Bool {
        if try Self.isEmpty(database) { return false }
        guard try Int32.fetchOne(database, sql: "PRAGMA application_id") == Self.applicationID else {
            throw StoreError(
                .foreign, "\(path): a SQLite database of another program; expected one that Frontdesk made")
        }
        let applied = try Row.fetchAll(
            database, sql: "SELECT number, name, checksum, schema_checksum FROM schema_migration ORDER BY number")
        for (index, row) in applied.enumerated() {
            guard index < migrations.count else {
                throw StoreError(
                    .newer,
                    "\(path): made by a newer Frontdesk (schema \(applied.count), this program knows \(migrations.count)); update the program"
                )
            }
            guard row["number"] == migrations[index].number, row["checksum"] == Self.checksum(migrations[index].sql)
            else {
                throw StoreError(
                    .altered,
                    "\(path): migration \(index + 1) was changed after it had been applied; expected the shipped text")
            }
        }
        if let recorded: String = applied.last?["schema_checksum"], recorded != (try Self.schemaChecksum(database)) {
            throw StoreError(.altered, "\(path): its tables were altered outside Frontdesk; restore a backup")
        }
        return applied.count == migrations.count
    }

    static func isEmpty(_ database: Database) throws -> Bool {
        try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0 == 0
    }

    private func applyMissing(_ database: Database, path: String) throws {
        // Another process may have been faster.
        if try isCurrent(database, path: path) { return }
        let isNew = try !database.tableExists("schema_migration")
        if isNew {
            try database.execute(sql: "PRAGMA application_id = \(Self.applicationID)")
            try database.execute(
                sql: """
                    CREATE TABLE schema_migration (
                        number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL,
                        schema_checksum TEXT NOT NULL, applied_at INTEGER NOT NULL)
                    """)
        }
        let applied = try Int.fetchOne(database, sql: "SELECT count(*) FROM schema_migration") ?? 0
        for migration in migrations.dropFirst(applied) {
            try database.execute(sql: migration.sql)
            try database.execute(
                sql: "INSERT INTO schema_migration VALUES (?, ?, ?, ?, unixepoch() * 1000)",
                arguments: [
                    migration.number, migration.name, Self.checksum(migration.sql), try Self.schemaChecksum(database),
                ])
        }
    }

    static func checksum(_ text: String) -> String {
        SHA256.hash(data: Data(text.utf8)).map { String(format: "%02x", $0) }.joined()
    }

    /// Over the definitions of all tables and indices, in the order of their names.
    static func schemaChecksum(_ database: Database) throws -> String {
        let definitions = try String.fetchAll(
            database,
            sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type, name")
        return checksum(definitions.joined(separator: ";\n"))
    }
}
