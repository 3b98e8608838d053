import BERT
import Foundation
import TensorFiles

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A regular file that is read piece by piece, never as a whole.
final class RandomAccessFile {
    let path: String
    /// The file's length in bytes when it was opened.
    let count: Int
    private let descriptor: Int32

    /// - Throws: `ModelError.io` when the file cannot be opened or is not a regular file.
    init(_ url: URL) throws {
        path = url.path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemFault.error(path, "cannot open") }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            close(descriptor)
            throw SystemFault.error(path, "cannot stat")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw ModelError(.io, "\(path): not a regular file")
        }
        count = Int(status.st_size)
    }

    deinit {
        close(descriptor)
    }

    /// Exactly `length` bytes from `offset`; refused when they lie outside the file.
    func bytes(at offset: Int, _ length: Int) throws -> [UInt8] {
        var result = [UInt8](repeating: 0, count: max(length, 0))
        try result.withUnsafeMutableBytes { try read(at: offset, into: $0) }
        return result
    }

    /// Fills `buffer` from `offset`; refused when that lies outside the file.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard offset >= 0, offset <= count, buffer.count <= count - offset else {
            throw ModelError(
                .invalidFile,
                "\(path): ends early (bytes \(offset) to \(offset &+ buffer.count) of \(count) are needed)")
        }
        var done = 0
        while done < buffer.count {
            let result = pread(
                descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done, off_t(offset + done))
            if result < 0, errno == EINTR { continue }
            guard result >= 0 else { throw SystemFault.error(path, "cannot read") }
            guard result > 0 else { throw ModelError(.invalidFile, "\(path): became shorter while it was read") }
            done += result
        }
    }

    /// Calls `body` with the file's bytes from `range`, a chunk at a time.
    func forEachChunk(
        in range: Range<Int>, size: Int = 1 << 18, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
        defer { buffer.deallocate() }
        var offset = range.lowerBound
        while offset < range.upperBound {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(size, range.upperBound - offset)])
            try read(at: offset, into: part)
            try body(UnsafeRawBufferPointer(part))
            offset += part.count
        }
    }
}

/// Turns `errno` into an error with one line.
enum SystemFault {
    static func error(_ path: String, _ what: String) -> ModelError {
        ModelError(.io, "\(path): \(what): \(String(cString: strerror(errno)))")
    }
}
