/// A language tag (BCP 47), normalised to lower-case language and upper-case region: `en`, `zh`, `zh-TW`.
public struct BotLocale: ComparedByBytes, Sendable, Codable, CodingKeyRepresentable, CustomStringConvertible {
    public let rawValue: String

    /// Nil when the text is not a plausible language tag (at most 35 characters of letters, digits and hyphens).
    public init?(_ text: String) {
        guard text.utf8.count <= 35 else { return nil }
        let parts = text.replacing("_", with: "-").split(separator: "-", omittingEmptySubsequences: false)
        guard let language = parts.first, (2...3).contains(language.utf8.count),
            language.utf8.allSatisfy({ (65...90).contains($0) || (97...122).contains($0) }),
            parts.dropFirst().allSatisfy({ part in
                (1...8).contains(part.utf8.count)
                    && part.utf8.allSatisfy {
                        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
                    }
            })
        else { return nil }
        let rest = parts.dropFirst().map { $0.utf8.count == 2 ? $0.uppercased() : String($0) }
        rawValue = ([language.lowercased()] + rest).joined(separator: "-")
    }

    /// Takes a value that is known to be well formed (a literal, or from the store).
    public init(trusted rawValue: String) { self.rawValue = rawValue }

    public static let english = BotLocale(trusted: "en")
    public static let chinese = BotLocale(trusted: "zh")

    /// The language alone: `zh` for `zh-CN`.
    public var language: String {
        rawValue.utf8.firstIndex(of: UInt8(ascii: "-")).map { String(rawValue[..<$0]) } ?? rawValue
    }

    /// The nearest of the locales that a bot has: the same tag, else the same language, if possible in the same script, else nil.
    public func nearest(in available: [BotLocale]) -> BotLocale? {
        if let same = available.first(where: { $0 == self }) { return same }
        let related = available.filter { $0.language == language }
        guard related.count > 1 else { return related.first }
        let alike = related.filter { $0.script == script }
        return (alike + related).first { $0.rawValue == language && (alike.isEmpty || $0.script == script) }
            ?? alike.first ?? related.first
    }

    /// The script that the tag names, or that its region writes Chinese in; nil where the language has but one.
    private var script: String? {
        let parts = rawValue.split(separator: "-").dropFirst()
        if let named = parts.first(where: { $0.utf8.count == 4 && $0.utf8.allSatisfy { $0 > 0x40 } }) {
            return named.lowercased()
        }
        guard language == BotLocale.chinese.language else { return nil }
        return parts.contains { ["TW", "HK", "MO"].contains($0) } ? "hant" : "hans"
    }

    public var description: String { rawValue }

    // A dictionary by locale is a JSON object, not an array of pairs.
    public var codingKey: any CodingKey { LocaleKey(stringValue: rawValue) }
    public init?<Key: CodingKey>(codingKey: Key) { self.init(codingKey.stringValue) }

    private struct LocaleKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let locale = BotLocale(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not a language tag: \(text)"))
        }
        self = locale
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}
