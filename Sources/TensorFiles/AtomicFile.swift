package import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Writes a file so that others see either nothing or all of it.
package enum AtomicFile {
    /// Writes `bytes` under a temporary name beside `url`, brings them to the disk, then renames.
    ///
    /// - Returns: whether it worked; `errno` tells why not. A directory that cannot be written is an ordinary case for callers.
    package static func replace(_ url: URL, with bytes: UnsafeRawBufferPointer) -> Bool {
        replace(url, with: [bytes])
    }

    /// The same for a file whose `parts` lie apart in memory.
    package static func replace(_ url: URL, with parts: [UnsafeRawBufferPointer]) -> Bool {
        // The six letters are what mkstemp(3) fills in, and its template must end with them.
        var temporary = Array((url.path + ".XXXXXX").utf8CString)
        let descriptor = mkstemp(&temporary)
        guard descriptor >= 0 else { return false }
        let written =
            parts.allSatisfy { writeAll($0, to: descriptor) }
            && fchmod(descriptor, 0o600) == 0 && fsync(descriptor) == 0
        var reason = errno
        let closed = close(descriptor) == 0
        if written { reason = errno }
        if closed, written, rename(temporary, url.path) == 0 { return true }
        if written, closed { reason = errno }
        unlink(temporary)
        errno = reason
        return false
    }

    /// Why the last write failed, in the system's words, such as "No space left on device".
    package static var reason: String { String(cString: strerror(errno)) }

    private static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
        var done = 0
        while done < bytes.count {
            let chunk = UnsafeRawBufferPointer(rebasing: bytes[done..<min(bytes.count, done + 1 << 24)])
            let written = write(descriptor, chunk.baseAddress, chunk.count)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return false }
            done += written
        }
        return true
    }
}
