internal import Foundation
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The files of an open database. SQLite goes on writing to a file whose name was taken away; this tells when that has
/// happened, so that nothing is acknowledged which the next start would not find.
package final class DatabaseFiles: Sendable {
    private struct Identity: Equatable {
        let device: UInt64
        let inode: UInt64
        let size: Int64

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
            size = Int64(status.st_size)
        }

        func isSameFile(as other: Identity) -> Bool { device == other.device && inode == other.inode }
    }

    /// What can be wrong with the files, in words for the log and for `/health/ready`.
    package enum Fault: String {
        case deleted = "the database file was deleted"
        case replaced = "the database file was replaced by another"
        case emptied = "the database file was emptied"
        case logDeleted = "the database's write-ahead log was deleted"
        case logReplaced = "the database's write-ahead log was replaced by another"
    }

    package let path: String
    private let opened: Identity?
    /// SQLite makes the write-ahead log with the first statement and keeps it until the last connection closes.
    private let log = Mutex<Identity?>(nil)

    /// - Parameter path: of a database that was opened just now.
    package init(_ path: String) {
        self.path = path
        opened = Identity(path)
        log.withLock { $0 = Identity(path + "-wal") }
    }

    /// Nil when the files are those that were opened. Two calls of `stat`: some microseconds.
    package func fault() -> Fault? {
        guard let now = Identity(path) else { return .deleted }
        guard let opened, now.isSameFile(as: opened) else { return .replaced }
        guard now.size > 0 else { return .emptied }
        let current = Identity(path + "-wal")
        return log.withLock { log in
            guard let first = log else {
                log = current
                return nil
            }
            guard let current else { return .logDeleted }
            return current.isSameFile(as: first) ? nil : .logReplaced
        }
    }

    /// Whether the system would let us open the file for writing: neither a read-only file system nor a file made immutable.
    package var isWritable: Bool { access(path, W_OK) == 0 }

    /// Bytes that the disk has left for us; nil when it does not tell.
    package var freeBytes: Int64? { Self.freeBytes(at: URL(fileURLWithPath: path).deletingLastPathComponent().path) }

    package static func freeBytes(at folder: String) -> Int64? {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return nil }
        let (bytes, isTooMany) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return isTooMany ? Int64.max : Int64(clamping: bytes)
    }
}
