package import Foundation
package import NativeContent

/// The files of a tar archive that gzip packed (RFC 1952, POSIX 1003.1 ustar and pax, GNU's long names), as Botpress exports its bots;
/// nothing in it is trusted. It is unpacked once, piece by piece, and only what is asked for is kept.
package struct TarFiles {
    /// What is kept, by name.
    package private(set) var contents: [String: Data] = [:]
    /// All plain files.
    package private(set) var names: Set<String> = []

    private static let entryLimit = 10_000
    private static let nameBytes = 1_000
    private static let ratioLimit = 100
    private static let plentyBytes = 32 * 1024 * 1024
    private static let unpackedLimit = 1 << 30
    private static let block = 512

    package static let damaged = ReadFault(line: 1, message: "a gzip archive that is damaged or not complete")

    private static let other = ReadFault(
        line: 1, message: "a gzip archive of something else than a tar archive; unpack it and import the file")

    private let stream: InflateStream
    private var buffer: [UInt8] = []
    private var position = 0

    /// - Parameters:
    ///   - fileBytes: the most bytes of a file that is kept, and `totalBytes` of all of them.
    ///   - keeps: whether the content of a file is wanted; the others are only counted.
    /// - Throws: ``ReadFault`` when the archive is damaged, unpacks to too much or holds something else.
    package init(gzip data: Data, fileBytes: Int, totalBytes: Int, keeps: (String) -> Bool) throws(ReadFault) {
        let packed = [UInt8](data)
        guard let start = Self.contentStart(packed), packed.count >= start + 8 else { throw Self.damaged }
        let tail = packed.count - 8
        let checksum = (0..<4).reduce(UInt32(0)) { $0 | UInt32(packed[tail + $1]) << UInt32(8 * $1) }
        stream = try InflateStream(
            packed[start..<tail], isDeflated: true, checksum: checksum,
            limit: min(Self.unpackedLimit, max(Self.plentyBytes, packed.count * Self.ratioLimit)),
            damaged: Self.damaged)
        try read(fileBytes: fileBytes, totalBytes: totalBytes, keeps: keeps)
        // The checksum comes last.
        while try fill(Self.block) { position = buffer.count }
    }

    private mutating func read(fileBytes: Int, totalBytes: Int, keeps: (String) -> Bool) throws(ReadFault) {
        var (count, kept) = (0, 0)
        var longName: String?
        while let header = try take(Self.block) {
            if count > 0, !header.contains(where: { $0 != 0 }) { return }
            guard Self.isHeader(header), let size = Self.number(header[124..<136]) else {
                throw count == 0 ? Self.other : Self.damaged
            }
            count += 1
            guard count <= Self.entryLimit else {
                throw ReadFault(line: 1, message: "an archive of more than \(Self.entryLimit) files")
            }
            let padding = (Self.block - size % Self.block) % Self.block
            switch header[156] {
            case UInt8(ascii: "L"), UInt8(ascii: "x"):
                guard size <= 64 * 1024, let bytes = try take(size) else { throw Self.damaged }
                let name = header[156] == UInt8(ascii: "L") ? Self.text(bytes[...]) : Self.path(ofRecords: bytes)
                longName = name ?? longName
            case UInt8(ascii: "0"), 0, UInt8(ascii: "7"):
                let name = Self.relative(longName ?? Self.name(of: header))
                longName = nil
                guard name.utf8.count <= Self.nameBytes else { throw Self.damaged }
                names.insert(name)
                if keeps(name) {
                    kept += size
                    guard size <= fileBytes, kept <= totalBytes else {
                        throw ReadFault(
                            line: 1,
                            message:
                                "'\(name.prefix(80))' is larger than \(fileBytes) bytes, or all are than \(totalBytes)")
                    }
                    guard let bytes = try take(size) else { throw Self.damaged }
                    contents[name] = Data(bytes)
                } else {
                    guard try skip(size) else { throw Self.damaged }
                }
            default:
                // Folders, links and devices.
                longName = nil
                guard try skip(size) else { throw Self.damaged }
            }
            guard try skip(padding) else { throw Self.damaged }
        }
        // Shorter than the header of one file.
        if count == 0 { throw Self.other }
    }

    // MARK: Bytes

    /// Whether so many bytes are there.
    private mutating func fill(_ count: Int) throws(ReadFault) -> Bool {
        while buffer.count - position < count {
            guard let piece = try stream.next() else { return false }
            buffer.removeFirst(position)
            position = 0
            buffer += piece
        }
        return true
    }

    /// The next bytes; nil when the archive ends before them.
    private mutating func take(_ count: Int) throws(ReadFault) -> [UInt8]? {
        guard try fill(count) else { return nil }
        defer { position += count }
        return Array(buffer[position..<(position + count)])
    }

    private mutating func skip(_ count: Int) throws(ReadFault) -> Bool {
        var left = count
        while left > 0 {
            let step = min(left, Self.plentyBytes / 512)
            guard try fill(step) else { return false }
            position += step
            left -= step
        }
        return true
    }

    // MARK: Headers

    /// Where the packed bytes begin behind gzip's header; nil when it is none.
    private static func contentStart(_ data: [UInt8]) -> Int? {
        guard data.count >= 18, data[0] == 0x1F, data[1] == 0x8B, data[2] == 8 else { return nil }
        let flags = data[3]
        var start = 10
        if flags & 4 != 0 { start += 2 + Int(data[10]) + Int(data[11]) << 8 }
        for flag: UInt8 in [8, 16] where flags & flag != 0 {
            guard start < data.count, let end = data[start...].firstIndex(of: 0) else { return nil }
            start = end + 1
        }
        if flags & 2 != 0 { start += 2 }
        return start < data.count ? start : nil
    }

    /// By its checksum: the sum of its bytes, its own field being spaces.
    private static func isHeader(_ header: [UInt8]) -> Bool {
        guard let sum = number(header[148..<156]) else { return false }
        return header.indices.reduce(0) { $0 + Int((148..<156).contains($1) ? 0x20 : header[$1]) } == sum
    }

    /// An octal number between spaces and zeros; nil for anything else, such as sizes beyond 8 GB.
    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0x20 && $0 != 0 }
        guard digits.count <= 12, digits.allSatisfy({ (0x30...0x37).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 8 + Int($1 - 0x30) }
    }

    private static func text(_ field: ArraySlice<UInt8>) -> String {
        String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }

    private static func name(of header: [UInt8]) -> String {
        let prefix = header[257..<262].elementsEqual("ustar".utf8) ? text(header[345..<500]) : ""
        return prefix.isEmpty ? text(header[0..<100]) : prefix + "/" + text(header[0..<100])
    }

    /// `path` among pax's records, `LENGTH KEY=VALUE` and a line break each; nil without one.
    private static func path(ofRecords bytes: [UInt8]) -> String? {
        var rest = bytes[...]
        var found: String?
        while let space = rest.firstIndex(of: 0x20),
            let length = Int(String(decoding: rest[..<space], as: UTF8.self)), length > space - rest.startIndex + 1,
            length <= rest.count
        {
            let record = rest[(space + 1)..<(rest.startIndex + length - 1)]
            if record.starts(with: "path=".utf8) { found = String(decoding: record.dropFirst(5), as: UTF8.self) }
            rest = rest[(rest.startIndex + length)...]
        }
        return found
    }

    /// Without the `./` that tar puts before names.
    private static func relative(_ name: String) -> String {
        String(name.split(separator: "/", omittingEmptySubsequences: true).drop { $0 == "." }.joined(separator: "/"))
    }
}
