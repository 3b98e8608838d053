/// Where words begin and end in a text.
///
/// A word is what a tag of an entity is given to: a run of letters and digits; a single character of a script that is
/// written without spaces (Chinese, Japanese, Thai, …); a single punctuation mark or symbol. `.`, `'`, `-`, `_` and `&`
/// between letters or digits, and `,` between digits, do not end a word, so that `AT&T`, `U.S`, `o'clock`, `T-shirt` and
/// `1,299.00` are words. What is drawn as one character (an emoji of several parts, a letter with its accents) is never cut.
package struct WordBorders: Sendable {
    private enum Kind {
        case space, letter, digit, single, mark, symbol
    }

    /// Whether a word may begin before each scalar, and at the end of the text: [scalars + 1].
    private let borders: [Bool]
    private let isSpace: [Bool]

    package init(of text: [Unicode.Scalar]) {
        let kinds = text.map(Self.kind)
        isSpace = kinds.map { $0 == .space }
        var borders = [Bool](repeating: true, count: text.count + 1)
        for index in text.indices.dropFirst() {
            borders[index] = Self.isBorder(before: index, in: text, kinds)
        }
        var position = 0
        // Grapheme breaks are asked for where scalars may be joined only; the rules above know the rest.
        for character in String(String.UnicodeScalarView(text)) {
            let count = character.unicodeScalars.count
            for inner in position + 1..<max(position + 1, position + count) { borders[inner] = false }
            position += count
        }
        self.borders = borders
    }

    func isBorder(_ index: Int) -> Bool { borders.indices.contains(index) && borders[index] }

    /// The words from left to right, without what is between them.
    package var words: [Range<Int>] {
        let starts = borders.indices.filter { borders[$0] }
        return zip(starts, starts.dropFirst()).map { $0..<$1 }.filter { !isSpace[$0.lowerBound] }
    }

    private static func isBorder(before index: Int, in text: [Unicode.Scalar], _ kinds: [Kind]) -> Bool {
        let (left, right) = (kinds[index - 1], kinds[index])
        if left == .space || right == .space { return true }
        if right == .mark { return false }
        func isWord(_ place: Int) -> Bool {
            kinds.indices.contains(place) && (kinds[place] == .letter || kinds[place] == .digit)
        }
        let joins = { (place: Int) -> Bool in
            guard isWord(place - 1), isWord(place + 1) else { return false }
            switch text[place] {
            case ".", "'", "\u{2019}", "-", "_", "&": return true
            case ",": return kinds[place - 1] == .digit && kinds[place + 1] == .digit
            default: return false
            }
        }
        if isWord(index), isWord(index - 1) || left == .mark || joins(index - 1) { return false }
        return !(isWord(index - 1) && joins(index))
    }

    private static func kind(_ scalar: Unicode.Scalar) -> Kind {
        switch scalar.value {
        case 0x30...0x39: return .digit
        case 0x41...0x5A, 0x61...0x7A: return .letter
        case 0x21...0x2F, 0x3A...0x40: return .symbol
        default: break
        }
        let properties = scalar.properties
        if properties.isWhitespace { return .space }
        if isUnspaced(scalar.value) { return .single }
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .format: return .mark
        case .decimalNumber: return .digit
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .letterNumber:
            return .letter
        default: return .symbol
        }
    }

    /// Scripts that are written without spaces between words.
    private static func isUnspaced(_ value: UInt32) -> Bool {
        switch value {
        case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x2E80...0x2FDF, 0x3005...0x3007, 0x3021...0x3029,
            0x3040...0x30FF, 0x3100...0x312F, 0x31F0...0x31FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF,
            0xFF66...0xFF9D, 0x20000...0x3FFFF:
            true
        default: false
        }
    }
}
