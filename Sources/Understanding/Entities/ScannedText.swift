import Foundation

/// A text as scanners read it: one folded scalar for each of the original's, so that offsets stay the caller's.
///
/// Folded: full-width forms become ASCII, the ideographic space a space, ASCII letters lower case.
struct ScannedText: Sendable {
    /// Scalars that are read; what comes behind holds no entities.
    static let limit = 4_096

    let original: [Unicode.Scalar]
    let folded: [Unicode.Scalar]
    /// The folded scalars as bytes, NUL for those that are not ASCII.
    private let ascii: [UInt8]
    let hasDigit: Bool
    let hasAt: Bool
    var count: Int { folded.count }

    init(_ text: String) {
        original = Array(text.unicodeScalars.prefix(Self.limit))
        folded = original.map(Self.fold)
        ascii = folded.map { $0.isASCII ? UInt8($0.value) : 0 }
        hasDigit = ascii.contains { Self.digits.contains($0) }
        hasAt = ascii.contains(UInt8(ascii: "@"))
    }

    private static func fold(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.value {
        case 0x41...0x5A: Unicode.Scalar(scalar.value + 32) ?? scalar
        case 0xFF21...0xFF3A: Unicode.Scalar(scalar.value - 0xFEE0 + 32) ?? scalar
        case 0xFF01...0xFF5E: Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar
        case 0xFFE5: "¥"
        case 0xFFE1: "£"
        case 0x3000, 0xA0, 0x2009, 0x202F: " "
        case 0x2010...0x2015, 0x2212: "-"
        default: scalar
        }
    }

    /// The folded scalar, or NUL outside the text.
    subscript(index: Int) -> Unicode.Scalar { folded.indices.contains(index) ? folded[index] : "\0" }

    private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    private static let letters = UInt8(ascii: "a")...UInt8(ascii: "z")

    private func byte(_ index: Int) -> UInt8 { ascii.indices.contains(index) ? ascii[index] : 0 }

    func isDigit(_ index: Int) -> Bool { Self.digits.contains(byte(index)) }
    func isLetter(_ index: Int) -> Bool { Self.letters.contains(byte(index)) }
    func isLetterOrDigit(_ index: Int) -> Bool { isDigit(index) || isLetter(index) }
    /// No ASCII letter or digit stands before.
    func isWordStart(_ index: Int) -> Bool { !isLetterOrDigit(index - 1) }

    /// A value may begin here: not inside a word, and no Chinese numeral right behind a digit.
    func canBegin(_ index: Int) -> Bool {
        if isLetterOrDigit(index) { return isWordStart(index) }
        return !(isDigit(index - 1) && (ChineseNumber.digits[self[index]] ?? ChineseNumber.units[self[index]]) != nil)
    }

    /// A value may end here: not inside a word.
    func canEnd(_ index: Int) -> Bool { !(isLetterOrDigit(index - 1) && isLetterOrDigit(index)) }

    /// The digits from an index on, at most `limit` of them.
    func digits(from start: Int, limit: Int = 24) -> String {
        slice(start, start + digitCount(from: start, limit: limit))
    }

    func digitCount(from start: Int, limit: Int) -> Int {
        var end = start
        while end < start + limit, isDigit(end) { end += 1 }
        return end - start
    }

    /// The lower-case ASCII word from an index on; empty when there is none, or one of more than 16 letters.
    func word(at start: Int) -> String {
        var end = start
        while end - start <= 16, isLetter(end) { end += 1 }
        return end - start <= 16 ? slice(start, end) : ""
    }

    func slice(_ start: Int, _ end: Int) -> String {
        let range = max(0, start)..<max(start, min(end, count))
        if !ascii[range].contains(0) { return String(decoding: ascii[range], as: UTF8.self) }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: folded[range])
        return String(text)
    }

    func original(_ start: Int, _ end: Int) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: original[start..<end])
        return String(text)
    }

    func hasPrefix(_ prefix: String, at start: Int) -> Bool {
        var index = start
        for scalar in prefix.unicodeScalars {
            guard self[index] == scalar else { return false }
            index += 1
        }
        return true
    }

    /// The longest of the given texts that stands at the index.
    func longest(of texts: [String], at start: Int) -> String? {
        texts.filter { hasPrefix($0, at: start) }.max { $0.unicodeScalars.count < $1.unicodeScalars.count }
    }

    /// The next index that is no space, at most four further.
    func skippingSpaces(_ start: Int) -> Int {
        var index = start
        while index - start < 4, self[index] == " " { index += 1 }
        return index
    }
}
