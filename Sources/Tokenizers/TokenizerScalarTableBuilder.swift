import Foundation

/// Works out, for every Unicode scalar, what BERT's normaliser does to it: clean, set ideographs apart, decompose and
/// remove accents, lower the case, in this order.
///
/// The published tokenizers take general categories from Unicode 8, so that what was added later is neither a control,
/// an accent nor punctuation for them, and decompositions from Unicode 12.1. (Canonical reordering of
/// spacing marks, which no real text has out of order, is left out: each scalar is mapped by itself.)
struct TokenizerScalarTableBuilder {
    private let options: TokenizerSpecification.WordPiece.Normalizer
    private(set) var blocks: [UInt16] = []
    private(set) var entries: [TokenizerScalarTable.Entry] = []
    private(set) var sequences: [UInt32] = []
    private var known: [[UInt32]: Int] = [:]

    init(_ options: TokenizerSpecification.WordPiece.Normalizer) {
        self.options = options
        var blockNumbers: [[TokenizerScalarTable.Entry]: UInt16] = [:]
        for block in 0..<TokenizerScalarTable.blockCount {
            let first = UInt32(block * TokenizerScalarTable.blockSize)
            let content = (first..<first + UInt32(TokenizerScalarTable.blockSize)).map { entry($0) }
            if let number = blockNumbers[content] {
                blocks.append(number)
            } else {
                let number = UInt16(blockNumbers.count)
                blockNumbers[content] = number
                blocks.append(number)
                entries += content
            }
        }
    }

    private mutating func entry(_ value: UInt32) -> TokenizerScalarTable.Entry {
        guard let scalar = Unicode.Scalar(value) else { return .init(.word, .keep) }
        // Most scalars of all: nothing of it was assigned in Unicode 12.1, so that each is a word's part and stays as it is.
        if (0x30000...0xDFFFF).contains(value) { return .init(.word, .keep) }
        // Nearly all scalars are one of these, about which the steps below would find the same, slowly.
        switch scalar.properties.generalCategory {
        case .unassigned:
            return .init(.word, options.isolatesIdeographs && Self.isIdeograph(value) ? .isolate : .keep)
        case .privateUse: return .init(.word, options.cleansText ? .drop : .keep)
        case .otherLetter where Self.isUnifiedIdeograph(value):
            return .init(.word, options.isolatesIdeographs ? .isolate : .keep)
        default: break
        }
        let category: TokenizerScalarTable.Entry.Category =
            TokenizerUTF8.isWhitespace(value) ? .space : Self.isPunctuation(scalar) ? .punctuation : .word
        let mapped = map(scalar)
        if mapped.isEmpty { return .init(category, .drop) }
        if mapped == [value] { return .init(category, .keep) }
        if mapped == [0x20, value, 0x20] { return .init(category, .isolate) }
        let offset = known[mapped] ?? sequences.count
        if offset == sequences.count {
            known[mapped] = offset
            sequences += mapped
        }
        return .init(category, .replace, offset: offset, length: mapped.count)
    }

    private func map(_ scalar: Unicode.Scalar) -> [UInt32] {
        var scalars = [scalar]
        if options.cleansText {
            if scalar.value == 0 || scalar.value == 0xFFFD || Self.isControl(scalar) { return [] }
            if TokenizerUTF8.isWhitespace(scalar.value) { scalars = [" "] }
        }
        if options.isolatesIdeographs, Self.isIdeograph(scalar.value) { scalars = [" ", scalar, " "] }
        if options.stripsAccents {
            scalars = scalars.flatMap(Self.decompose).filter { Self.category($0) != .nonspacingMark }
        }
        if options.lowercases {
            scalars = scalars.flatMap { Array($0.properties.lowercaseMapping.unicodeScalars) }
        }
        return scalars.map(\.value)
    }

    private static func decompose(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
        switch scalar.value {
        case 0..<0xC0, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xE000...0xF8FF, 0x20000...0x2F7FF, 0x30000...: return [scalar]
        default:
            if (0xAC00...0xD7A3).contains(scalar.value) { return decomposeHangul(scalar.value - 0xAC00) }
            guard let age = scalar.properties.age, (age.major, age.minor) <= (12, 1) else { return [scalar] }
            return Array(String(Character(scalar)).decomposedStringWithCanonicalMapping.unicodeScalars)
        }
    }

    /// Unicode 15, section 3.12: a syllable is a leading consonant, a vowel and perhaps a trailing consonant.
    private static func decomposeHangul(_ index: UInt32) -> [Unicode.Scalar] {
        let trailing = index % 28
        let jamo = [0x1100 + index / 588, 0x1161 + index % 588 / 28] + (trailing == 0 ? [] : [0x11A7 + trailing])
        return jamo.compactMap(Unicode.Scalar.init)
    }

    /// The general category that the scalar had in Unicode 8.
    private static func category(_ scalar: Unicode.Scalar) -> Unicode.GeneralCategory {
        // Their categories changed later.
        switch scalar.value {
        case 0x166D, 0x111C9: return .otherPunctuation
        case 0x1734, 0x1171E: return .nonspacingMark
        case 0x1885, 0x1886: return .otherLetter
        case 0xA9BD: return .spacingMark
        default: break
        }
        guard let age = scalar.properties.age, (age.major, age.minor) <= (8, 0) else { return .unassigned }
        return scalar.properties.generalCategory
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D: return false
        default: break
        }
        switch category(scalar) {
        case .control, .format, .surrogate, .privateUse: return true
        default: return false
        }
    }

    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
        default: break
        }
        switch category(scalar) {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            return true
        default: return false
        }
    }

    /// Ideographs that have neither case nor decomposition.
    private static func isUnifiedIdeograph(_ value: UInt32) -> Bool { value < 0xF900 && isIdeograph(value) }

    private static func isIdeograph(_ value: UInt32) -> Bool {
        switch value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
            true
        default: false
        }
    }
}
