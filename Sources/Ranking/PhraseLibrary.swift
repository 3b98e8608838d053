public import ConversationDomain

/// Sentences of one language that the program brings and that belong to no bot: their vectors depend on the encoder alone and are
/// kept with it. A bot uses those of the languages that it speaks.
public struct PhraseLibrary: Sendable {
    public let locale: BotLocale
    /// Another one for other sentences.
    public let id: String
    /// Read when there are no vectors of them yet.
    public let sentences: @Sendable () -> [String]

    public init(locale: BotLocale, id: String, sentences: @escaping @Sendable () -> [String]) {
        self.locale = locale
        self.id = id
        self.sentences = sentences
    }
}

extension BotContent {
    /// The phrases by which speech acts are told: of the languages that the bot speaks, and English ones where it speaks one that
    /// there are no phrases in.
    var actPhrases: [Phrases] {
        let spoken = Set(locales.map(\.language))
        let own = phrases.filter { spoken.contains($0.locale.language) }
        guard !spoken.isEmpty, spoken.isSubset(of: own.map(\.locale.language)) else {
            return spoken.isEmpty
                ? phrases : phrases.filter { spoken.contains($0.locale.language) || $0.locale.language == "en" }
        }
        return own
    }
}
