import ConversationDomain

/// Decides a turn. Pure: equal inputs give equal plans, nothing is awaited, nothing is changed.
struct DialoguePolicy {
    /// How often a slot is asked for before the bot gives up.
    var askLimit = 3
    /// Misses in a row after which a person is offered.
    var missLimit = 2

    func decide(_ input: PolicyInput) -> TurnPlan {
        var input = input
        // A question that the content no longer has is forgotten.
        if pendingQuestion(input) == nil { input.state.dropQuestion() }
        return switch input.content {
        case .button(let intent, let slots): pressed(intent, slots, input)
        case .knowledge(let id): pressed(id, input)
        case .text(let text): heard(text, input)
        }
    }

    private func pressed(_ name: IntentName, _ slots: [String: String], _ input: PolicyInput) -> TurnPlan {
        if name == .agentRequest {
            return handOver(input, reason: "the visitor pressed a button", rule: "agent.requested")
        }
        guard let intent = input.intents[name], name != .outOfScope else { return miss(input, rule: "button.unknown") }
        var state = input.state
        for slot in intent.slots {
            guard let value = slots[slot.name.rawValue].flatMap({ given($0, for: slot, input) }) else { continue }
            state.slots[slot.name.rawValue] = value
        }
        return begin(intent, state: state, input, rule: "button")
    }

    private func pressed(_ id: KnowledgeID, _ input: PolicyInput) -> TurnPlan {
        guard let entry = input.snapshot.knowledge[id] else { return miss(input, rule: "button.unknown") }
        return found(entry, input, rule: "button")
    }

    /// Answers when the best that can be said is probable enough, asks back between what is likely, and otherwise says that
    /// it does not know.
    private func heard(_ text: String, _ input: PolicyInput) -> TurnPlan {
        guard let understanding = input.understanding else { return miss(input, rule: "not_understood") }
        if input.state.handoffOffered, let plan = offered(text, input) { return plan }
        let choice = ReplyChoice(understanding, input)
        if let pending = pendingQuestion(input) { return answered(pending, text, understanding, choice, input) }
        if let winner = choice.winner, let plan = act(on: winner, input) { return plan }
        if let likeliest = choice.likeliestEntry, let entry = input.snapshot.knowledge[likeliest.best] {
            return found(entry, input, rule: "knowledge.likeliest", others: likeliest.others)
        }
        let likely = choice.likely
        if !likely.isEmpty { return clarify(likely, input, rule: "candidates.close") }
        return miss(input, rule: missRule(understanding, input))
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

    /// The answer to "would you like to talk to a person?"; nil when the message is about something else.
    private func offered(_ text: String, _ input: PolicyInput) -> TurnPlan? {
        if ShortAnswer.isConsent(text) {
            return handOver(input, reason: "the visitor accepted the offer of a person", rule: "handoff.accepted")
        }
        guard ShortAnswer.isRefusal(text) else { return nil }
        var state = input.state
        state.misses = 0
        state.handoffOffered = false
        return TurnPlan(
            action: .answer, rule: "handoff.declined", intent: .agentRequest,
            sayings: [.phrase(.declined, offersPerson: false)], state: state)
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
        var state = input.state
        state.misses = 0
        state.handoffOffered = false
        let pending = pendingQuestion(input)
        return TurnPlan(
            action: .search, rule: rule, intent: pending?.intent.name, knowledge: entry.id,
            sayings: [.knowledge(entry, others: others)]
                + (pending.map { [.ask($0.intent.name, $0.slot.name, isRepeat: false)] } ?? []), state: state)
    }

    /// Asking back neither counts as a miss nor ends a row of misses: the visitor has no answer yet.
    private func clarify(_ subjects: [Candidate.Subject], _ input: PolicyInput, rule: String) -> TurnPlan {
        var state = input.state
        state.handoffOffered = false
        var first: IntentName?
        if case .intent(let name)? = subjects.first { first = name }
        return TurnPlan(action: .clarify, rule: rule, intent: first, sayings: [.clarify(subjects)], state: state)
    }

    func miss(_ input: PolicyInput, rule: String) -> TurnPlan {
        var state = input.state
        state.misses += 1
        let offers = state.misses >= missLimit && input.status == .bot
        state.handoffOffered = offers
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

    private func handOver(_ input: PolicyInput, reason: String, rule: String) -> TurnPlan {
        var state = input.state
        state.dropQuestion()
        state.misses = 0
        state.handoffOffered = false
        if input.status == .waiting {
            return TurnPlan(
                action: .handoff, rule: "agent.requested_again", intent: .agentRequest,
                sayings: [.phrase(.personAskedAlready, offersPerson: false)], state: state)
        }
        let hasAnswer = input.intents[.agentRequest]?.answers.isEmpty == false
        return TurnPlan(
            action: .handoff, rule: rule, intent: .agentRequest,
            sayings: [hasAnswer ? .answer(.agentRequest) : .phrase(.personAsked, offersPerson: false)], state: state,
            handoffReason: reason)
    }
}
