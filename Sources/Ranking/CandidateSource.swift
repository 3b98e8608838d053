import ConversationDomain
import IntentModel
import Wording

/// The sentences of a bot's content by what they ask for.
struct CandidateSource: Sendable {
    struct Item: Hashable, Sendable {
        let subject: Candidate.Subject
        /// Of knowledge.
        let locale: BotLocale?
        var sentences: [String]
        /// What an entry answers; its words are looked at too.
        var answer = ""
    }

    /// The sentences of a passage, by which it is quoted; the search finds it.
    struct Passage: Hashable, Sendable {
        let id: KnowledgeID
        let locale: BotLocale
        let sentences: [String]
    }

    var candidates: [Item] = []
    var passages: [Passage] = []
    /// What the owner, or a label of the review queue, called out of scope.
    var foreign: [String] = []
    /// Sentences of each speech act, those of the intents that stand for one among them.
    var acts: [SpeechAct: [String]] = [:]
    var actIntents: [SpeechAct: IntentName] = [:]
    /// How each intent is turned down, see ``RefusalTwins``.
    var refusals: [IntentName: [String]] = [:]
    var negations = PhraseMatcher([])

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
            } else if let act = intent.act {
                acts[act, default: []] += sentences
                actIntents[act] = intent.name
            } else {
                candidates.append(Item(subject: .intent(intent.name), locale: nil, sentences: sentences))
            }
        }
        for entry in content.knowledge where entry.isPassage {
            passages.append(Passage(id: entry.id, locale: entry.locale, sentences: entry.plainSentences))
        }
        for entry in content.knowledge where !entry.isPassage {
            candidates.append(
                Item(
                    subject: .knowledge(entry.id), locale: entry.locale, sentences: entry.questions,
                    answer: entry.answer))
        }
        for (act, sentences) in content.actSentences { acts[act, default: []] += sentences }
        refusals = RefusalTwins(phrases: content.phrases).twins(of: content.intents)
        negations = PhraseMatcher(content.phrases.flatMap(\.negations))
    }

    /// All sentences that vectors are needed of, but for those of the libraries.
    func texts(beside libraries: [SentencePack]) -> [String] {
        let own = acts.values.flatMap(\.self).filter { text in libraries.allSatisfy { $0.row(of: text) == nil } }
        return candidates.flatMap(\.sentences) + foreign + own + refusals.values.flatMap(\.self)
            + passages.flatMap(\.sentences)
    }
}
