import ConversationDomain

/// Decides a turn. Pure: equal inputs give equal plans, nothing is awaited, nothing is changed.
struct DialoguePolicy {
    /// How often a slot is asked for before the bot gives up.
    var askLimit = 3
    /// Misses in a row after which a person is offered.
    var missLimit = 2
    /// A knowledge score from which the visitor has practically asked the entry's own question: it goes before any intent.
    var exactHit = 0.985
    /// A knowledge score that goes before an intent that is likely, but not accepted.
    var strongHit = 0.9
    /// The confidence from which a rejected intent is likely enough to ask whether it was meant, rather than to give up.
    var likelyIntent = 0.35
    /// The confidence from which a rejected intent is asked about rather than a merely accepted hit given.
    var probableIntent = 0.6

    func decide(_ input: PolicyInput) -> PolicyStep {
        var input = input
        // A question that the content no longer has is forgotten.
        if pendingQuestion(input) == nil { input.state.dropQuestion() }
        return switch input.content {
        case .button(let intent, let slots): .decided(pressed(intent, slots, input))
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

    private func heard(_ text: String, _ input: PolicyInput) -> PolicyStep {
        guard let understanding = input.understanding else { return .decided(miss(input, rule: "not_understood")) }
        if input.state.handoffOffered, let plan = offered(text, input) { return .decided(plan) }
        if let pending = pendingQuestion(input) { return answered(pending, text, understanding, input) }
        guard let hits = input.hits else { return .needsKnowledge }
        if let hit = hits.first, hit.isAccepted, hit.score >= exactHit {
            return .decided(found(hit, input, rule: "knowledge.exact"))
        }
        switch understanding.verdict {
        case .accepted:
            // The content may have lost the intent since the model was trained.
            let plan = accepted(understanding, input, rule: "intent.accepted")
            return .decided(plan ?? searched(understanding, hits, input, missRule: "intent.without_content"))
        case .ambiguous(let intents):
            let known = intents.filter { isKnown($0, input) }
            guard known.count > 1 else {
                return .decided(searched(understanding, hits, input, missRule: "low_confidence"))
            }
            return .decided(clarify(known, input, rule: "intents.close"))
        case .belowThreshold: return .decided(searched(understanding, hits, input, missRule: "low_confidence"))
        case .outOfScope: return .decided(searched(understanding, hits, input, missRule: "out_of_scope"))
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

    /// Acts on the top intent; nil when the content has no such intent.
    func accepted(_ understanding: MessageUnderstanding, _ input: PolicyInput, rule: String) -> TurnPlan? {
        guard let top = understanding.top?.intent else { return nil }
        if top == .agentRequest {
            return handOver(input, reason: "the visitor asked for a person", rule: "agent.requested")
        }
        guard let intent = input.intents[top], isKnown(top, input) else { return nil }
        return begin(intent, state: input.state, input, rule: rule)
    }

    /// No intent was accepted: an answer from the knowledge base, a question back, or a miss.
    private func searched(
        _ understanding: MessageUnderstanding, _ hits: [KnowledgeHit], _ input: PolicyInput, missRule: String
    ) -> TurnPlan {
        let isRejected = understanding.verdict == .outOfScope || understanding.verdict == .accepted
        let confidence = isRejected ? 0 : understanding.top?.confidence ?? 0
        if let hit = hits.first, hit.isAccepted, hit.score >= strongHit || confidence < probableIntent {
            return found(hit, input, rule: "knowledge.accepted")
        }
        let likely = understanding.ranking.prefix(2).enumerated().filter { index, score in
            isKnown(score.intent, input) && score.confidence >= (index == 0 ? likelyIntent : likelyIntent / 2)
        }
        guard confidence >= likelyIntent, !likely.isEmpty else { return miss(input, rule: missRule) }
        return clarify(likely.map(\.element.intent), input, rule: "intent.likely")
    }

    private func found(_ hit: KnowledgeHit, _ input: PolicyInput, rule: String) -> TurnPlan {
        var state = input.state
        state.misses = 0
        state.handoffOffered = false
        return TurnPlan(action: .search, rule: rule, knowledge: hit.entry.id, sayings: [.knowledge(hit)], state: state)
    }

    /// Asking back neither counts as a miss nor ends a row of misses: the visitor has no answer yet.
    private func clarify(_ intents: [IntentName], _ input: PolicyInput, rule: String) -> TurnPlan {
        var state = input.state
        state.handoffOffered = false
        return TurnPlan(
            action: .clarify, rule: rule, intent: intents.first, sayings: [.clarify(Array(intents.prefix(3)))],
            state: state)
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

    private func isKnown(_ intent: IntentName, _ input: PolicyInput) -> Bool {
        intent != .outOfScope && input.intents[intent] != nil
    }
}
