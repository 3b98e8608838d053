package import ConversationDomain

/// A sentence with its meaning and its language.
package struct KnownSentence: Hashable, Sendable {
    package let text: String
    let locale: BotLocale
    package let intent: IntentName

    package init(text: String, locale: BotLocale, intent: IntentName) {
        self.text = text
        self.locale = locale
        self.intent = intent
    }
}

/// Sentences of a bot's own with their embeddings: what a label is measured on.
package struct KnownSentences: Sendable {
    /// The most sentences that are looked at; of more, an even spread.
    static let limit = 5_000

    package let sentences: [KnownSentence]
    /// One a sentence, of norm 1.
    package let embeddings: [[Float]]

    package init(sentences: [KnownSentence], embeddings: [[Float]]) {
        self.sentences = sentences
        self.embeddings = embeddings
    }

    /// An even spread of `all` when they are too many.
    package static func chosen(_ all: [KnownSentence]) -> [KnownSentence] {
        spread(all.count, limit: limit).map { all[$0] }
    }

    /// At most `limit` of the numbers below `count`, evenly spread.
    package static func spread(_ count: Int, limit: Int) -> [Int] {
        Array(stride(from: 0, to: count, by: max(1, (count + limit - 1) / max(1, limit))))
    }
}

extension BotContent {
    package func sentences(where isWanted: (Example) -> Bool) -> [KnownSentence] {
        intents.flatMap { intent in
            intent.examples.filter(isWanted).map {
                KnownSentence(text: $0.text, locale: $0.locale, intent: intent.name)
            }
        }
    }

    /// The examples that came from the review queue.
    package var labels: [KnownSentence] { sentences { $0.origin == .review } }
}
