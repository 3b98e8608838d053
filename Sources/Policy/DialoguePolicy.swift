package import ConversationDomain
import Wording

/// Decides a turn. Pure: equal inputs give equal plans, nothing is awaited, nothing is changed.
package struct DialoguePolicy {
    package init() {}

    /// How often a slot is asked for before the bot offers another way.
    var askLimit = 2
    /// Misses in a row after which a person is offered.
    var missLimit = 2

    /// - Parameter given: with the state as the turn finds it, see ``DialogueState/opened(at:)``.
    package func decide(_ given: PolicyInput) -> TurnPlan {
        var input = given
        // A question that the content no longer has is forgotten.
        if pendingQuestion(input) == nil { input.state.dropQuestion() }
        let options = input.state.options.filter { input.canSay($0) }
        input.state.options = options
        input.state.hear(input.heard?.whole.entities ?? [])
        input.state.noteMiss(input.missedAt)
        var plan =
            switch input.content {
            case .button(let intent, let slots): pressed(intent, slots, input)
            case .knowledge(let id): pressed(id, input)
            case .text: input.heard.map { self.heard($0, input) } ?? miss(input, rule: "not_understood")
            }
        // A yes counts right after the question only.
        if !plan.asksToConfirm { plan.state.confirming = nil }
        plan.state.noteTopic(of: plan, input)
        plan.state.noteUnsettled(of: plan, input)
        return plan
    }

    private func pressed(_ name: IntentName, _ slots: [String: String], _ input: PolicyInput) -> TurnPlan {
        if name == .agentRequest {
            return handOver(input, reason: "the visitor pressed a button", rule: "agent.requested")
        }
        guard let intent = input.intents[name], name != .outOfScope else { return miss(input, rule: "button.unknown") }
        var state = input.state
        state.options = []
        for slot in intent.slots {
            guard let value = slots[slot.name.rawValue].flatMap({ self.given($0, for: slot, input) }) else { continue }
            state.slots[slot.name.rawValue] = value
        }
        // The button for "yes" after a confirmation is asked for is the intent's own.
        let isConfirmed = state.confirming == name
        return begin(intent, state: state, input, rule: isConfirmed ? "confirmed" : "button", isConfirmed: isConfirmed)
    }

    private func pressed(_ id: KnowledgeID, _ input: PolicyInput) -> TurnPlan {
        guard let entry = input.snapshot.knowledge[id] else { return miss(input, rule: "button.unknown") }
        return found(entry, input, rule: "button")
    }

    /// Danger first, then the answer to what the bot asked, then what is said by itself, then what is asked for.
    private func heard(_ heard: Heard, _ given: PolicyInput) -> TurnPlan {
        var input = given
        let acts = ActReading(heard: heard, phrases: input.phrases, intents: input.intents)
        if let danger = acts.danger { return self.danger(danger, input) }
        if let plan = ticketed(heard, acts, input) { return plan }
        if let plan = changedMind(heard, input) { return plan }
        if let plan = answered(heard, acts, input) { return plan }
        // Whatever was offered has been passed over.
        input.state.options = []
        if let plan = undone(heard, acts, input) { return plan }
        if let plan = corrected(heard, input) { return plan }
        if let plan = valueAlone(heard, input) { return plan }
        if let plan = acted(acts, input) { return plan }
        return asked(heard, input)
    }

    /// Answers when the best that can be said is probable enough, asks back between what is likely, and otherwise says that
    /// it does not know.
    func asked(_ heard: Heard, _ input: PolicyInput, changes: Bool = false) -> TurnPlan {
        let rule = changes ? "intent.changed" : "intent.accepted"
        if let plan = askedTwice(heard, input) { return plan }
        let choice = ReplyChoice(heard.reading, input)
        if let plan = besideRefusal(heard, input) { return plan }
        if let winner = choice.winner, var plan = act(on: winner, input, rule: rule) {
            let rivals = choice.rivals
            // An entry beside an answer is one step away.
            let entries = rivals.dropFirst().filter { if case .knowledge = $0 { true } else { false } }
            if rivals.count <= entries.count + 1 {
                if !entries.isEmpty { plan.sayings.append(.beside(entries)) }
                return plan
            }
            return clauseWinner(heard, input) ?? clarify(rivals, input, rule: "candidates.close")
        }
        if let likeliest = choice.likeliestEntry, let entry = input.snapshot.knowledge[likeliest.best] {
            return found(entry, input, rule: "knowledge.likeliest", others: likeliest.others)
        }
        if let clause = clauseWinner(heard, input) { return clause }
        if let leader = choice.leaderOfValue, let plan = act(on: leader, input, rule: "value.settled") { return plan }
        if heard.isStory, let leader = choice.leaderOfStory,
            let plan = act(on: leader, input, rule: "story.likeliest")
        {
            return plan
        }
        let likely = choice.likely
        if !likely.isEmpty { return clarify(likely, input, rule: "candidates.close") }
        return miss(input, rule: missRule(heard.reading, input))
    }

    private func missRule(_ understanding: MessageUnderstanding, _ input: PolicyInput) -> String {
        switch understanding.verdict {
        case .outOfScope: "out_of_scope"
        // The content may have lost the intent since the model was trained.
        case .accepted where understanding.top.map({ input.intents[$0.intent] == nil }) ?? false:
            "intent.without_content"
        case .accepted, .ambiguous, .belowThreshold: "low_confidence"
        }
    }

    /// Nil when the content has no such thing.
    /// - Parameter rule: why an intent is acted on.
    func act(on subject: Candidate.Subject, _ input: PolicyInput, rule: String = "intent.accepted") -> TurnPlan? {
        switch subject {
        case .intent(.agentRequest):
            handOver(input, reason: "the visitor asked for a person", rule: "agent.requested")
        case .intent(let name): input.intents[name].map { begin($0, state: input.state, input, rule: rule) }
        case .knowledge(let id): input.snapshot.knowledge[id].map { found($0, input, rule: "knowledge.accepted") }
        }
    }

    /// Shows an entry. An open question is asked again after it; that does not count as an attempt.
    /// - Parameter others: what is offered beside it.
    func found(
        _ entry: KnowledgeEntry, _ input: PolicyInput, rule: String, others: [Candidate.Subject] = []
    ) -> TurnPlan {
        var state = input.state.steady
        state.options = others
        let pending = pendingQuestion(input)
        return TurnPlan(
            action: .search, rule: rule, intent: pending?.intent.name, knowledge: entry.id,
            sayings: [.knowledge(input.quoting(entry), others: others)]
                + (pending.map { [.ask($0.intent.name, $0.slot.name, after: nil)] } ?? []), state: state)
    }

    /// Asking back neither counts as a miss nor ends a row of misses: the visitor has no answer yet.
    func clarify(_ subjects: [Candidate.Subject], _ input: PolicyInput, rule: String) -> TurnPlan {
        var state = input.state
        state.handoffOffered = false
        state.options = subjects
        state.asksToChoose = true
        var first: IntentName?
        if case .intent(let name)? = subjects.first { first = name }
        return TurnPlan(
            action: .clarify, rule: rule, intent: first, sayings: [.choose(.didYouMean, subjects)], state: state)
    }

    func miss(_ input: PolicyInput, rule: String) -> TurnPlan {
        var state = input.state
        state.misses += 1
        let offers = state.misses >= missLimit && input.status == .bot && !state.hasDeclinedPerson
        state.handoffOffered = offers
        state.options = []
        return TurnPlan(
            action: .fallback, rule: offers ? "miss.handoff_offered" : rule,
            sayings: [.phrase(offers ? .offerPerson : .fallback, offersPerson: offers)], state: state)
    }

    /// The bot cannot help with the intent and offers a person, or points to the one who was asked already.
    func surrender(_ intent: IntentName, _ phrase: BotPhrase, _ input: PolicyInput, rule: String) -> TurnPlan {
        var state = input.state
        state.dropQuestion()
        state.handoffOffered = input.status == .bot
        return TurnPlan(
            action: .fallback, rule: rule, intent: intent,
            sayings: [
                input.status == .bot
                    ? .phrase(phrase, offersPerson: true) : .phrase(.personAskedAlready, offersPerson: false)
            ], state: state)
    }

    /// - Parameter intent: what the decision is about.
    package func handOver(
        _ input: PolicyInput, reason: String, rule: String, intent: IntentName = .agentRequest
    ) -> TurnPlan {
        var state = input.state.steady
        state.dropQuestion()
        if input.status == .waiting {
            return TurnPlan(
                action: .handoff, rule: "agent.requested_again", intent: .agentRequest,
                sayings: [.phrase(.personAskedAlready, offersPerson: false)], state: state)
        }
        let hasAnswer = input.intents[.agentRequest]?.answers.isEmpty == false
        return TurnPlan(
            action: .handoff, rule: rule, intent: intent,
            sayings: [hasAnswer ? .answer(.agentRequest) : .phrase(.personAsked, offersPerson: false)], state: state,
            handoffReason: reason)
    }

    /// What is safe, and a person who is to look at it; no promise of when.
    private func danger(_ act: SpeechAct, _ input: PolicyInput) -> TurnPlan {
        var state = input.state.steady
        state.dropQuestion()
        return TurnPlan(
            action: .handoff, rule: act.rawValue.replacing("_", with: ".", maxReplacements: 1), sayings: [.danger(act)],
            state: state, asksForNothing: true, handoffReason: "danger: \(act.rawValue)")
    }
}

