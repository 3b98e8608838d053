package import Foundation
package import NativeContent

/// The directory of a zip archive in memory, as workbooks are (APPNOTE 6.3); nothing in it is trusted.
package struct ZipEntries {
    package struct Entry {
        /// 0: stored, 8: deflated.
        let method: UInt16
        let isEncrypted: Bool
        let checksum: UInt32
        let compressedSize: Int
        let size: Int
        let headerOffset: Int
    }

    private static let entryLimit = 10_000
    private static let ratioLimit = 100
    private static let plentyBytes = 32 * 1024 * 1024

    private let data: [UInt8]
    package private(set) var entries: [String: Entry] = [:]

    /// - Throws: ``ReadFault`` when the directory is damaged or too large.
    package init(_ data: Data) throws(ReadFault) {
        self.data = Array(data)
        guard let end = Self.endRecord(self.data) else { throw Self.damaged }
        let count = number(end + 10, 2)
        var offset = number(end + 16, 4)
        guard count <= Self.entryLimit else {
            throw ReadFault(line: 1, message: "a zip archive of more than \(Self.entryLimit) files")
        }
        for _ in 0..<count {
            guard offset + 46 <= end, number(offset, 4) == 0x0201_4B50 else { throw Self.damaged }
            let nameLength = number(offset + 28, 2)
            let next = offset + 46 + nameLength + number(offset + 30, 2) + number(offset + 32, 2)
            guard next <= end else { throw Self.damaged }
            let name = String(decoding: self.data[(offset + 46)..<(offset + 46 + nameLength)], as: UTF8.self)
            guard name.utf8.count <= 1_000, entries[name] == nil else { throw Self.damaged }
            entries[name] = Entry(
                method: UInt16(number(offset + 10, 2)), isEncrypted: number(offset + 8, 2) & 1 != 0,
                checksum: UInt32(truncatingIfNeeded: number(offset + 16, 4)),
                compressedSize: number(offset + 20, 4), size: number(offset + 24, 4),
                headerOffset: number(offset + 42, 4))
            offset = next
        }
    }

    package static let damaged = ReadFault(line: 1, message: "a zip archive that is damaged or not complete")

    /// The bytes of a file in the archive, unpacked piece by piece; nil when there is no such file.
    /// - Parameter limit: of the unpacked bytes, whatever the archive promises.
    package func stream(_ name: String, limit: Int) throws(ReadFault) -> InflateStream? {
        guard let entry = entries[name] else { return nil }
        guard !entry.isEncrypted else {
            throw ReadFault(line: 1, message: "an archive that is protected by a password; save it without one")
        }
        let header = entry.headerOffset
        guard header + 30 <= data.count, number(header, 4) == 0x0403_4B50 else { throw Self.damaged }
        let start = header + 30 + number(header + 26, 2) + number(header + 28, 2)
        guard start <= data.count, entry.compressedSize <= data.count - start else { throw Self.damaged }
        guard entry.method == 0 || entry.method == 8 else {
            throw ReadFault(line: 1, message: "'\(name.prefix(80))' is packed in a way that is not known")
        }
        let packed = data[start..<(start + entry.compressedSize)]
        // Sheets shrink to a tenth or a thirtieth; what grows far more was made to fill the memory.
        let expected = max(Self.plentyBytes, packed.count * Self.ratioLimit)
        return try InflateStream(
            packed, isDeflated: entry.method == 8, checksum: entry.checksum, limit: min(limit, expected))
    }

    /// A little-endian number; 0 beyond the end, which no signature is.
    private func number(_ offset: Int, _ size: Int) -> Int {
        guard offset >= 0, offset + size <= data.count else { return 0 }
        return (0..<size).reduce(0) { $0 | Int(data[offset + $1]) << (8 * $1) }
    }

    /// Where the last end record is whose comment reaches exactly to the end.
    private static func endRecord(_ data: [UInt8]) -> Int? {
        guard data.count >= 22 else { return nil }
        let first = max(0, data.count - 65_557)
        for position in stride(from: data.count - 22, through: first, by: -1) {
            guard data[position] == 0x50, data[position...].starts(with: [0x50, 0x4B, 0x05, 0x06]) else { continue }
            if position + 22 + Int(data[position + 20]) + Int(data[position + 21]) << 8 == data.count {
                return position
            }
        }
        return nil
    }
}
