internal import ConversationDomain
public import DataFolder
public import Foundation
package import GRDB
internal import Migrations
internal import Synchronization

/// An open database file: WAL, `synchronous=FULL`, foreign keys on, its schema checked and up to date.
public final class SQLiteDatabase: Sendable {
    let pool: DatabasePool
    let writer: GroupCommitWriter
    /// A connection of its own for look-ups: nobody keeps it while he waits for something else, so a look-up that holds up
    /// its thread always gets on.
    let lookUps: DatabaseQueue
    public let path: String
    let files: DatabaseFiles
    /// Keeps events for webhooks.
    package let outbox = EventOutbox()
    /// Kept locked while the database is open.
    private let use: FolderUse?
    private let isClosed = Mutex(false)

    /// Opens or creates the file and applies the migrations that are missing.
    /// - Parameters:
    ///   - url: the database file; its folder must exist.
    ///   - busyTimeout: seconds that a statement waits for another process's lock.
    ///   - use: the lock on the folder that is held as long as the database is open.
    /// - Throws: ``StoreError`` when the file is empty, not ours, damaged, newer than this program, or was altered.
    public init(url: URL, busyTimeout: Double = 5, holding use: FolderUse? = nil) throws {
        path = url.path
        self.use = use
        do {
            try Self.makeIfMissing(url)
            try Self.checkHeader(url)
            var configuration = Configuration()
            configuration.label = "frontdesk"
            configuration.foreignKeysEnabled = true
            configuration.busyMode = .timeout(busyTimeout)
            configuration.maximumReaderCount = 4
            // The system's page cache holds the file already; five readers need no copy of 2 MB each.
            configuration.prepareDatabase { database in
                if database.configuration.readonly { try database.execute(sql: "PRAGMA cache_size = -256") }
            }
            pool = try DatabasePool(path: url.path, configuration: configuration)
            // GRDB chooses NORMAL when it turns WAL on; a reply that was seen must survive power loss.
            let synchronous = try pool.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
                // Under load each checkpoint stops the writer for a sync of the whole file: one in 16 MB, not one in 4.
                try database.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
                return try Int.fetchOne(database, sql: "PRAGMA synchronous")
            }
            guard synchronous == 2 else { throw StoreError(.io, "\(url.path): SQLite refused synchronous=FULL") }
            try SchemaMigrator(migrations: MigrationList.sqlite).migrate(pool, path: url.path, mayBeEmpty: false)
            configuration.readonly = true
            lookUps = try DatabaseQueue(path: url.path, configuration: configuration)
            try outbox.reload { [lookUps] in try lookUps.read(WebhookRow.all) }
        } catch let error as DatabaseError {
            throw StoreError(error, path: url.path)
        }
        files = DatabaseFiles(url.path)
        writer = GroupCommitWriter(pool: pool, files: files)
    }

    /// Finishes what is queued, folds the WAL into the file and closes it; a second call does nothing.
    public func close() throws {
        guard
            isClosed.withLock({ wasClosed in
                defer { wasClosed = true }
                return !wasClosed
            })
        else { return }
        writer.drain()
        _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try lookUps.close()
        try pool.close()
    }

    /// What the writing connection was set to, for whoever wants to check the promise of durability.
    public func durabilityPragmas() throws -> (journalMode: String, synchronous: Int, foreignKeys: Bool) {
        try pool.writeWithoutTransaction { database in
            (
                try String.fetchOne(database, sql: "PRAGMA journal_mode") ?? "",
                try Int.fetchOne(database, sql: "PRAGMA synchronous") ?? -1,
                try Bool.fetchOne(database, sql: "PRAGMA foreign_keys") ?? false
            )
        }
    }

    /// What a caller is told of a failed statement: files that were taken away or emptied explain it best.
    private func failure(_ error: DatabaseError) -> any Error {
        if let fault = files.fault() { return ChatError(.notReady, fault.rawValue, retryAfter: 60) }
        return StoreError.chatError(error)
    }

    /// A read-only snapshot; other readers and the writer go on.
    package func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read(body)
        } catch let error as DatabaseError {
            throw failure(error)
        }
    }

    /// Looks single rows up by their keys, on the calling thread: some microseconds, where handing the work to another thread
    /// and back would take a hundred. Each statement sees a snapshot of its own.
    package func lookUp<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do {
            return try lookUps.unsafeRead(body)
        } catch let error as DatabaseError {
            throw failure(error)
        }
    }

    /// A change that shares its commit with others that wait at the same time; returns when it is on disk.
    package func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await writer.write(body)
        } catch let error as DatabaseError {
            throw failure(error)
        }
    }

    /// Work on the writing connection that begins no change: of temporary tables, beside what others read and write in this file.
    func besideTransactions<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        do {
            return try await pool.writeWithoutTransaction { try body($0) }
        } catch let error as DatabaseError {
            throw failure(error)
        }
    }

    /// A change that nobody waits for: it has a commit of its own, and others go first.
    package func writeInBackground<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws
        -> Value
    {
        do {
            return try await writer.write(isBackground: true, body)
        } catch let error as DatabaseError {
            throw StoreError.chatError(error)
        }
    }
}

extension StoreError {
    init(_ error: DatabaseError, path: String) {
        switch error.resultCode {
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            self.init(.damaged, "\(path): the database is damaged (\(error.message ?? "no detail")); restore a backup")
        case .SQLITE_BUSY, .SQLITE_LOCKED: self.init(.io, "\(path): another process keeps the database locked")
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
            self.init(.io, "\(path): cannot be opened for writing; check the folder's owner and mode")
        case .SQLITE_FULL: self.init(.io, "\(path): the disk is full")
        case .SQLITE_IOERR where (DatabaseFiles.freeBytes(at: path) ?? .max) < 1 << 20:
            self.init(.io, "\(path): cannot be used; the disk is full")
        default: self.init(.io, "\(path): \(error.message ?? "SQLite error \(error.resultCode.rawValue)")")
        }
    }

    /// What a caller is told of a failed statement.
    static func chatError(_ error: DatabaseError) -> any Error {
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED: ChatError(.overloaded, "the database is busy", retryAfter: 1)
        case .SQLITE_FULL: ChatError(.notReady, "the server's disk is full", retryAfter: 60)
        case .SQLITE_READONLY: ChatError(.notReady, "the database is read-only", retryAfter: 60)
        default: StoreError(.io, "SQLite: \(error.message ?? "error \(error.resultCode.rawValue)")")
        }
    }
}
