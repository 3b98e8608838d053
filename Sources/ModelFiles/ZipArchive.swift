import BERT
import Foundation
import TensorFiles

/// The directory of a zip archive, as wheels are. Reads what the format's specification (APPNOTE 6.3) calls stored and
/// deflated entries, with zip64; nothing in the archive is trusted.
struct ZipArchive {
    /// One file in the archive.
    struct Entry: Equatable {
        var name: String
        /// 0: stored, 8: deflated.
        var method: UInt16
        var isEncrypted: Bool
        var crc32: UInt32
        var compressedSize: Int
        var size: Int
        var headerOffset: Int
    }

    private static let entryLimit = 65_536
    private static let directoryLimit = 32 * 1024 * 1024

    /// Every file by name.
    let entries: [String: Entry]
    let file: RandomAccessFile
    /// Where the directory begins, and the entries' data must end.
    let directoryStart: Int

    /// - Throws: `ModelError.invalidFile` when the directory is damaged, `tooLarge` when it exceeds its bounds.
    init(_ url: URL) throws {
        file = try RandomAccessFile(url)
        let end = try EndRecord(file)
        guard end.entries <= Self.entryLimit, end.directorySize <= Self.directoryLimit else {
            throw ModelError(.tooLarge, "\(file.path): a zip directory of \(end.entries) files is too large")
        }
        directoryStart = end.directoryOffset
        var reader = ByteReader(try file.bytes(at: end.directoryOffset, end.directorySize), path: file.path)
        var entries: [String: Entry] = [:]
        for _ in 0..<end.entries {
            let entry = try Self.entry(&reader, path: file.path)
            guard entries.updateValue(entry, forKey: entry.name) == nil else {
                throw ModelError(.invalidFile, "\(file.path): holds \(entry.name) twice")
            }
        }
        self.entries = entries
    }

    /// The entry called `name`.
    func entry(_ name: String) throws -> Entry {
        guard let entry = entries[name] else {
            throw ModelError(.invalidFile, "\(file.path): \(name) is missing in the archive")
        }
        return entry
    }

    private static func entry(_ reader: inout ByteReader, path: String) throws -> Entry {
        guard try reader.uint32() == 0x0201_4B50 else {
            throw ModelError(.invalidFile, "\(path): the zip directory is damaged")
        }
        try reader.skip(4)
        let flags = try reader.uint16()
        let method = try reader.uint16()
        try reader.skip(4)
        let crc = try reader.uint32()
        var compressed = UInt64(try reader.uint32())
        var size = UInt64(try reader.uint32())
        let nameLength = Int(try reader.uint16())
        let extraLength = Int(try reader.uint16())
        let commentLength = Int(try reader.uint16())
        try reader.skip(8)
        var offset = UInt64(try reader.uint32())
        let name = String(decoding: try reader.bytes(nameLength), as: UTF8.self)
        var extra = ByteReader(try reader.bytes(extraLength), path: path)
        try reader.skip(commentLength)
        while extra.remaining >= 4 {
            let kind = try extra.uint16()
            var field = ByteReader(try extra.bytes(Int(try extra.uint16())), path: path)
            guard kind == 1 else { continue }
            if size == 0xFFFF_FFFF { size = try field.uint64() }
            if compressed == 0xFFFF_FFFF { compressed = try field.uint64() }
            if offset == 0xFFFF_FFFF { offset = try field.uint64() }
        }
        guard isSafe(name), let compressed = Int(exactly: compressed), let size = Int(exactly: size),
            let offset = Int(exactly: offset)
        else {
            throw ModelError(.invalidFile, "\(path): the zip directory has an entry with a wrong name or size")
        }
        return Entry(
            name: name, method: method, isEncrypted: flags & 1 != 0, crc32: crc, compressedSize: compressed, size: size,
            headerOffset: offset)
    }

    /// Names that would leave the folder they are unpacked to are refused, although no name is ever used as a path.
    private static func isSafe(_ name: String) -> Bool {
        guard !name.isEmpty, !name.hasPrefix("/"), !name.utf8.contains(UInt8(ascii: "\\")), !name.utf8.contains(0)
        else {
            return false
        }
        return !name.split(separator: "/", omittingEmptySubsequences: false).contains("..")
    }
}

extension ZipArchive {
    /// What the end of the archive says about its directory.
    private struct EndRecord {
        var entries: Int
        var directorySize: Int
        var directoryOffset: Int

        init(_ file: RandomAccessFile) throws {
            let damaged = ModelError(.invalidFile, "\(file.path): not a complete zip archive")
            let tailStart = max(0, file.count - 65_557)
            let tail = try file.bytes(at: tailStart, file.count - tailStart)
            guard let position = Self.find(in: tail) else { throw damaged }
            var reader = ByteReader(Array(tail[(position + 4)...]), path: file.path)
            let disks = (try reader.uint16(), try reader.uint16())
            let (here, all) = (UInt64(try reader.uint16()), UInt64(try reader.uint16()))
            var record = (entries: all, size: UInt64(try reader.uint32()), offset: UInt64(try reader.uint32()))
            guard disks == (0, 0) || disks == (0xFFFF, 0xFFFF), here == all else { throw damaged }
            var end = tailStart + position
            if record.entries == 0xFFFF || record.size == 0xFFFF_FFFF || record.offset == 0xFFFF_FFFF {
                (record, end) = try Self.zip64(file, before: end)
            }
            guard let entries = Int(exactly: record.entries), let size = Int(exactly: record.size),
                let offset = Int(exactly: record.offset), offset <= end, size <= end - offset
            else { throw damaged }
            (self.entries, directorySize, directoryOffset) = (entries, size, offset)
        }

        /// The last end record whose comment reaches exactly to the end of the file.
        private static func find(in tail: [UInt8]) -> Int? {
            guard tail.count >= 22 else { return nil }
            for position in stride(from: tail.count - 22, through: 0, by: -1) {
                guard tail[position...].starts(with: [0x50, 0x4B, 0x05, 0x06]) else { continue }
                let comment = Int(tail[position + 20]) | Int(tail[position + 21]) << 8
                if position + 22 + comment == tail.count { return position }
            }
            return nil
        }

        private static func zip64(
            _ file: RandomAccessFile, before end: Int
        ) throws -> ((entries: UInt64, size: UInt64, offset: UInt64), end: Int) {
            var locator = ByteReader(try file.bytes(at: end - 20, 20), path: file.path)
            guard try locator.uint32() == 0x0706_4B50 else {
                throw ModelError(.invalidFile, "\(file.path): not a complete zip archive")
            }
            try locator.skip(4)
            guard let start = Int(exactly: try locator.uint64()), start <= end - 20 - 56 else {
                throw ModelError(.invalidFile, "\(file.path): not a complete zip archive")
            }
            var record = ByteReader(try file.bytes(at: start, 56), path: file.path)
            guard try record.uint32() == 0x0606_4B50 else {
                throw ModelError(.invalidFile, "\(file.path): not a complete zip archive")
            }
            try record.skip(28)
            let entries = try record.uint64()
            return ((entries, try record.uint64(), try record.uint64()), start)
        }
    }
}
