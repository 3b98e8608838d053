public import ConversationDomain

/// The content that is live now; a cheap snapshot that a turn reads once.
public protocol LiveContent: Sendable {
    func current() -> ContentSnapshot
}

/// The live content, indexed for a turn.
public struct ContentSnapshot: Sendable {
    public let revision: Int64
    public let content: BotContent
    public let intents: [IntentName: Intent]
    public let knowledge: [KnowledgeID: KnowledgeEntry]
    /// Those of the content, commonest first, then those that it has phrases in of the same languages.
    public let locales: [BotLocale]
    /// Those that there are knowledge entries in.
    public let knowledgeLocales: [BotLocale]
    public let phrases: PhraseBook

    public init(revision: Int64, content: BotContent) {
        self.revision = revision
        self.content = content
        knowledge = Dictionary(content.knowledge.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        knowledgeLocales = Set(content.knowledge.map(\.locale)).sorted()
        intents = Dictionary(content.intents.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let spoken = content.locales
        // A visitor who writes traditional characters is answered in them as far as there are words.
        locales =
            spoken
            + content.phrases.map(\.locale).filter { locale in
                !spoken.contains(locale) && spoken.contains { $0.language == locale.language }
            }
        phrases = PhraseBook(content.phrases, content: content)
    }
}
