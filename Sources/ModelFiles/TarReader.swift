internal import BERT
internal import Crypto
public import Foundation
import TensorFiles

/// Reads what ``TarWriter`` wrote, entry by entry, and nothing else: plain files, each name once, whole, and nothing behind
/// the end. What the archive says is never trusted: names are for the caller to judge, sizes are held against the file's.
public struct TarReader {
    /// The most entries of an archive.
    private static let entryLimit = 10_000

    private let file: RandomAccessFile
    private var position = 0
    private var names: Set<[UInt8]> = []

    public init(_ url: URL) throws {
        file = try RandomAccessFile(url)
    }

    /// Bytes of the whole archive.
    public var size: UInt64 { UInt64(file.count) }

    /// The next entry's name and size in bytes; nil at the end. Its content must be taken with ``content(of:writingTo:)`` next.
    public mutating func next() throws -> (name: String, size: UInt64)? {
        let block = try take(TarHeader.blockSize)
        if block.allSatisfy({ $0 == 0 }) {
            try checkEnd()
            return nil
        }
        let header = try header(block)
        guard header.size <= UInt64(file.count - position) else {
            throw fault(
                "the archive is cut off: \(Self.shown(header.name)) should have \(header.size) bytes, \(file.count - position) are left"
            )
        }
        guard names.count < Self.entryLimit else { throw fault("holds more than \(Self.entryLimit) files") }
        guard names.insert(Array(header.name.utf8)).inserted else {
            throw fault("holds \(Self.shown(header.name)) twice")
        }
        return (header.name, header.size)
    }

    /// Reads the current entry's content to its end, into a new file if one is named.
    public mutating func content(of entry: (name: String, size: UInt64), writingTo target: URL?) throws -> ArchiveEntry
    {
        let output = try target.map { try ArchiveFile($0) }
        var hasher = SHA256()
        let size = Int(entry.size)
        try file.forEachChunk(in: position..<position + size, size: 1 << 20) { chunk in
            hasher.update(bufferPointer: chunk)
            try output?.write(chunk)
        }
        try output?.finish()
        position += size
        guard try take(TarHeader.padding(after: entry.size)).allSatisfy({ $0 == 0 }) else {
            throw fault("damaged behind \(Self.shown(entry.name))")
        }
        return ArchiveEntry(name: entry.name, size: entry.size, sha256: FileDigest.hexadecimal(hasher.finalize()))
    }

    /// Reads the current entry, which must be small.
    public mutating func content(of entry: (name: String, size: UInt64), limit: Int) throws -> Data {
        guard entry.size <= UInt64(limit) else {
            throw fault("\(Self.shown(entry.name)) has \(entry.size) bytes, at most \(limit) are allowed")
        }
        let bytes = Data(try take(Int(entry.size)))
        _ = try take(TarHeader.padding(after: entry.size))
        return bytes
    }

    private func header(_ block: [UInt8]) throws -> TarHeader {
        do throws(TarHeader.Fault) {
            return try TarHeader(block)
        } catch {
            switch error {
            case .kind(let kind):
                throw fault("not a backup of Frontdesk (it holds \(kind); only plain files are in a backup)")
            case .damaged: throw fault("not a backup of Frontdesk (a damaged or foreign archive)")
            }
        }
    }

    /// A second block of zeros closes the archive; some programs fill up with more.
    private mutating func checkEnd() throws {
        guard try take(TarHeader.blockSize).allSatisfy({ $0 == 0 }) else { throw fault("damaged at its end") }
        guard file.count - position <= 1 << 20, try take(file.count - position).allSatisfy({ $0 == 0 }) else {
            throw fault("something follows the end of the archive")
        }
    }

    private mutating func take(_ count: Int) throws -> [UInt8] {
        guard count <= file.count - position else { throw fault("the archive is cut off") }
        defer { position += count }
        return try file.bytes(at: position, count)
    }

    private func fault(_ what: String) -> ModelError { ModelError(.invalidFile, "\(file.path): \(what)") }

    /// A name from outside, short and on one line.
    static func shown(_ name: String) -> String {
        "'" + String(String.UnicodeScalarView(name.unicodeScalars.prefix(80).map { $0.value < 32 ? "?" : $0 })) + "'"
    }
}
