import Foundation

/// A text as scanners read it: folded (see `fold(_:)`), without marks that nobody sees. Every folded scalar knows its place in
/// the caller's text.
struct ScannedText: Sendable {
    /// Scalars that are read; what comes behind holds no entities.
    static let limit = 4_096

    private let original: [Unicode.Scalar]
    let folded: [Unicode.Scalar]
    /// The place of each folded scalar in the original.
    private let origins: [Int]
    /// The folded scalars as bytes, NUL for those that are not ASCII.
    private let ascii: [UInt8]
    let hasDigit: Bool
    let hasAt: Bool
    var count: Int { folded.count }

    init(_ text: String) {
        let original = Array(text.unicodeScalars.prefix(Self.limit))
        let origins = original.indices.filter { !Self.isInvisible(original[$0]) }
        folded = origins.map { index in
            // 买了3，5天没到: this comma parts two numbers.
            original[index] == "，" && Self.hasPlainDigits(around: index, in: original)
                ? "，" : Self.fold(original[index])
        }
        self.original = original
        self.origins = origins
        ascii = folded.map { $0.isASCII ? UInt8($0.value) : 0 }
        hasDigit = ascii.contains { Self.digits.contains($0) }
        hasAt = ascii.contains(UInt8(ascii: "@"))
    }

    private static func hasPlainDigits(around index: Int, in text: [Unicode.Scalar]) -> Bool {
        guard index > 0, index + 1 < text.count else { return false }
        return ("0"..."9").contains(text[index - 1]) && ("0"..."9").contains(text[index + 1])
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
        guard ChineseNumber.isNumeral(self[index]) else { return true }
        return !isDigit(index - 1) && !ChineseNumber.isNumeral(self[index - 1])
    }

    /// A number may begin here: no part of a longer number, of a date or of an identifier.
    func canBeginNumber(_ index: Int) -> Bool {
        guard canBegin(index) else { return false }
        guard isDigit(index) else { return true }
        switch self[index - 1] {
        case ".", ",", "'", "’", "ʼ", "/", ":": return !isDigit(index - 2)
        // A minus, or the end of an identifier; other dashes part clauses.
        case "-": return unfolded(index - 1) != "-"
        case "_", "#": return false
        default: return true
        }
    }

    /// A number and what makes a range of two stand before, as before the 3 of 2-3天.
    func isSecondOfRange(_ start: Int) -> Bool {
        var index = start - 1
        while start - index < 3, self[index] == " " { index -= 1 }
        let word = isLetter(index) ? words(before: index + 1, limit: 1).first ?? "" : ""
        guard "-~至到、或".unicodeScalars.contains(self[index]) || ["to", "or"].contains(word) else { return false }
        index -= max(1, word.utf8.count)
        while start - index < 8, self[index] == " " { index -= 1 }
        return isDigit(index) || ChineseNumber.isNumeral(self[index])
            || isLetter(index) && EnglishNumber.small[words(before: index + 1, limit: 1).first ?? ""] != nil
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

    /// The place of a stretch in the caller's text.
    func place(_ start: Int, _ end: Int) -> Range<Int> { origins[start]..<origins[end - 1] + 1 }

    func original(_ start: Int, _ end: Int) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: original[place(start, end)])
        return String(text)
    }

    /// As it was written, or NUL outside the text.
    func unfolded(_ index: Int) -> Unicode.Scalar { origins.indices.contains(index) ? original[origins[index]] : "\0" }

    func hasPrefix(_ prefix: String, at start: Int) -> Bool {
        var index = start
        for scalar in prefix.unicodeScalars {
            guard self[index] == scalar else { return false }
            index += 1
        }
        return true
    }

    func has(_ scalars: [Unicode.Scalar], at start: Int) -> Bool {
        guard start >= 0, start + scalars.count <= count else { return false }
        for index in scalars.indices where folded[start + index] != scalars[index] { return false }
        return true
    }

    /// The words of ASCII letters before a place, the nearest first, in the same clause.
    func words(before end: Int, limit: Int) -> [String] {
        var words: [String] = []
        var index = end - 1
        while index >= 0, words.count < limit, end - index < 120 {
            guard isLetter(index) else {
                if ",，.。;；!！?？\n".unicodeScalars.contains(self[index]) { break }
                index -= 1
                continue
            }
            var start = index
            while isLetter(start - 1) { start -= 1 }
            words.append(slice(start, index + 1))
            index = start - 1
        }
        return words
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
