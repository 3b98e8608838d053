internal import DataFolder
internal import Foundation
internal import GRDB
internal import Migrations

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension SQLiteDatabase {
    /// Makes a database that is not there yet. It is built under another name and appears with its whole schema: an empty
    /// file of its name is therefore never a database that is just being made, but always one that was emptied.
    static func makeIfMissing(_ url: URL) throws {
        guard !DurableFiles.exists(url) else { return }
        for suffix in ["-wal", "-journal"] where DurableFiles.exists(URL(fileURLWithPath: url.path + suffix)) {
            throw StoreError(
                .damaged,
                "\(url.path): the database file is missing, but '\(url.lastPathComponent)\(suffix)' is there; put the file back or restore a backup"
            )
        }
        let folder = url.deletingLastPathComponent()
        let building = folder.appending(path: ".\(url.lastPathComponent).\(UUID().uuidString)")
        defer {
            for suffix in ["", "-journal"] { unlink(building.path + suffix) }
        }
        let queue = try DatabaseQueue(path: building.path)
        try SchemaMigrator(migrations: MigrationList.sqlite).migrate(queue, path: url.path)
        try queue.close()
        guard chmod(building.path, 0o600) == 0 else { throw DurableFiles.fault(building, "cannot be made private") }
        // Two processes may do this at the same time; the first one's file stays.
        guard link(building.path, url.path) == 0 || errno == EEXIST else {
            throw DurableFiles.fault(url, "cannot be made")
        }
        try DurableFiles.synchronise(folder: folder)
    }

    /// A file must begin as SQLite files do.
    static func checkHeader(_ url: URL) throws {
        guard let handle = try? FileHandle(forReadingFrom: url) else { return }
        defer { try? handle.close() }
        let header = (try? handle.read(upToCount: 16)) ?? Data()
        guard !header.isEmpty else {
            throw StoreError(
                .damaged,
                "\(url.path): the file is empty; it was a database. Restore a backup, or remove the folder's files to start a new bot"
            )
        }
        guard header == Data("SQLite format 3\0".utf8) else {
            throw StoreError(.notADatabase, "\(url.path): not a SQLite database; expected a file that Frontdesk made")
        }
    }
}