// MARK: - What is remembered

extension DialogueState {
    /// Kinds of values that are remembered, and Unicode scalars of one.
    private static let heardLimit = 16
    private static let valueLimit = 256
    /// Turns that a value which was given lives.
    static let valueTurns = 12

    /// Seconds without a message after which what was being talked about is over.
    static let idleLimit = 30 * 60

    /// As a new turn finds it: one turn later, and after a long silence without all but the variants that were used.
    /// - Parameter time: seconds since 1970.
    package func opened(at time: Int) -> DialogueState {
        let isOver = spokenAt > 0 && time - spokenAt > Self.idleLimit
        var state = isOver ? DialogueState(lastVariants: lastVariants, turn: turn, ticket: ticket) : self
        state.turn += 1
        state.spokenAt = time
        return state
    }

    /// Takes note of the values of a message, the last of each kind.
    fileprivate mutating func hear(_ entities: [Entity]) {
        heard = heard.filter { turn - $0.value.turn <= Self.valueTurns }
        for entity in entities where heard.count < Self.heardLimit || heard[entity.entity.rawValue] != nil {
            let value = String(String.UnicodeScalarView(entity.value.unicodeScalars.prefix(Self.valueLimit)))
            heard[entity.entity.rawValue] = HeardValue(value: value, turn: turn)
        }
    }

