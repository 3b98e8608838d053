import ConversationDomain

/// A message taken apart into what may be said for itself.
public struct Clauses {
    /// More clauses than these are not looked at one by one.
    static let limit = 8
    /// Unicode scalars of a message that is taken apart.
    static let lengthLimit = 1_000
    /// Letters that a clause beside a joint needs to be one.
    private static let leastLetters = 3

    /// In their order, trimmed; the whole text where it has one clause only, or too many.
    public let texts: [String]

    /// - Parameters:
    ///   - joints: words that join two requests, such as "and"; empty splits at punctuation alone.
    ///   - isBeginning: whether what stands before a joint says nothing by itself, so that it is none: 和 in 我不想和客服说话 is "with".
    public init(_ text: String, joints: [String] = [], isBeginning: (String) -> Bool = { _ in false }) {
        let scalars = Array(text.unicodeScalars)
        guard scalars.count <= Self.lengthLimit else {
            texts = [text]
            return
        }
        let clauses = Self.split(scalars, isBreak: Self.isBreak)
        let parts = clauses.flatMap { Self.split($0, at: joints, isBeginning) }
        for candidate in [parts, clauses, Self.split(scalars, isBreak: Self.isSentenceEnd)]
        where candidate.count <= Self.limit && candidate.count > 1 {
            texts = candidate.map { String(String.UnicodeScalarView($0)) }
            return
        }
        texts = [text]
    }

    /// Its sentences, trimmed; the whole text where it has one only, or too many.
    public static func sentences(of text: String) -> [String] {
        let scalars = Array(text.unicodeScalars)
        guard scalars.count <= lengthLimit else { return [text] }
        let sentences = split(scalars, isBreak: isSentenceEnd)
        return (2...limit).contains(sentences.count) ? sentences.map { String(String.UnicodeScalarView($0)) } : [text]
    }

    private static func split(
        _ scalars: [Unicode.Scalar], isBreak: ([Unicode.Scalar], Int) -> Bool
    ) -> [[Unicode.Scalar]] {
        var clauses: [[Unicode.Scalar]] = []
        var current: [Unicode.Scalar] = []
        for index in scalars.indices {
            if isBreak(scalars, index) {
                // The mark stays with what it ends: a question is one by its mark.
                if isQuestionMark(scalars[index]) { current.append(scalars[index]) }
                clauses.append(current)
                current = []
            } else {
                current.append(scalars[index])
            }
        }
        clauses.append(current)
        return clauses.map(trimmed).filter {
            $0.contains { $0.properties.isAlphabetic || $0.properties.numericType != nil }
        }
    }

    private static func isQuestionMark(_ scalar: Unicode.Scalar) -> Bool { scalar == "?" || scalar == "？" }

    private static func isSentenceEnd(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
        switch scalars[index] {
        case "!", "?", "…", "。", "！", "？", "\n": true
        case ".": isFree(scalars, index)
        default: false
        }
    }

    private static func isBreak(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
        if isSentenceEnd(scalars, index) { return true }
        switch scalars[index] {
        case "，", "；", "：", "、", ";", "~", "～", "—", "–", "(", ")", "（", "）": return true
        case ",", ":": return isFree(scalars, index)
        // Chinese has no spaces between words: one stands for a comma.
        case " ", "\u{3000}":
            return index > 0 && index + 1 < scalars.count && SearchTerms.isCJK(scalars[index - 1])
                && SearchTerms.isCJK(scalars[index + 1])
        // A hyphen between spaces is a dash.
        case "-": return isFree(scalars, index) && (index == 0 || scalars[index - 1].properties.isWhitespace)
        default: return false
        }
    }

    /// Whether a mark does not stand inside a number, a time, an address or an abbreviation.
    private static func isFree(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
        guard index + 1 < scalars.count else { return true }
        let next = scalars[index + 1]
        return next.properties.isWhitespace || SearchTerms.isCJK(next) || next == "."
    }

    /// Splits at each joint that has something to say on both of its sides; one at the beginning is left out.
    private static func split(
        _ clause: [Unicode.Scalar], at joints: [String], _ isBeginning: (String) -> Bool
    ) -> [[Unicode.Scalar]] {
        guard !joints.isEmpty else { return [clause] }
        let lower = clause.map { $0.properties.lowercaseMapping.unicodeScalars.first ?? $0 }
        var starts: [(place: Int, length: Int)] = []
        for joint in joints {
            let words = Array(joint.lowercased().unicodeScalars)
            guard !words.isEmpty, words.count < lower.count else { continue }
            let isSpaced = words.last.map { !SearchTerms.isCJK($0) } ?? true
            for start in 0..<(lower.count - words.count + 1) {
                guard lower[start] == words[0], lower[start..<start + words.count].elementsEqual(words) else {
                    continue
                }
                let end = start + words.count
                if isSpaced {
                    guard start == 0 || lower[start - 1].properties.isWhitespace, end < lower.count,
                        lower[end].properties.isWhitespace
                    else { continue }
                }
                starts.append((start, words.count))
            }
        }
        var parts: [[Unicode.Scalar]] = []
        var from = 0
        for joint in starts.sorted(by: { ($0.place, -$0.length) < ($1.place, -$1.length) }) where joint.place >= from {
            if joint.place == from, letters(Array(clause[(from + joint.length)...])) >= leastLetters {
                from += joint.length
                continue
            }
            let before = Array(clause[from..<joint.place])
            let after = Array(clause[(joint.place + joint.length)...])
            guard letters(before) >= leastLetters, letters(after) >= leastLetters,
                !isBeginning(String(String.UnicodeScalarView(trimmed(before))))
            else { continue }
            parts.append(trimmed(before))
            from = joint.place + joint.length
        }
        parts.append(trimmed(Array(clause[from...])))
        return parts
    }

    private static func letters(_ scalars: [Unicode.Scalar]) -> Int { scalars.count { $0.properties.isAlphabetic } }

    private static func trimmed(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
        let start = scalars.firstIndex { !$0.properties.isWhitespace } ?? scalars.endIndex
        let end = scalars.lastIndex { !$0.properties.isWhitespace }.map { $0 + 1 } ?? start
        return Array(scalars[start..<max(start, end)])
    }
}
