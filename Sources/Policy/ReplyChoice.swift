import ConversationDomain
import Wording

/// What may be said to a message, by expected worth.
///
/// A right reply is worth 1 and a wrong one costs τ ÷ (1 − τ), where τ is the probability from which the owner's target
/// precision is kept, so that a reply of probability p is worth giving from p ≥ τ on. Asking back costs the visitor a step: it is
/// worth ½ when one of what is offered is meant and costs ¼ when none is. It is therefore done between things of which one is
/// probably meant, and instead of an answer that has a close rival.
struct ReplyChoice {
    private let understanding: MessageUnderstanding
    private let input: PolicyInput
    /// Those of the candidates that can be said in the conversation's language, most probable first.
    private let sayable: [Candidate]

    /// The least probability of what is offered.
    static let leastLikely = 0.15
    /// The least probability of an entry that is shown with others beside it, and how far it leads the next.
    static let leastShown = 0.35
    static let lead = 1.3
    /// The least probability of an entry that is offered beside the one that is shown.
    static let leastBeside = 0.1
    /// The least probability of what a long message is about, and how far it leads the next.
    static let leastOfStory = 0.4
    static let storyLead = 4.0
    /// The least probability of what a message with a value is about, and how far it leads the next.
    static let leastOfValue = 0.4
    static let valueLead = 2.0
    /// The most that is offered at once.
    static let offerLimit = 3
    /// What asking back is worth when one of what is offered is meant, and what it costs when none is.
    static let askedRightly = 0.5
    static let askedInVain = 0.25

    init(_ understanding: MessageUnderstanding, _ input: PolicyInput) {
        self.understanding = understanding
        self.input = input
        sayable = understanding.candidates.filter { candidate in
            guard case .intent(let name) = candidate.subject else { return input.canSay(candidate.subject) }
            return input.canSay(candidate.subject) && !understanding.refused.contains(name)
        }
    }

    /// The most probable of what can be said.
    var best: Candidate? { sayable.first }

    /// What is to be acted on unasked; nil when nothing is probable enough.
    var winner: Candidate.Subject? {
        if let best = sayable.first, best.probability >= threshold(of: best) { return best.subject }
        // An intent that has nothing to say here gives way to all that has; by itself it is at least understood.
        guard let best = understanding.candidates.first, case .intent(let name) = best.subject, name != .outOfScope,
            !understanding.refused.contains(name), input.intents[name] != nil, best.probability >= threshold(of: best)
        else { return nil }
        return best.subject
    }

    /// An entry that is shown although another may be meant, with the next ones to choose from: it is probable enough that one
    /// of the entries is meant, and it leads them. What is right is then read, or one step away.
    var likeliestEntry: (best: KnowledgeID, others: [Candidate.Subject])? {
        guard let best = sayable.first, case .knowledge(let id) = best.subject, best.probability >= Self.leastShown,
            let threshold = understanding.answerThreshold
        else { return nil }
        let next = sayable.dropFirst().first?.probability ?? 0
        let entries = sayable.filter { if case .knowledge = $0.subject { true } else { false } }
        guard best.probability >= Self.lead * next, entries.reduce(0, { $0 + $1.probability }) >= threshold else {
            return nil
        }
        let others = entries.dropFirst().filter { $0.probability >= Self.leastBeside }.prefix(Self.offerLimit - 1)
        return (id, others.map(\.subject))
    }

    /// What a story leads to: the sentences around the request belong to no example and lower its probability, not its lead.
    var leaderOfStory: Candidate.Subject? {
        guard let best = sayable.first, best.probability >= Self.leastOfStory, understanding.answerThreshold != nil,
            best.probability >= Self.storyLead * (sayable.dropFirst().first?.probability ?? 0)
        else { return nil }
        return best.subject
    }

    /// What leads the others by far, though it is not sure.
    var leader: Candidate.Subject? {
        guard let best = sayable.first, best.probability >= Self.leastOfValue, understanding.answerThreshold != nil,
            best.probability >= Self.valueLead * (sayable.dropFirst().first?.probability ?? 0)
        else { return nil }
        return best.subject
    }

    /// What a message with a value leads to: that it names an order speaks for the intents that are about one.
    var leaderOfValue: Candidate.Subject? {
        guard let leader, case .intent(let name) = leader, let intent = input.intents[name],
            intent.slots.contains(where: { slot in understanding.entities.contains { $0.entity == slot.entity } })
        else { return nil }
        return leader
    }

    /// Two or three of which one is probably meant; empty when there are none such.
    var likely: [Candidate.Subject] { offer.map(\.subject) }

    /// The rivals to ask between although the best of them is probable enough to be acted on; empty when acting on it is worth
    /// more. An entry is shown all the same: what is right is then read, or one step away.
    var rivals: [Candidate.Subject] {
        guard let best = sayable.first, case .intent = best.subject else { return [] }
        let offered = offer
        let threshold = threshold(of: best)
        guard !offered.isEmpty, threshold < 1 else { return [] }
        let probability = offered.reduce(0) { $0 + $1.probability }
        // A value that was given lately speaks for the only one of them that needs it.
        if takesKnown(best.subject), !offered.dropFirst().contains(where: { takesKnown($0.subject) }) { return [] }
        let asking = Self.askedRightly * probability - Self.askedInVain * (1 - probability)
        let acting = best.probability - threshold / (1 - threshold) * (1 - best.probability)
        return asking > acting ? offered.map(\.subject) : []
    }

    func takesKnown(_ subject: Candidate.Subject) -> Bool {
        guard case .intent(let name) = subject, let intent = input.intents[name] else { return false }
        return intent.slots.contains { slot in
            guard let value = input.state.heard[slot.entity.rawValue] else { return false }
            return input.state.turn - value.turn <= DialogueState.topicTurns
        }
    }

    private var offer: ArraySlice<Candidate> {
        let offered = sayable.filter { $0.probability >= Self.leastLikely && input.canOffer($0.subject) }
            .prefix(Self.offerLimit)
        let sum = offered.reduce(0) { $0 + $1.probability }
        return offered.count > 1 && sum >= input.snapshot.content.settings.askBack ? offered : []
    }

    private func threshold(of candidate: Candidate) -> Double {
        if let threshold = understanding.answerThreshold { return threshold }
        // Where intents have thresholds of their own, that of the top one was measured.
        if let top = understanding.top, candidate.subject == .intent(top.intent) { return understanding.threshold }
        return input.snapshot.content.settings.targetPrecision
    }
}

extension PolicyInput {
    /// Whether the content has something to say to it in the conversation's language and on its channel.
    func canSay(_ subject: Candidate.Subject) -> Bool {
        switch subject {
        case .intent(.agentRequest): true
        case .intent(.outOfScope): false
        case .intent(let name):
            intents[name]?.answers.contains { answer in
                answer.condition.allows(locale: locale, channel: channel)
                    && locale.nearest(in: answer.text.keys.sorted()) != nil
            } ?? false
        case .knowledge(let id):
            snapshot.knowledge[id].map { entry in
                // Who has entries in their own language is not shown those of others.
                let isOfLocale = locale.nearest(in: snapshot.knowledgeLocales).map { $0 == entry.locale } ?? true
                return isOfLocale && entry.answer.contains { !$0.isWhitespace }
            } ?? false
        }
    }

    /// Whether a button can stand for it: an intent needs a title, an entry has its question.
    func canOffer(_ subject: Candidate.Subject) -> Bool {
        switch subject {
        case .intent(.agentRequest), .knowledge: true
        case .intent(let name): intents[name]?.title.isEmpty == false
        }
    }
}
