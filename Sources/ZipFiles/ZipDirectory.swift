/// What an archive is read from: bytes at any place.
package protocol ZipSource {
    var count: Int { get }
    /// Exactly `length` bytes from `offset`.
    /// - Throws: when they lie outside, or cannot be read.
    func bytes(at offset: Int, _ length: Int) throws -> [UInt8]
}

/// An archive in memory.
package struct ZipBytes: ZipSource {
    package let content: [UInt8]

    package init(_ content: [UInt8]) { self.content = content }

    package var count: Int { content.count }

    package func bytes(at offset: Int, _ length: Int) throws -> [UInt8] {
        guard offset >= 0, length >= 0, offset <= count, length <= count - offset else { throw ZipFault.endsEarly }
        return Array(content[offset..<offset + length])
    }
}

/// What is wrong with an archive.
package enum ZipFault: Error, Hashable {
    /// There is no end record, or it does not fit.
    case incomplete
    /// Something that is promised lies beyond the end.
    case endsEarly
    case damagedDirectory
    /// A size that no machine has.
    case wrongSize
    case tooLarge(entries: Int)
    case twice(String)
    /// The header before the data does not fit the directory.
    case wrongHeader
    /// Deflated data that are none, or zlib cannot be used.
    case damagedData, noMemory
}

/// The directory of a zip archive, as the format's specification (APPNOTE 6.3) has it, with zip64; nothing in it is trusted.
package struct ZipDirectory {
    /// One file in the archive.
    package struct Entry: Equatable {
        package let name: String
        /// 0: stored, 8: deflated.
        package let method: UInt16
        package let isEncrypted: Bool
        package let crc32: UInt32
        package let compressedSize: Int
        package let size: Int
        let headerOffset: Int
    }

    private static let bytesLimit = 32 * 1024 * 1024

    /// Every file by name.
    package let entries: [String: Entry]
    /// Where the directory begins, and the entries' data must end.
    private let start: Int

    /// - Throws: ``ZipFault``, and what the source throws.
    package init(_ source: some ZipSource, entryLimit: Int) throws {
        let end = try EndRecord(source)
        guard end.entries <= entryLimit, end.directorySize <= Self.bytesLimit else {
            throw ZipFault.tooLarge(entries: end.entries)
        }
        start = end.directoryOffset
        var numbers = ZipNumbers(try source.bytes(at: end.directoryOffset, end.directorySize))
        var entries: [String: Entry] = [:]
        for _ in 0..<end.entries {
            let entry = try Self.entry(&numbers)
            guard entries.updateValue(entry, forKey: entry.name) == nil else { throw ZipFault.twice(entry.name) }
        }
        self.entries = entries
    }

    /// Where the packed bytes lie: after the entry's own header, which repeats its name, and before the directory.
    package func data(of entry: Entry, in source: some ZipSource) throws -> Range<Int> {
        var header = ZipNumbers(try source.bytes(at: entry.headerOffset, 30))
        let signature = try header.uint32()
        try header.skip(22)
        let nameLength = Int(try header.uint16())
        let extraLength = Int(try header.uint16())
        let name = try source.bytes(at: entry.headerOffset + 30, nameLength)
        let begin = entry.headerOffset + 30 + nameLength + extraLength
        guard signature == 0x0403_4B50, String(decoding: name, as: UTF8.self) == entry.name, begin <= start,
            entry.compressedSize <= start - begin
        else { throw ZipFault.wrongHeader }
        return begin..<begin + entry.compressedSize
    }

    private static func entry(_ numbers: inout ZipNumbers) throws -> Entry {
        guard try numbers.uint32() == 0x0201_4B50 else { throw ZipFault.damagedDirectory }
        try numbers.skip(4)
        let flags = try numbers.uint16()
        let method = try numbers.uint16()
        try numbers.skip(4)
        let crc = try numbers.uint32()
        var compressed = UInt64(try numbers.uint32())
        var size = UInt64(try numbers.uint32())
        let nameLength = Int(try numbers.uint16())
        let extraLength = Int(try numbers.uint16())
        let commentLength = Int(try numbers.uint16())
        try numbers.skip(8)
        var offset = UInt64(try numbers.uint32())
        let name = String(decoding: try numbers.bytes(nameLength), as: UTF8.self)
        var extra = ZipNumbers(try numbers.bytes(extraLength))
        try numbers.skip(commentLength)
        while extra.remaining >= 4 {
            let kind = try extra.uint16()
            var field = ZipNumbers(try extra.bytes(Int(try extra.uint16())))
            guard kind == 1 else { continue }
            if size == 0xFFFF_FFFF { size = try field.uint64() }
            if compressed == 0xFFFF_FFFF { compressed = try field.uint64() }
            if offset == 0xFFFF_FFFF { offset = try field.uint64() }
        }
        guard let compressed = Int(exactly: compressed), let size = Int(exactly: size),
            let offset = Int(exactly: offset)
        else { throw ZipFault.wrongSize }
        return Entry(
            name: name, method: method, isEncrypted: flags & 1 != 0, crc32: crc, compressedSize: compressed, size: size,
            headerOffset: offset)
    }
}

