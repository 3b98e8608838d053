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
}