    /// Takes note of what a message that was not clear may have asked for.
    fileprivate mutating func noteUnsettled(of plan: TurnPlan, _ input: PolicyInput) {
        // A message without a word of its own leaves what was unclear before.
        if plan.rule == DialoguePolicy.valueAloneRule, !unsettled.isEmpty { return }
        unsettled = [:]
        guard [.fallback, .clarify].contains(plan.action), let reading = input.heard?.reading else { return }
        for candidate in reading.candidates.prefix(Self.unsettledLimit) {
            guard case .intent(let name) = candidate.subject, !reading.refused.contains(name) else { continue }
            let percent = Int((candidate.probability * 100).rounded())
            if percent >= Self.leastUnsettled { unsettled[name.rawValue] = percent }
        }
    }

    /// Candidates of an unclear message that are remembered, and the least percent of one.
    private static let unsettledLimit = 6
    private static let leastUnsettled = 5

    fileprivate mutating func noteTopic(of plan: TurnPlan, _ input: PolicyInput) {
        guard let subject = plan.subject, [.answer, .ask, .search].contains(plan.action),
            subject != .intent(.agentRequest), !["slot.cancelled", "confirm.declined"].contains(plan.rule)
        else { return }
        if case .intent(let name) = subject, input.intents[name]?.act != nil { return }
        // The answer to a question is about what the question was about.
        if let topic, topic.subject == subject, plan.rule.hasPrefix("slot.") || input.heard?.isInContext == true {
            self.topic = Topic(subject: subject, text: topic.text, turn: turn)
        } else if case .text(let text) = input.content {
            topic = Topic(subject: subject, text: text, turn: turn)
        } else {
            topic = Topic(subject: subject, text: input.name(of: subject) ?? "", turn: turn)
        }
    }
}

extension PolicyInput {
    /// The title in the conversation's language.
    func name(of subject: Candidate.Subject) -> String? {
        switch subject {
        case .intent(let name):
            intents[name].flatMap { intent in
                locale.nearest(in: intent.title.keys.sorted()).flatMap { intent.title[$0] }
            }
        case .knowledge(let id): snapshot.knowledge[id].flatMap { $0.title ?? $0.questions.first }
        }
    }
}
