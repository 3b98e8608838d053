import BERT
import TensorFiles

/// Reads little-endian numbers from bytes in memory, never past their end.
struct ByteReader {
    private let content: [UInt8]
    private var position = 0
    private let path: String

    /// - Parameter path: For messages.
    init(_ content: [UInt8], path: String) {
        self.content = content
        self.path = path
    }

    var remaining: Int { content.count - position }

    mutating func bytes(_ count: Int) throws -> [UInt8] {
        try skip(count)
        return Array(content[position - count..<position])
    }

    mutating func skip(_ count: Int) throws {
        guard count >= 0, count <= remaining else { throw ModelError(.invalidFile, "\(path): ends early") }
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
