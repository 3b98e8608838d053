import TensorFiles

/// What BERT's normaliser makes of every Unicode scalar, and whether it is white space or punctuation afterwards.
///
/// Two levels: a block number per 256 scalars, then an entry each. Equal blocks are stored once.
struct TokenizerScalarTable: Sendable {
    /// 2 bits class, 2 bits rule, then 5 bits length and 23 bits offset of a sequence.
    struct Entry: BitwiseCopyable, Hashable {
        enum Category: UInt32 {
            case word = 0
            case space = 1
            case punctuation = 2
        }
        enum Rule: UInt32 {
            case keep = 0
            case drop = 1
            /// A sequence takes the scalar's place.
            case replace = 2
            /// The scalar stays, between two spaces.
            case isolate = 3
        }

        var bits: UInt32

        init(_ category: Category, _ rule: Rule, offset: Int = 0, length: Int = 0) {
            bits = category.rawValue | rule.rawValue << 2
            bits |= UInt32(length) << 4 | UInt32(offset) << 9
        }

        @inline(__always) var isWord: Bool { bits & 3 == 0 }
        @inline(__always) var isSpace: Bool { bits & 3 == Category.space.rawValue }
        @inline(__always) var isKept: Bool { bits & 12 == 0 }
        @inline(__always) var rule: Rule { Rule(rawValue: bits >> 2 & 3) ?? .keep }
        @inline(__always) var sequence: Range<Int> {
            let offset = Int(bits >> 9)
            return offset..<offset + Int(bits >> 4 & 31)
        }
    }

    static let blockSize = 256
    static let blockCount = 0x110000 / blockSize

    private let blocks: TokenizerTable<UInt16>
    private let entries: TokenizerTable<Entry>
    private let sequences: TokenizerTable<UInt32>

    init(blocks: TokenizerTable<UInt16>, entries: TokenizerTable<Entry>, sequences: TokenizerTable<UInt32>) throws {
        let count = entries.elements.count / Self.blockSize
        guard blocks.elements.count == Self.blockCount, blocks.elements.allSatisfy({ $0 < count }),
            entries.elements.allSatisfy({ $0.sequence.upperBound <= sequences.elements.count })
        else {
            throw ModelError(.invalidFile, "compiled tokenizer: the scalar table is damaged")
        }
        self.blocks = blocks
        self.entries = entries
        self.sequences = sequences
    }

    /// The entry of a scalar value, at most 0x10FFFF.
    @inline(__always)
    func entry(_ value: UInt32) -> Entry {
        entries.elements[Int(blocks.elements[Int(value >> 8)]) << 8 | Int(value & 255)]
    }

    /// Appends the normalised form of `text`, which begins at byte `base` of the caller's, to `output`.
    func normalize(
        _ text: UnsafeBufferPointer<UInt8>, base: Int = 0, into output: inout TokenizerAlignedText
    ) {
        var position = 0
        while position < text.count {
            let (value, length) = TokenizerUTF8.decode(text, at: position)
            let entry = entry(value)
            if entry.isKept {
                for offset in 0..<length { output.bytes.append(text[position + offset]) }
            } else {
                append(entry, value, to: &output.bytes)
            }
            output.settle(base + position, base + position + length)
            position += length
        }
    }

    private func append(_ entry: Entry, _ value: UInt32, to output: inout [UInt8]) {
        switch entry.rule {
        case .keep: TokenizerUTF8.append(value, to: &output)
        case .drop: break
        case .replace:
            for index in entry.sequence { TokenizerUTF8.append(sequences.elements[index], to: &output) }
        case .isolate:
            output.append(UInt8(ascii: " "))
            TokenizerUTF8.append(value, to: &output)
            output.append(UInt8(ascii: " "))
        }
    }
}
