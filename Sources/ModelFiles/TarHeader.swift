import Foundation

/// A header block of a tar archive (POSIX ustar), 512 bytes; a size of 8 GiB and more stands in it in base 256, as GNU tar,
/// bsdtar and Python's tarfile write and read it.
struct TarHeader {
    static let blockSize = 512
    /// The most bytes of UTF-8 that a name may have.
    static let nameLimit = 100
    /// Eleven octal digits hold less than this.
    private static let octalLimit: UInt64 = 1 << 33

    let name: String
    let size: UInt64
    var modified = Date(timeIntervalSince1970: 0)

    init(name: String, size: UInt64, modified: Date) {
        self.name = name
        self.size = size
        self.modified = modified
    }

    /// Bytes that fill the last block of a content.
    static func padding(after size: UInt64) -> Int {
        Int((UInt64(blockSize) - size % UInt64(blockSize)) % UInt64(blockSize))
    }

    /// Nil when the name is too long.
    func encoded() -> [UInt8]? {
        guard (1...Self.nameLimit).contains(name.utf8.count), size <= UInt64(Int64.max) else { return nil }
        var block = [UInt8](repeating: 0, count: Self.blockSize)
        func put(_ bytes: some Sequence<UInt8>, at offset: Int) {
            for (index, byte) in bytes.enumerated() { block[offset + index] = byte }
        }
        func octal(_ value: UInt64, digits: Int) -> String.UTF8View {
            let text = String(value, radix: 8)
            return (String(repeating: "0", count: max(0, digits - text.utf8.count)) + text).utf8
        }
        put(name.utf8, at: 0)
        put(octal(0o600, digits: 7), at: 100)
        put(octal(0, digits: 7), at: 108)
        put(octal(0, digits: 7), at: 116)
        if size < Self.octalLimit {
            put(octal(size, digits: 11), at: 124)
        } else {
            block[124] = 0x80
            put((0..<8).map { UInt8(truncatingIfNeeded: size >> UInt64(8 * (7 - $0))) }, at: 128)
        }
        put(octal(UInt64(max(0, modified.timeIntervalSince1970)), digits: 11), at: 136)
        put("        ".utf8, at: 148)
        put("0".utf8, at: 156)
        put("ustar\u{0}00".utf8, at: 257)
        put(octal(Self.checksum(block), digits: 6), at: 148)
        put([0, 32], at: 154)
        return block
    }

    /// Why a block is not the header of a plain file.
    enum Fault: Error, Equatable {
        case damaged
        /// What the block holds instead of a plain file, in words.
        case kind(String)
    }

    init(_ block: [UInt8]) throws(Fault) {
        guard block.count == Self.blockSize, block[257..<262].elementsEqual("ustar".utf8) else { throw .damaged }
        var blank = block
        for index in 148..<156 { blank[index] = 32 }
        guard Self.octal(block[148..<156]) == Self.checksum(blank) else { throw .damaged }
        guard block[156] == UInt8(ascii: "0") || block[156] == 0 else { throw .kind(Self.kind(block[156])) }
        let name = block[0..<Self.nameLimit].prefix { $0 != 0 }
        // A longer name would go on in the prefix field, which we never write.
        guard let size = Self.size(block[124..<136]), let name = String(validating: name, as: UTF8.self),
            !name.isEmpty, block[345] == 0
        else { throw .damaged }
        self.name = name
        self.size = size
    }

    private static func size(_ field: ArraySlice<UInt8>) -> UInt64? {
        guard field.first == 0x80 else { return octal(field) }
        // Three zero bytes, then 64 bits.
        guard field.dropFirst().prefix(3).allSatisfy({ $0 == 0 }) else { return nil }
        let value = field.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return value <= UInt64(Int64.max) ? value : nil
    }

    private static func octal(_ field: ArraySlice<UInt8>) -> UInt64? {
        let digits = field.drop { $0 == 32 }.prefix { $0 != 0 && $0 != 32 }
        guard !digits.isEmpty, digits.allSatisfy({ (48...55).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 << 3 | UInt64($1 - 48) }
    }

    private static func kind(_ flag: UInt8) -> String {
        switch flag {
        case UInt8(ascii: "1"): "a hard link"
        case UInt8(ascii: "2"): "a symbolic link"
        case UInt8(ascii: "3"), UInt8(ascii: "4"): "a device"
        case UInt8(ascii: "5"): "a folder"
        case UInt8(ascii: "6"): "a pipe"
        case UInt8(ascii: "x"), UInt8(ascii: "g"): "extended (pax) headers"
        case UInt8(ascii: "L"), UInt8(ascii: "K"): "a long name"
        default: "an entry of unknown kind \(flag)"
        }
    }

    private static func checksum(_ block: [UInt8]) -> UInt64 { block.reduce(0) { $0 + UInt64($1) } }
}
