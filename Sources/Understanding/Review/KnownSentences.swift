import ConversationDomain

/// A sentence with its meaning and its language.
struct KnownSentence: Hashable, Sendable {
    let text: String
    let locale: BotLocale
    let intent: IntentName
}

/// Sentences of the bot's own with their embeddings: what a label is measured on.
struct KnownSentences: Sendable {
    /// The most sentences that are looked at; of more, an even spread.
    static let limit = 5_000

    let sentences: [KnownSentence]
    /// One a sentence, of norm 1.
    let embeddings: [[Float]]

    /// The examples of `content`, their embeddings from the cache where training has left them.
    /// - Parameter limit: the most that are taken.
    init(_ content: BotContent, limit: Int = limit, embedder: CachedEmbedder) async throws {
        let all = content.sentences { _ in true }
        sentences = Self.spread(all.count, limit: limit).map { all[$0] }
        embeddings = try await embedder.embed(sentences.map { MaskedText.masking($0.text) }, as: .query)
    }

    init(sentences: [KnownSentence], embeddings: [[Float]]) {
        self.sentences = sentences
        self.embeddings = embeddings
    }

    /// At most `limit` of the numbers below `count`, evenly spread.
    static func spread(_ count: Int, limit: Int) -> [Int] {
        Array(stride(from: 0, to: count, by: max(1, (count + limit - 1) / max(1, limit))))
    }
}

extension BotContent {
    func sentences(where isWanted: (Example) -> Bool) -> [KnownSentence] {
        intents.flatMap { intent in
            intent.examples.filter(isWanted).map {
                KnownSentence(text: $0.text, locale: $0.locale, intent: intent.name)
            }
        }
    }

    /// The examples that came from the review queue.
    var labels: [KnownSentence] { sentences { $0.origin == .review } }
}
