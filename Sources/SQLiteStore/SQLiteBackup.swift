internal import DataFolder
public import Foundation
internal import GRDB
internal import Migrations

extension SQLiteDatabase {
    /// Copies the database as it is at this moment while others go on reading and writing; the copy is one plain file.
    /// - Parameter url: a file that does not exist.
    public func backup(to url: URL) throws {
        do {
            let copy = try DatabaseQueue(path: url.path)
            try pool.backup(to: copy)
            // A backup is read on its own: no WAL file beside it.
            try copy.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
            try copy.close()
        } catch let error as DatabaseError {
            throw StoreError(error, path: url.path)
        }
    }

    /// Reads every page of the file and every foreign key.
    /// - Throws: ``StoreError`` with the first fault.
    public func checkIntegrity() throws {
        do {
            try pool.read { try Self.checkIntegrity($0, path: path) }
        } catch let error as DatabaseError {
            throw StoreError(error, path: path)
        }
    }

    private static func checkIntegrity(_ database: Database, path: String) throws {
        let verdict = try String.fetchOne(database, sql: "PRAGMA integrity_check(1)") ?? "no answer"
        guard verdict == "ok" else { throw StoreError(.damaged, "\(path): \(verdict)") }
        do {
            try database.checkForeignKeys()
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            throw StoreError(
                .damaged, "\(path): a row refers to one that is not there (\(error.message ?? "no detail"))")
        }
    }

    /// Checks a file from outside that nobody has open, without bringing it up to date: every page, every foreign key, the
    /// schema's checksums, and that it holds no table, index, trigger or view beside those of its schema. The checksums
    /// lie in the file itself, so what was put in on purpose is found by the last check alone.
    /// - Parameter name: stands for the file in messages.
    /// - Throws: ``StoreError`` with the first fault.
    public static func inspect(_ url: URL, name: String) throws {
        do {
            try checkHeader(url)
            let queue = try DatabaseQueue(path: url.path)
            defer { try? queue.close() }
            try queue.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA query_only = ON; PRAGMA cell_size_check = ON")
                let migrator = SchemaMigrator(migrations: MigrationList.sqlite)
                guard try !SchemaMigrator.isEmpty(database) else {
                    throw StoreError(.foreign, "\(name): a database without tables; expected one that Frontdesk made")
                }
                _ = try migrator.isCurrent(database, path: name)
                let applied = try Int.fetchOne(database, sql: "SELECT count(*) FROM schema_migration") ?? 0
                let foreign = try objects(database).subtracting(objects(after: applied))
                guard foreign.isEmpty else {
                    throw StoreError(
                        .altered, "\(name): holds '\(foreign.sorted()[0].prefix(80))', which is not of Frontdesk")
                }
                try checkIntegrity(database, path: name)
            }
        } catch let error as DatabaseError {
            throw StoreError(error, path: name)
        }
    }

    /// Kind and name of everything that a new database has after the first migrations.
    private static func objects(after migrations: Int) throws -> Set<String> {
        let queue = try DatabaseQueue()
        defer { try? queue.close() }
        try SchemaMigrator(migrations: Array(MigrationList.sqlite.prefix(migrations))).migrate(queue, path: "memory")
        return try queue.read { try objects($0) }
    }

    private static func objects(_ database: Database) throws -> Set<String> {
        Set(
            try String.fetchAll(
                database, sql: "SELECT type || ' ' || name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"))
    }
}
