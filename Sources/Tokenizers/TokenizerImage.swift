import Foundation
import TensorFiles

/// A compiled tokenizer: one block of bytes, mapped from `tokenizer.bin` or just built, that is used as it lies.
///
/// Layout, little-endian: magic, u32 version, u32 number of sections, u64 key (which source it was compiled from),
/// u64 checksum of everything after it, u64 offset and u64 length per section, then the sections, 16-byte aligned.
final class TokenizerImage: @unchecked Sendable {
    // The bytes are written once, before the object is shared, and never after.

    enum Section: Int, CaseIterable {
        case specification
        case trie
        case scores
        case scalarBlocks
        case scalarEntries
        case scalarSequences
        case characterMap
        case characterText
    }

    /// Changes with the layout and with everything that compiling does, so that older files are compiled again.
    static let version: UInt32 = 1
    private static let magic: [UInt8] = Array("FDTOKEN\n".utf8)
    private static let tableStart = 32
    private static let dataStart = tableStart + 16 * Section.allCases.count

    /// Tells which source files this was compiled from.
    let key: UInt64
    private let bytes: UnsafeRawBufferPointer
    private let file: MappedFile?
    private let memory: UnsafeMutableRawBufferPointer?
    private let ranges: [Range<Int>]

    /// Uses a mapped file, after checking all of it.
    init(_ file: MappedFile, path: String) throws {
        (key, ranges) = try Self.check(file.bytes, path: path)
        bytes = file.bytes
        self.file = file
        memory = nil
    }

    /// Copies a freshly built image.
    init(copying image: [UInt8]) throws {
        (key, ranges) = try image.withUnsafeBytes { try Self.check($0, path: "compiled tokenizer") }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: image.count, alignment: 64)
        memory.copyBytes(from: image)
        bytes = UnsafeRawBufferPointer(memory)
        self.memory = memory
        file = nil
    }

    deinit {
        memory?.deallocate()
    }

    /// The bytes of a section.
    func data(_ section: Section) -> Data { Data(bytes[ranges[section.rawValue]]) }

    /// A section as an array of fixed-size elements.
    func table<Element: BitwiseCopyable>(_ section: Section, of type: Element.Type) throws -> TokenizerTable<Element> {
        let slice = UnsafeRawBufferPointer(rebasing: bytes[ranges[section.rawValue]])
        guard slice.count.isMultiple(of: MemoryLayout<Element>.stride) else {
            throw ModelError(.invalidFile, "compiled tokenizer: section \(section) has a wrong length")
        }
        return TokenizerTable(owner: self, elements: slice.bindMemory(to: Element.self))
    }

    /// Puts an image together.
    static func assemble(key: UInt64, sections: [Section: [UInt8]]) -> [UInt8] {
        var table: [UInt8] = []
        var body: [UInt8] = []
        for section in Section.allCases {
            let content = sections[section] ?? []
            body += [UInt8](repeating: 0, count: -body.count & 15)
            append(UInt64(dataStart + body.count), to: &table)
            append(UInt64(content.count), to: &table)
            body += content
        }
        let payload = table + body
        var image = magic
        append(version, to: &image)
        append(UInt32(Section.allCases.count), to: &image)
        append(key, to: &image)
        append(payload.withUnsafeBytes { Checksum.of($0) }, to: &image)
        return image + payload
    }

    private static func check(_ bytes: UnsafeRawBufferPointer, path: String) throws -> (UInt64, [Range<Int>]) {
        guard bytes.count >= dataStart, bytes.prefix(magic.count).elementsEqual(magic),
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)) == version,
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self)) == Section.allCases.count
        else {
            throw ModelError(.unsupported, "\(path): not a compiled tokenizer of version \(version)")
        }
        let payload = UnsafeRawBufferPointer(rebasing: bytes[tableStart...])
        guard word(bytes, 24) == Checksum.of(payload) else {
            throw ModelError(.invalidFile, "\(path): the checksum does not match")
        }
        let ranges = try Section.allCases.map { section in
            let offset = word(bytes, tableStart + 16 * section.rawValue)
            let length = word(bytes, tableStart + 16 * section.rawValue + 8)
            guard offset.isMultiple(of: 16), offset >= dataStart, offset <= bytes.count,
                length <= UInt64(bytes.count) - offset
            else {
                throw ModelError(.invalidFile, "\(path): section \(section) lies outside the file")
            }
            return Int(offset)..<Int(offset + length)
        }
        return (word(bytes, 16), ranges)
    }

    private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }
}

/// An array inside a `TokenizerImage`, which it keeps alive.
struct TokenizerTable<Element: BitwiseCopyable>: @unchecked Sendable {
    private let owner: TokenizerImage
    let elements: UnsafeBufferPointer<Element>

    init(owner: TokenizerImage, elements: UnsafeBufferPointer<Element>) {
        self.owner = owner
        self.elements = elements
    }
}
