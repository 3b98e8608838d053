import ConversationDomain

/// A sentence with its meaning and its language.
struct KnownSentence: Hashable, Sendable {
    let text: String
    let locale: BotLocale
    let intent: IntentName
}

/// Sentences of a bot's own with their embeddings: what a label is measured on.
struct KnownSentences: Sendable {
    /// The most sentences that are looked at; of more, an even spread.
    static let limit = 5_000

    let sentences: [KnownSentence]
    /// One a sentence, of norm 1.
    let embeddings: [[Float]]

    /// An even spread of `all` when they are too many.
    static func chosen(_ all: [KnownSentence]) -> [KnownSentence] { spread(all.count, limit: limit).map { all[$0] } }

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
