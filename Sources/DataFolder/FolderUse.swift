public import Foundation

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A lock on a data folder: shared by everything that has its database open, exclusive for what exchanges the database's
/// files. Without it, a command that closes a database which was moved away would delete the write-ahead log of the one
/// that has taken its name.
///
/// The system drops the lock with the process, however that ends.
public final class FolderUse: Sendable {
    public enum Mode: Sendable { case shared, exclusive }

    private let descriptor: Int32

    /// - Parameters:
    ///   - folder: must exist.
    ///   - patience: seconds to wait for others.
    /// - Throws: ``StoreError`` with `busy` when others kept it that long.
    public init(_ folder: URL, _ mode: Mode, patience: Double = 5) throws {
        descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DurableFiles.fault(folder, "cannot be opened") }
        let operation = (mode == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB
        let deadline = ContinuousClock.now + .seconds(patience)
        while flock(descriptor, operation) != 0 {
            let reason = errno
            if reason == EINTR { continue }
            guard reason == EWOULDBLOCK, ContinuousClock.now < deadline else {
                errno = reason
                let error =
                    reason == EWOULDBLOCK
                    ? StoreError(.busy, Self.busyMessage(folder, mode)) : DurableFiles.fault(folder, "cannot be locked")
                // The deinit closes it; see ``ServingLock``.
                throw error
            }
            usleep(20_000)
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    private static func busyMessage(_ folder: URL, _ mode: Mode) -> String {
        switch mode {
        case .shared: "\(folder.path): a restore is running in this folder; try again when it is done"
        case .exclusive: "\(folder.path): another frontdesk command is using this folder; try again when it is done"
        }
    }
}
