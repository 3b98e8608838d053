public import ConversationDomain

/// Messages that nothing of a bot answers, as embeddings: the background that passages are judged by.
public struct ForeignMessages: Sendable {
    public static let none = ForeignMessages(texts: [], embedding: { _ in nil })

    private let texts: [String]
    private let embedding: @Sendable (String) -> [Float]?

    /// - Parameter embedding: of a text as a customer's message, of norm 1; nil leaves it out.
    public init(texts: [String], embedding: @escaping @Sendable (String) -> [Float]?) {
        (self.texts, self.embedding) = (texts, embedding)
    }

    /// Those in the script of a language, evenly spread over all.
    func embeddings(for locale: BotLocale?) -> [[Float]] {
        let isCJK = locale.map(Self.isCJK) ?? false
        let own = texts.filter { $0.unicodeScalars.contains(where: SearchTerms.isCJK) == isCJK }
        let step = max(1, (own.count + PassageScale.most - 1) / PassageScale.most)
        return stride(from: 0, to: own.count, by: step).compactMap { embedding(own[$0]) }
    }

    /// Whether a language is written in Han characters, kana or Hangul.
    public static func isCJK(_ locale: BotLocale) -> Bool { ["zh", "ja", "ko"].contains(locale.language) }
}
