internal import BERT
internal import Crypto
public import Foundation
import TensorFiles

/// One file of an archive, as it is listed in the archive's manifest.
public struct ArchiveEntry: Codable, Hashable, Sendable {
    public var name: String
    /// Bytes.
    public var size: UInt64
    /// 64 lower-case hexadecimal digits.
    public var sha256: String

    public init(name: String, size: UInt64, sha256: String) {
        self.name = name
        self.size = size
        self.sha256 = sha256
    }
}

/// Writes a tar archive (POSIX ustar) that every `tar` reads; what the file holds is only valid after ``finish()``.
public struct TarWriter: ~Copyable {
    private let output: ArchiveFile
    private let modified: Date

    /// - Parameter url: a file that does not exist yet.
    public init(creating url: URL, modified: Date) throws {
        output = try ArchiveFile(url)
        self.modified = modified
    }

    /// Copies a file into the archive under `name` (at most 100 bytes of UTF-8) and hashes it on the way.
    @discardableResult
    public func add(_ file: URL, as name: String) throws -> ArchiveEntry {
        let source = try RandomAccessFile(file)
        let size = UInt64(source.count)
        try begin(name, size: size)
        var hasher = SHA256()
        // As many bytes as there were when the file was opened; one that has become shorter is told as such.
        try source.forEachChunk(in: 0..<source.count, size: 1 << 20) { chunk in
            hasher.update(bufferPointer: chunk)
            try output.write(chunk)
        }
        return try end(name, size: size, hasher)
    }

    /// Puts a few bytes into the archive under `name`.
    @discardableResult
    public func add(_ bytes: Data, as name: String) throws -> ArchiveEntry {
        try begin(name, size: UInt64(bytes.count))
        var hasher = SHA256()
        hasher.update(data: bytes)
        try output.write([UInt8](bytes))
        return try end(name, size: UInt64(bytes.count), hasher)
    }

    /// Writes the closing blocks and syncs the file to disk.
    public consuming func finish() throws {
        try output.write([UInt8](repeating: 0, count: 2 * TarHeader.blockSize))
        try output.finish()
    }

    private func begin(_ name: String, size: UInt64) throws {
        guard let header = TarHeader(name: name, size: size, modified: modified).encoded() else {
            throw ModelError(.tooLarge, "\(name): too long a name for the archive")
        }
        try output.write(header)
    }

    private func end(_ name: String, size: UInt64, _ hasher: SHA256) throws -> ArchiveEntry {
        try output.write([UInt8](repeating: 0, count: TarHeader.padding(after: size)))
        return ArchiveEntry(name: name, size: size, sha256: FileDigest.hexadecimal(hasher.finalize()))
    }
}
