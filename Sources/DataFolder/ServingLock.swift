public import Foundation
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The lock of the one process that serves a data folder: `frontdesk.lock`, locked with `flock`, which the system drops with
/// the process. Two servers on one database would each hand out sequence numbers, limits and live messages of their own.
///
/// The file stays; its first line is the owner's process id, for the message that the second one gives. A second line says
/// that the folder has had a database: when it is missing at a later start, it was lost, and a new bot in its place would
/// hide that.
public final class ServingLock: Sendable {
    public static let fileName = "frontdesk.lock"
    private static let databaseLine = "database"

    private let descriptor: Int32
    private let path: String
    /// Whether a server had a database here before.
    public let hadDatabase: Bool

    /// - Parameter folder: must exist.
    /// - Throws: ``StoreError`` with `busy`, which names the process that has it.
    public init(_ folder: URL) throws {
        let url = folder.appending(path: Self.fileName)
        path = url.path
        descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw DurableFiles.fault(url, "cannot be opened") }
        let isLocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0
        let reason = errno
        let lines = Self.lines(descriptor)
        hadDatabase = Self.tellsDatabase(lines)
        guard isLocked else {
            let owner = lines.first.flatMap { Int32($0) }.map { "process \($0)" } ?? "another process"
            let error =
                reason == EWOULDBLOCK
                ? StoreError(
                    .busy,
                    "\(folder.path): \(owner) serves or restores this folder; stop it first, or name another folder with --data"
                ) : StoreError(.io, "\(path): cannot be locked: \(String(cString: strerror(reason)))")
            // Everything is initialised, so the deinit closes it. Closed twice, it would be a file that another thread has opened.
            throw error
        }
        write(hasDatabase: hadDatabase)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Whether a server had a database in the folder before, for commands that need no lock.
    public static func hadDatabase(_ folder: URL) -> Bool {
        let descriptor = open(folder.appending(path: fileName).path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return tellsDatabase(lines(descriptor))
    }

    private static func tellsDatabase(_ lines: [Substring]) -> Bool {
        lines.contains { $0.utf8.elementsEqual(databaseLine.utf8) }
    }

    /// Notes that there is a database from now on.
    public func noteDatabase() {
        if !hadDatabase { write(hasDatabase: true) }
    }

    /// The lock holds without its text: a full disk keeps nobody from starting.
    private func write(hasDatabase: Bool) {
        let text = Array("\(getpid())\n\(hasDatabase ? Self.databaseLine + "\n" : "")".utf8)
        let written = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        if written == text.count { _ = ftruncate(descriptor, off_t(text.count)) }
    }

    private static func lines(_ descriptor: Int32) -> [Substring] {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(separator: "\n")
    }
}
