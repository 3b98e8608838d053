import ConversationDomain
import Understanding

/// The sentences of a bot's content by what they ask for.
struct CandidateSource: Hashable, Sendable {
    struct Item: Hashable, Sendable {
        let subject: Candidate.Subject
        /// Of knowledge.
        let locale: BotLocale?
        var sentences: [String]
        /// What an entry answers; its words are looked at too.
        var answer = ""
    }

    var candidates: [Item] = []
    /// What the owner, or a label of the review queue, called out of scope.
    var foreign: [String] = []

    init(candidates: [Item], foreign: [String] = []) {
        self.candidates = candidates
        self.foreign = foreign
    }

    init(_ content: BotContent) {
        for intent in content.intents {
            // Without examples its name and description stand for it, as in a training.
            let sentences =
                intent.examples.isEmpty
                ? LabelledText.hints(of: intent).map(\.text) : intent.examples.map(\.text)
            if intent.name == .outOfScope {
                foreign += sentences
            } else {
                candidates.append(Item(subject: .intent(intent.name), locale: nil, sentences: sentences))
            }
        }
        for entry in content.knowledge {
            candidates.append(
                Item(
                    subject: .knowledge(entry.id), locale: entry.locale, sentences: entry.questions,
                    answer: entry.answer))
        }
    }

    var texts: [String] { candidates.flatMap(\.sentences) + foreign }
}
