public import ConversationDomain

/// Sentences of one language that the program brings and that belong to no bot: their vectors depend on the encoder alone and are
/// kept with it.
public struct PhraseLibrary: Sendable {
    public enum Part: String, Sendable, CaseIterable {
        /// Dangers, and harmless talk in the same words: a bot hears them in every language that it has phrases in.
        case dangers
        /// Other speech acts, which a bot hears in the languages that it speaks.
        case acts

        public func contains(_ act: SpeechAct) -> Bool { (act.isDanger || act == .harmless) == (self == .dangers) }
    }

    public let locale: BotLocale
    public let part: Part
    /// Another one for other sentences.
    public let id: String
    /// Read when there are no vectors of them yet.
    public let sentences: @Sendable () -> [String]

    public init(locale: BotLocale, part: Part, id: String, sentences: @escaping @Sendable () -> [String]) {
        self.locale = locale
        self.part = part
        self.id = id
        self.sentences = sentences
    }
}

extension BotContent {
    /// The languages that speech acts other than dangers are told in: those of examples and answers, and English where one of them has
    /// no phrases.
    private var heardLanguages: Set<String> {
        let spoken = Set(locales.map(\.language))
        guard !spoken.isEmpty else { return Set(phrases.map(\.locale.language)) }
        return spoken.isSubset(of: phrases.map(\.locale.language)) ? spoken : spoken.union(["en"])
    }

    /// The sentences by which speech acts are told.
    var actSentences: [(act: SpeechAct, sentences: [String])] {
        let heard = heardLanguages
        return phrases.flatMap { phrases in
            phrases.acts.filter { act, _ in
                PhraseLibrary.Part.dangers.contains(act) || heard.contains(phrases.locale.language)
            }.map { (act: $0.key, sentences: $0.value) }
        }
    }

    /// Those of `libraries` that this bot's speech acts are told by.
    func used(of libraries: [PhraseLibrary]) -> [PhraseLibrary] {
        let (heard, locales) = (heardLanguages, Set(phrases.map(\.locale)))
        return libraries.filter {
            locales.contains($0.locale) && ($0.part == .dangers || heard.contains($0.locale.language))
        }
    }
}
