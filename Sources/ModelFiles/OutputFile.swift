import BERT
import Crypto
import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A new file that is written front to back, hashed on the way, and on disk once it is finished.
final class OutputFile {
    private let path: String
    private var descriptor: Int32
    private var hasher = SHA256()

    /// Creates `url`, which must not exist yet.
    init(_ url: URL) throws {
        path = url.path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemFault.error(path, "cannot create") }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Appends `bytes`.
    func write(_ bytes: UnsafeRawBufferPointer) throws {
        hasher.update(bufferPointer: bytes)
        var done = 0
        while done < bytes.count {
            let result = Self.write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
            if result < 0, errno == EINTR { continue }
            guard result > 0 else { throw SystemFault.error(path, "cannot write") }
            done += result
        }
    }

    /// Forces everything to disk, closes the file, and returns the SHA-256 of what was written.
    func finish() throws -> String {
        guard fsync(descriptor) == 0 else { throw SystemFault.error(path, "cannot write to disk") }
        let result = close(descriptor)
        descriptor = -1
        guard result == 0 else { throw SystemFault.error(path, "cannot close") }
        return FileDigest.hexadecimal(hasher.finalize())
    }

    private static func write(_ descriptor: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
        #if canImport(Glibc)
            Glibc.write(descriptor, start, count)
        #elseif canImport(Musl)
            Musl.write(descriptor, start, count)
        #else
            Darwin.write(descriptor, start, count)
        #endif
    }
}

/// SHA-256 of files.
enum FileDigest {
    /// SHA-256 of `url`, read in chunks; `progress` gets the bytes read so far.
    static func sha256(_ url: URL, progress: (_ bytes: Int) -> Void = { _ in }) throws -> String {
        let file = try RandomAccessFile(url)
        var hasher = SHA256()
        var done = 0
        try file.forEachChunk(in: 0..<file.count, size: 1 << 20) { chunk in
            hasher.update(bufferPointer: chunk)
            done += chunk.count
            progress(done)
        }
        return hexadecimal(hasher.finalize())
    }

    /// Lower-case hexadecimal digits.
    static func hexadecimal(_ digest: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in digest {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
