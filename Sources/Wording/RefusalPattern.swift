import Foundation

/// How something is turned down or denied, from the content's phrases: "please don't {}", where {} is its name, or
/// "{}{1}了 = {}没{1}", which turns a sentence that ends so into its opposite, {1} being the last character before the ending.
public struct RefusalPattern: Sendable {
    private let template: String
    /// What a sentence must end with; empty for a pattern that takes names.
    private let ending: String

    /// Nil for what is no such pattern.
    public init?(_ text: String) {
        let sides = text.split(separator: " = ", maxSplits: 1).map(String.init)
        func count(_ part: String, in text: String) -> Int {
            text.split(separator: part, omittingEmptySubsequences: false).count - 1
        }
        switch sides.count {
        case 1 where count("{}", in: text) == 1:
            (template, ending) = (text, "")
        case 2 where sides[0].hasPrefix("{}{1}") && count("{}", in: sides[1]) == 1 && count("{1}", in: sides[1]) == 1:
            ending = String(sides[0].dropFirst("{}{1}".count))
            template = sides[1]
            if ending.isEmpty { return nil }
        default: return nil
        }
    }

    /// Whether it takes whole sentences and not names.
    public var isForSentences: Bool { !ending.isEmpty }

    /// Nil for a sentence that does not end as the pattern wants, or has nothing before it.
    public func refusal(of name: String) -> String? {
        guard isForSentences else { return template.replacing("{}", with: name) }
        guard name.hasSuffix(ending) else { return nil }
        let rest = name.dropLast(ending.count)
        guard rest.count > 1, let last = rest.last else { return nil }
        return template.replacing("{1}", with: String(last)).replacing("{}", with: rest.dropLast())
    }

    /// What a text that is built by this pattern turns down or denies, said without it: "cancel it" of "please don't cancel it",
    /// 东西碎了 of 东西没碎. Nil for any other text. Case, kinds of apostrophes, and marks at the end do not count.
    public func denied(in text: String) -> String? {
        let text = Self.plain(text)
        guard let place = template.range(of: "{}") else { return nil }
        let before = Self.plain(template[..<place.lowerBound], keepsEnd: true)
        var after = Self.plain(template[place.upperBound...], keepsEnd: true)
        guard text.hasPrefix(before) else { return nil }
        var rest = text.dropFirst(before.count)
        var last: Character?
        if isForSentences {
            // What follows {1}, then {1} itself, then what stands before it.
            guard let one = after.range(of: "{1}") else { return nil }
            let end = after[one.upperBound...]
            guard rest.hasSuffix(end) else { return nil }
            rest = rest.dropLast(end.count)
            last = rest.popLast()
            after = String(after[..<one.lowerBound])
        }
        guard rest.hasSuffix(after) else { return nil }
        rest = rest.dropLast(after.count)
        guard rest.count > 1 else { return nil }
        return String(rest) + (last.map { String($0) + ending } ?? "")
    }

    /// How much of a text the pattern itself is, in characters.
    var weight: Int { template.count }

    private static func plain(_ text: some StringProtocol, keepsEnd: Bool = false) -> String {
        var plain = text.lowercased().replacing("’", with: "'")
        while !keepsEnd, let last = plain.last, !last.isLetter, !last.isNumber { plain.removeLast() }
        return plain
    }
}
