import Foundation

/// How something is turned down or denied, from the content's phrases: "(please |)don't {}", where {} is its name and parentheses
/// hold what may stand in their place, or "{}{1}了 = {}没{1}", which turns a sentence that ends so into its opposite, {1} being the
/// last character before the ending.
public struct RefusalPattern: Sendable {
    /// Texts of which one stands there.
    private typealias Part = [String]

    private let before: [Part]
    /// For sentences, from {1} on.
    private let after: [Part]
    /// What a sentence must end with; empty for a pattern that takes names.
    private let ending: String

    /// UTF-8 bytes of a pattern, its parentheses, and the alternatives of one.
    private static let longest = 1_000
    private static let mostGroups = 8
    private static let mostAlternatives = 48

    /// Nil for what is no such pattern.
    public init?(_ text: String) {
        guard text.utf8.count <= Self.longest else { return nil }
        let sides = text.split(separator: " = ", maxSplits: 1).map(String.init)
        func count(_ part: String, in text: String) -> Int {
            text.split(separator: part, omittingEmptySubsequences: false).count - 1
        }
        let template: String
        switch sides.count {
        case 1 where count("{}", in: text) == 1: (template, ending) = (text, "")
        case 2 where sides[0].hasPrefix("{}{1}") && count("{}", in: sides[1]) == 1 && count("{1}", in: sides[1]) == 1:
            ending = String(sides[0].dropFirst("{}{1}".count))
            template = sides[1]
            if ending.isEmpty { return nil }
        default: return nil
        }
        guard let place = template.range(of: "{}"), let before = Self.parts(template[..<place.lowerBound]),
            let after = Self.parts(template[place.upperBound...])
        else { return nil }
        (self.before, self.after) = (before, after)
    }

    /// Nil where parentheses are not closed, are nested, or hold too much.
    private static func parts(_ text: Substring) -> [Part]? {
        var parts: [Part] = []
        var rest = text
        while let open = rest.firstIndex(of: "(") {
            guard let close = rest[open...].firstIndex(of: ")") else { return nil }
            let inside = rest[rest.index(after: open)..<close]
            let alternatives = inside.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            guard !inside.contains("("), alternatives.count <= mostAlternatives, parts.count < 2 * mostGroups else {
                return nil
            }
            if open > rest.startIndex { parts.append([String(rest[..<open])]) }
            parts.append(alternatives)
            rest = rest[rest.index(after: close)...]
        }
        guard !rest.contains(")") else { return nil }
        return rest.isEmpty ? parts : parts + [[String(rest)]]
    }

    /// Whether it takes whole sentences and not names.
    public var isForSentences: Bool { !ending.isEmpty }

    /// With the first of what may stand in each place. Nil for a sentence that does not end as the pattern wants, or has nothing
    /// before it.
    public func refusal(of name: String) -> String? {
        let (before, after) = (Self.first(of: before), Self.first(of: after))
        guard isForSentences else { return before + name + after }
        guard name.hasSuffix(ending) else { return nil }
        let rest = name.dropLast(ending.count)
        guard rest.count > 1, let last = rest.last else { return nil }
        return before + rest.dropLast() + after.replacing("{1}", with: String(last))
    }

    private static func first(of parts: [Part]) -> String { parts.map { $0.first ?? "" }.joined() }

    /// What a text that is built by this pattern turns down or denies, said without it: "cancel it" of "please don't cancel it",
    /// 东西碎了 of 东西没碎. Nil for any other text. Case, kinds of apostrophes, and marks at the end do not count.
    public func denied(in text: String) -> String? {
        let text = Self.plain(text)
        guard let start = Self.ends(of: before, in: text[...]).max() else { return nil }
        let rest = text[start...]
        guard isForSentences else {
            // The longest of what may follow it.
            let end = rest.indices.dropFirst(2).first { Self.ends(of: after, in: rest[$0...]).contains(rest.endIndex) }
            if let end { return String(rest[..<end]) }
            return Self.ends(of: after, in: rest[rest.endIndex...]).isEmpty || rest.count < 2 ? nil : String(rest)
        }
        let denial = Self.first(of: after)
        guard let one = denial.range(of: "{1}"), rest.hasSuffix(denial[one.upperBound...]) else { return nil }
        var sentence = rest.dropLast(denial[one.upperBound...].count)
        guard let last = sentence.popLast(), sentence.hasSuffix(denial[..<one.lowerBound]) else { return nil }
        sentence = sentence.dropLast(denial[..<one.lowerBound].count)
        return sentence.count > 1 ? String(sentence) + String(last) + ending : nil
    }

    /// Whether the text is this refusal of nothing: "I don't want to".
    public func isBare(_ text: String) -> Bool {
        guard !isForSentences else { return false }
        let text = Self.plain(text)
        return Self.ends(of: before + after, in: text[...]).contains { text[$0...].allSatisfy(\.isWhitespace) }
    }

    /// Where the parts, one after the other from the text's start on, can end.
    private static func ends(of parts: [Part], in text: Substring) -> Set<String.Index> {
        parts.reduce(into: [text.startIndex]) { ends, part in
            ends = Set(
                ends.flatMap { start in
                    part.compactMap { option in
                        let option = plain(option, keepsEnd: true)
                        return text[start...].hasPrefix(option) ? text.index(start, offsetBy: option.count) : nil
                    }
                })
        }
    }

    private static func plain(_ text: some StringProtocol, keepsEnd: Bool = false) -> String {
        var plain = text.lowercased().replacing("’", with: "'")
        while !keepsEnd, let last = plain.last, !last.isLetter, !last.isNumber { plain.removeLast() }
        return plain
    }
}
