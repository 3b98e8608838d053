import BERT
import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A new private file that is written front to back and is on disk once it is finished. Long runs of zeros become holes, so
/// that free pages of a database take no room in its backup.
final class ArchiveFile {
    private let path: String
    private var descriptor: Int32
    private(set) var position: Int64 = 0

    /// Creates `url`, which must not exist yet, not even as a dangling link.
    init(_ url: URL) throws {
        path = url.path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemFault.error(path, "cannot create") }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        guard !Self.isHole(bytes) else { return position += Int64(bytes.count) }
        var done = 0
        while done < bytes.count {
            let result = pwrite(
                descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(position) + off_t(done))
            if result < 0, errno == EINTR { continue }
            guard result > 0 else { throw SystemFault.error(path, "cannot write") }
            done += result
        }
        position += Int64(bytes.count)
    }

    func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

    /// Forces everything to disk and closes the file.
    func finish() throws {
        guard ftruncate(descriptor, off_t(position)) == 0, fsync(descriptor) == 0 else {
            throw SystemFault.error(path, "cannot write to disk")
        }
        let result = close(descriptor)
        descriptor = -1
        guard result == 0 else { throw SystemFault.error(path, "cannot close") }
    }

    /// Whether the bytes are zeros, and enough of them to be worth a hole.
    private static func isHole(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= 65_536, bytes[0] == 0, let start = bytes.baseAddress else { return false }
        // Equal to itself one byte further on: all bytes are like the first.
        return memcmp(start, start + 1, bytes.count - 1) == 0
    }
}
