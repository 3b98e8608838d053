internal import BERT
public import Foundation

/// Writes a tar archive (POSIX ustar) that every `tar` reads; what the file holds is only valid after ``finish()``.
public struct TarWriter: ~Copyable {
    private let handle: FileHandle
    private let modified: Date

    /// - Parameter url: a file that does not exist yet.
    public init(creating url: URL, modified: Date) throws {
        guard FileManager.default.createFile(atPath: url.path, contents: nil, attributes: [.posixPermissions: 0o600])
        else {
            throw BERTError(.io, "\(url.path): cannot be created")
        }
        handle = try FileHandle(forWritingTo: url)
        self.modified = modified
    }

    /// Copies a file into the archive under `name` (at most 100 bytes of UTF-8).
    public func add(_ file: URL, as name: String) throws {
        let source = try FileHandle(forReadingFrom: file)
        defer { try? source.close() }
        let size = try source.seekToEnd()
        try source.seek(toOffset: 0)
        try handle.write(contentsOf: TarHeader(name: name, size: size, modified: modified).encoded())
        var written: UInt64 = 0
        while let chunk = try source.read(upToCount: 1 << 20), !chunk.isEmpty {
            written += UInt64(chunk.count)
            guard written <= size else { break }
            try handle.write(contentsOf: chunk)
        }
        guard written == size else { throw BERTError(.io, "\(file.path): changed while it was being read") }
        try handle.write(contentsOf: Data(count: TarHeader.padding(after: size)))
    }

    /// Writes the closing blocks and syncs the file to disk.
    public consuming func finish() throws {
        try handle.write(contentsOf: Data(count: 1024))
        try handle.synchronize()
        try handle.close()
    }
}

/// Reads what ``TarWriter`` wrote, entry by entry.
public struct TarReader {
    private let handle: FileHandle
    private let path: String

    public init(_ url: URL) throws {
        guard let handle = try? FileHandle(forReadingFrom: url) else {
            throw BERTError(.io, "\(url.path): cannot be read")
        }
        self.handle = handle
        path = url.path
    }

    /// The next entry's name and size in bytes; nil at the end. Its content must be taken with ``extract(to:size:)`` next.
    public func next() throws -> (name: String, size: UInt64)? {
        let block = try handle.read(upToCount: 512) ?? Data()
        guard block.count == 512 else { throw BERTError(.invalidFile, "\(path): the archive is cut off") }
        if block.allSatisfy({ $0 == 0 }) { return nil }
        guard let header = TarHeader(block) else {
            throw BERTError(.invalidFile, "\(path): not a backup of Frontdesk (a damaged or foreign archive)")
        }
        return (header.name, header.size)
    }

    /// Writes the current entry's content to a new file.
    public func extract(to file: URL, size: UInt64) throws {
        guard FileManager.default.createFile(atPath: file.path, contents: nil, attributes: [.posixPermissions: 0o600])
        else {
            throw BERTError(.io, "\(file.path): cannot be created")
        }
        let target = try FileHandle(forWritingTo: file)
        defer { try? target.close() }
        var left = size
        while left > 0 {
            let chunk = try handle.read(upToCount: Int(min(left, 1 << 20))) ?? Data()
            guard !chunk.isEmpty else { throw BERTError(.invalidFile, "\(path): the archive is cut off") }
            try target.write(contentsOf: chunk)
            left -= UInt64(chunk.count)
        }
        try target.synchronize()
        let padding = TarHeader.padding(after: size)
        guard try padding == 0 || handle.read(upToCount: padding)?.count == padding else {
            throw BERTError(.invalidFile, "\(path): the archive is cut off")
        }
    }
}

/// A ustar header block, 512 bytes.
private struct TarHeader {
    let name: String
    let size: UInt64
    var modified = Date(timeIntervalSince1970: 0)

    init(name: String, size: UInt64, modified: Date) {
        self.name = name
        self.size = size
        self.modified = modified
    }

    static func padding(after size: UInt64) -> Int { Int((512 - size % 512) % 512) }

    func encoded() throws -> Data {
        guard name.utf8.count <= 100, size < 1 << 33 else {
            throw BERTError(.tooLarge, "\(name): too long a name or too large a file for the archive")
        }
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { block[offset + index] = byte }
        }
        func octal(_ value: UInt64, digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        put(name, at: 0)
        put(octal(0o600, digits: 7), at: 100)
        put(octal(0, digits: 7), at: 108)
        put(octal(0, digits: 7), at: 116)
        put(octal(size, digits: 11), at: 124)
        put(octal(UInt64(max(0, modified.timeIntervalSince1970)), digits: 11), at: 136)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar\u{0}00", at: 257)
        put(octal(Self.checksum(block), digits: 6) + "\u{0} ", at: 148)
        return Data(block)
    }

    /// Nil when the block is not an intact header of a plain file.
    init?(_ data: Data) {
        var block = [UInt8](data)
        guard block.count == 512, Array(block[257..<262]) == Array("ustar".utf8), block[156] == UInt8(ascii: "0") else {
            return nil
        }
        func text(_ range: Range<Int>) -> String {
            String(decoding: block[range].prefix { $0 != 0 && $0 != 32 }, as: UTF8.self)
        }
        let name = String(decoding: block[0..<100].prefix { $0 != 0 }, as: UTF8.self)
        guard let size = UInt64(text(124..<136), radix: 8), let expected = UInt64(text(148..<156), radix: 8),
            !name.isEmpty
        else { return nil }
        for index in 148..<156 { block[index] = 32 }
        guard Self.checksum(block) == expected else { return nil }
        self.name = name
        self.size = size
    }

    private static func checksum(_ block: [UInt8]) -> UInt64 { block.reduce(0) { $0 + UInt64($1) } }
}
