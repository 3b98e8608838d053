/// A row of letters and digits, with hyphens between them.
struct IdentifierToken {
    /// What stands between two hyphens.
    struct Group: Hashable {
        let start: Int
        let end: Int
        let letters: Int
        let digits: Int
        /// Letters first, then digits; either may be none.
        let isPlain: Bool

        var count: Int { end - start }
    }

    private(set) var groups: [Group] = []
    var start: Int { groups.first?.start ?? 0 }
    var end: Int { groups.last?.end ?? 0 }
    var digits: Int { groups.reduce(0) { $0 + $1.digits } }
    /// The digits of each group.
    var sizes: [Int] { groups.map(\.digits) }
    var isNumeric: Bool { groups.allSatisfy { $0.letters == 0 } }

    /// Letters and digits of a token at most.
    static let limit = 40

    /// Nil where none begins, or where it is part of something longer.
    init?(at start: Int, in text: ScannedText) {
        guard text.isLetterOrDigit(start), text.isWordStart(start), !Self.isJoined(before: start, in: text) else {
            return nil
        }
        var index = start
        while groups.count < 6 {
            guard let group = Self.group(at: index, in: text) else { return nil }
            groups.append(group)
            index = group.end
            guard Self.isHyphen(text.unfolded(index)), text.isLetterOrDigit(index + 1) else { break }
            index += 1
        }
        // "A1234567-still waiting": the hyphen is a dash.
        if let last = groups.last, groups.count > 1, last.digits == 0, last.letters >= 4 { groups.removeLast() }
        guard !Self.isJoined(behind: end, in: text) else { return nil }
    }

    private static func group(at start: Int, in text: ScannedText) -> Group? {
        var (end, letters, digits, isPlain) = (start, 0, 0, true)
        while end - start <= limit, text.isLetterOrDigit(end) {
            if text.isDigit(end) {
                digits += 1
            } else {
                letters += 1
                if digits > 0 { isPlain = false }
            }
            end += 1
        }
        return end - start > limit
            ? nil : Group(start: start, end: end, letters: letters, digits: digits, isPlain: isPlain)
    }

    private static func isHyphen(_ scalar: Unicode.Scalar) -> Bool {
        ["-", "\u{2010}", "\u{2011}", "－"].contains(scalar)
    }

    private static func isJoined(before start: Int, in text: ScannedText) -> Bool {
        switch text[start - 1] {
        case "@", "+", "_": true
        case "-": isHyphen(text.unfolded(start - 1)) && text.isLetterOrDigit(start - 2)
        case ".", ",", "/", ":", "'", "’": text.isDigit(start - 2) && text.isDigit(start)
        default: false
        }
    }

    private static func isJoined(behind end: Int, in text: ScannedText) -> Bool {
        switch text[end] {
        case "@", "_": true
        case ".", ",", "/", ":", "'", "’": text.isDigit(end + 1)
        default: false
        }
    }
}
