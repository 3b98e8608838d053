public import Foundation
internal import GRDB

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
            try pool.read { database in
                let verdict = try String.fetchOne(database, sql: "PRAGMA integrity_check(1)") ?? "no answer"
                guard verdict == "ok" else { throw StoreError(.damaged, "\(path): \(verdict)") }
                try database.checkForeignKeys()
            }
        } catch let error as DatabaseError {
            throw StoreError(error, path: path)
        }
    }
}