extension ZipDirectory {
    /// What the end of the archive says about its directory.
    private struct EndRecord {
        let entries: Int
        let directorySize: Int
        let directoryOffset: Int

        init(_ source: some ZipSource) throws {
            let tailStart = max(0, source.count - 65_557)
            let tail = try source.bytes(at: tailStart, source.count - tailStart)
            guard let position = Self.find(in: tail) else { throw ZipFault.incomplete }
            var numbers = ZipNumbers(Array(tail[(position + 4)...]))
            let disks = (try numbers.uint16(), try numbers.uint16())
            let (here, all) = (UInt64(try numbers.uint16()), UInt64(try numbers.uint16()))
            var record = (entries: all, size: UInt64(try numbers.uint32()), offset: UInt64(try numbers.uint32()))
            guard disks == (0, 0) || disks == (0xFFFF, 0xFFFF), here == all else { throw ZipFault.incomplete }
            var end = tailStart + position
            if record.entries == 0xFFFF || record.size == 0xFFFF_FFFF || record.offset == 0xFFFF_FFFF {
                (record, end) = try Self.zip64(source, before: end)
            }
            guard let entries = Int(exactly: record.entries), let size = Int(exactly: record.size),
                let offset = Int(exactly: record.offset), offset <= end, size <= end - offset
            else { throw ZipFault.incomplete }
            (self.entries, directorySize, directoryOffset) = (entries, size, offset)
        }

        /// The last end record whose comment reaches exactly to the end of the file.
        private static func find(in tail: [UInt8]) -> Int? {
            guard tail.count >= 22 else { return nil }
            for position in stride(from: tail.count - 22, through: 0, by: -1) where tail[position] == 0x50 {
                guard tail[position...].starts(with: [0x50, 0x4B, 0x05, 0x06]) else { continue }
                let comment = Int(tail[position + 20]) | Int(tail[position + 21]) << 8
                if position + 22 + comment == tail.count { return position }
            }
            return nil
        }

        private static func zip64(
            _ source: some ZipSource, before end: Int
        ) throws -> ((entries: UInt64, size: UInt64, offset: UInt64), end: Int) {
            var locator = ZipNumbers(try source.bytes(at: end - 20, 20))
            guard try locator.uint32() == 0x0706_4B50 else { throw ZipFault.incomplete }
            try locator.skip(4)
            guard let start = Int(exactly: try locator.uint64()), start <= end - 20 - 56 else {
                throw ZipFault.incomplete
            }
            var record = ZipNumbers(try source.bytes(at: start, 56))
            guard try record.uint32() == 0x0606_4B50 else { throw ZipFault.incomplete }
            try record.skip(28)
            let entries = try record.uint64()
            return ((entries, try record.uint64(), try record.uint64()), start)
        }
    }
}

/// Reads little-endian numbers, never past the end.
private struct ZipNumbers {
    private let content: [UInt8]
    private var position = 0

    init(_ content: [UInt8]) { self.content = content }

    var remaining: Int { content.count - position }

    mutating func bytes(_ count: Int) throws -> [UInt8] {
        try skip(count)
        return Array(content[position - count..<position])
    }

    mutating func skip(_ count: Int) throws {
        guard count >= 0, count <= remaining else { throw ZipFault.endsEarly }
        position += count
    }

    mutating func uint16() throws -> UInt16 { try number() }
    mutating func uint32() throws -> UInt32 { try number() }
    mutating func uint64() throws -> UInt64 { try number() }

    private mutating func number<Number: FixedWidthInteger>() throws -> Number {
        let size = MemoryLayout<Number>.size
        try skip(size)
        return content[position - size..<position].reversed().reduce(0) { $0 << 8 | Number($1) }
    }
}
