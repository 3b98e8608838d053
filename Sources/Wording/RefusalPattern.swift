import ConversationDomain

/// How something is turned down or denied, from the content's phrases: "please don't {}", where {} is its name, or
/// "{}{1}了 = {}没{1}", which turns a sentence that ends so into its opposite, {1} being the last character before the ending; "I want
/// to {} = I don't want to {}" takes sentences that begin so.
public struct RefusalPattern: Sendable {
    private let template: String
    /// What a sentence must begin and end with; both are empty for a pattern that takes names.
    private let beginning: String
    private let ending: String
    /// Whether the last character before the ending has a place of its own.
    private let takesLast: Bool

    /// Nil for what is no such pattern.
    public init?(_ text: String) {
        let sides = text.split(separator: " = ", maxSplits: 1).map(String.init)
        func count(_ part: String, in text: String) -> Int {
            text.split(separator: part, omittingEmptySubsequences: false).count - 1
        }
        guard count("{}", in: sides.last ?? "") == 1 else { return nil }
        template = sides[sides.count - 1]
        guard sides.count == 2 else {
            (beginning, ending, takesLast) = ("", "", false)
            return
        }
        let parts = sides[0].split(separator: "{}", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { return nil }
        takesLast = parts[1].hasPrefix("{1}")
        (beginning, ending) = (parts[0], takesLast ? String(parts[1].dropFirst("{1}".count)) : parts[1])
        if beginning.isEmpty && ending.isEmpty || count("{1}", in: template) != (takesLast ? 1 : 0) { return nil }
    }

    /// Whether it takes whole sentences and not names.
    public var isForSentences: Bool { !beginning.isEmpty || !ending.isEmpty }

    /// Nil for a sentence that does not end as the pattern wants, or has nothing before it.
    public func refusal(of name: String) -> String? {
        guard isForSentences else { return template.replacing("{}", with: name) }
        guard name.hasPrefix(beginning), name.hasSuffix(ending), name.count > beginning.count + ending.count else {
            return nil
        }
        let rest = name.dropFirst(beginning.count).dropLast(ending.count)
        guard takesLast else { return template.replacing("{}", with: rest) }
        guard rest.count > 1, let last = rest.last else { return nil }
        return template.replacing("{1}", with: String(last)).replacing("{}", with: rest.dropLast())
    }
}
