import TensorFiles

/// SentencePiece's character map (`precompiled_charsmap`): NFKC and its own additions, as a double-array trie from
/// UTF-8 sequences to their replacements, which follow as zero-terminated strings.
///
/// The published tokenizers apply it to one grapheme at a time: a grapheme of fewer than six bytes is replaced as a
/// whole by what the shortest matching prefix maps to, otherwise every scalar is mapped by itself. This is odd, and
/// models were trained with it.
struct TokenizerPrecompiledNormalizer: Sendable {
    private static let graphemeLimit = 6

    private let units: TokenizerTable<UInt32>
    private let texts: TokenizerTable<UInt8>
    /// For each ASCII byte, whether the map leaves it alone.
    private let keepsASCII: [Bool]

    init(units: TokenizerTable<UInt32>, texts: TokenizerTable<UInt8>) {
        self.units = units
        self.texts = texts
        keepsASCII = (0..<128).map { byte in
            [UInt8(byte)].withUnsafeBufferPointer { Self.replacement(of: $0, units.elements, texts.elements) == nil }
        }
    }

    /// Splits the published form (u32 byte count of the trie, the trie, the texts) into its two parts.
    static func parts(of map: [UInt8]) throws -> (trie: [UInt8], texts: [UInt8]) {
        guard map.count >= 4 else { throw ModelError(.invalidFile, "precompiled_charsmap is empty") }
        let size = map.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        guard size.isMultiple(of: 4), size > 0, size <= map.count - 4 else {
            throw ModelError(.invalidFile, "precompiled_charsmap has a trie of \(size) bytes in \(map.count)")
        }
        return (Array(map[4..<4 + size]), Array(map[(4 + size)...]))
    }

    /// Appends the normalised form of `text`, which begins at byte `base` of the caller's, to `output`.
    func normalize(
        _ text: UnsafeBufferPointer<UInt8>, base: Int = 0, into output: inout TokenizerAlignedText
    ) {
        var position = 0
        while position < text.count {
            let (value, length) = TokenizerUTF8.decode(text, at: position)
            let end = position + length
            if Self.breaks(text, value, before: end) {
                if value < 0x80, keepsASCII[Int(value)] {
                    output.bytes.append(UInt8(truncatingIfNeeded: value))
                } else {
                    appendScalar(text, position..<end, to: &output.bytes)
                }
                output.settle(base + position, base + end)
                position = end
            } else {
                let end = Self.certainBreak(text, after: position)
                appendGraphemes(
                    UnsafeBufferPointer(rebasing: text[position..<end]), base: base + position, to: &output)
                position = end
            }
        }
    }

    private func appendGraphemes(
        _ text: UnsafeBufferPointer<UInt8>, base: Int, to output: inout TokenizerAlignedText
    ) {
        var position = 0
        for grapheme in String(decoding: text, as: UTF8.self) {
            let end = min(position + grapheme.utf8.count, text.count)
            let bytes = UnsafeBufferPointer(rebasing: text[position..<end])
            if bytes.count < Self.graphemeLimit,
                let replacement = Self.replacement(of: bytes, units.elements, texts.elements)
            {
                output.bytes.append(contentsOf: replacement)
                output.settle(base + position, base + end)
            } else {
                var scalar = position
                while scalar < end {
                    let next = scalar + TokenizerUTF8.decode(text, at: scalar).length
                    appendScalar(text, scalar..<next, to: &output.bytes)
                    output.settle(base + scalar, base + next)
                    scalar = next
                }
            }
            position = end
        }
    }

    private func appendScalar(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, to output: inout [UInt8]) {
        let bytes = UnsafeBufferPointer(rebasing: text[range])
        if let replacement = Self.replacement(of: bytes, units.elements, texts.elements) {
            output.append(contentsOf: replacement)
        } else {
            output.append(contentsOf: bytes)
        }
    }

    /// What the shortest prefix of `key` in the map is replaced by.
    private static func replacement(
        of key: UnsafeBufferPointer<UInt8>, _ units: UnsafeBufferPointer<UInt32>, _ texts: UnsafeBufferPointer<UInt8>
    ) -> UnsafeBufferPointer<UInt8>? {
        var node = 0
        var unit = units[0]
        node ^= offset(unit)
        for byte in key {
            guard byte != 0 else { return nil }
            node ^= Int(byte)
            guard node < units.count else { return nil }
            unit = units[node]
            guard unit & (1 << 31 | 0xFF) == UInt32(byte) else { return nil }
            node ^= offset(unit)
            if unit >> 8 & 1 == 1 {
                guard node < units.count else { return nil }
                let start = Int(units[node] & (1 << 31 - 1))
                guard start <= texts.count else { return nil }
                var end = start
                while end < texts.count, texts[end] != 0 { end += 1 }
                return UnsafeBufferPointer(rebasing: texts[start..<end])
            }
        }
        return nil
    }

    private static func offset(_ unit: UInt32) -> Int {
        Int(unit >> 10) << Int((unit & 1 << 9) >> 6)
    }
}

extension TokenizerPrecompiledNormalizer {
    /// Whether a grapheme certainly ends between `value` and what begins at `index`.
    @inline(__always)
    private static func breaks(_ text: UnsafeBufferPointer<UInt8>, _ value: UInt32, before index: Int) -> Bool {
        guard isPlain(value) else { return false }
        guard index < text.count else { return true }
        let next = text[index]
        if next < 0x80 { return !(value == 0x0D && next == 0x0A) }
        return isPlain(TokenizerUTF8.decode(text, at: index).value)
    }

    /// The first place after `start` where a grapheme certainly ends.
    private static func certainBreak(_ text: UnsafeBufferPointer<UInt8>, after start: Int) -> Int {
        var position = start
        while position < text.count {
            let (value, length) = TokenizerUTF8.decode(text, at: position)
            position += length
            if breaks(text, value, before: position) { break }
        }
        return position
    }

    /// Whether a scalar is its own grapheme unless a neighbour that is not plain joins it: neither combining, joining,
    /// prepended nor a regional indicator. A scalar that is missing here only takes the slower way.
    @inline(__always)
    private static func isPlain(_ value: UInt32) -> Bool {
        switch value {
        case 0..<0x300, 0x370...0x482, 0x48A...0x590, 0x5D0...0x5EA, 0x620...0x64A, 0x200E...0x20CF, 0x2100...0x2CEE,
            0x3000...0x3029, 0x3030...0x3098, 0x309B...0xA66E, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFF00...0xFF9D,
            0x20000...0x2FFFD:
            true
        default: false
        }
    }
}
