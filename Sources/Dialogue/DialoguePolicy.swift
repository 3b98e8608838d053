import ConversationDomain

/// What a turn is decided from.
struct PolicyInput {
    let content: InboundContent
    /// Nil for a pressed button: nothing needed to be understood.
    let understanding: MessageUnderstanding?
    let state: DialogueState
    let status: ConversationStatus
    let intents: [IntentName: Intent]
    /// Nil before the knowledge base was asked.
    let hits: [KnowledgeHit]?
}

/// What the policy wants: another look into the knowledge base, or a finished plan.
enum PolicyStep: Hashable {
    case needsKnowledge
    case decided(TurnPlan)
}

/// What is to be said and remembered.
struct TurnPlan: Hashable {
    /// One message of the bot.
    enum Saying: Hashable {
        case answer(IntentName)
        case ask(IntentName, SlotName, isRepeat: Bool)
        case knowledge(KnowledgeHit)
        case clarify([IntentName])
        case phrase(BotPhrase, offersPerson: Bool)
    }

    var action: Action
    var rule: String
    var intent: IntentName?
    var knowledge: KnowledgeID?
    var sayings: [Saying]
    var state: DialogueState
    /// The reason for asking for a person; the conversation waits for one from now on.
    var handoffReason: String?
}

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
        switch input.content {
        case .button(let intent, let slots): .decided(pressed(intent, slots, input))
        case .text(let text): heard(text, input)
        }
    }

    private func pressed(_ intent: IntentName, _ slots: [String: String], _ input: PolicyInput) -> TurnPlan {
        if intent == .agentRequest {
            return handOver(input, reason: "the visitor pressed a button", rule: "agent.requested")
        }
        guard let intent = input.intents[intent] else { return miss(input, rule: "button.unknown") }
        var state = input.state
        for slot in intent.slots {
            if let value = slots[slot.name.rawValue], !value.isEmpty { state.slots[slot.name.rawValue] = value }
        }
        return begin(intent, state: state, entities: [], rule: "button")
    }

    private func heard(_ text: String, _ input: PolicyInput) -> PolicyStep {
        guard let understanding = input.understanding else { return .decided(miss(input, rule: "not_understood")) }
        if input.state.handoffOffered, BotPhrases.isConsent(text) {
            return .decided(
                handOver(input, reason: "the visitor accepted the offer of a person", rule: "handoff.accepted"))
        }
        if let pending = pendingQuestion(input) { return answered(pending, text, understanding, input) }
        guard let hits = input.hits else { return .needsKnowledge }
        if let hit = hits.first, hit.isAccepted, hit.score >= exactHit {
            return .decided(found(hit, input, rule: "knowledge.exact"))
        }
        switch understanding.verdict {
        case .accepted: return .decided(accepted(understanding, input, rule: "intent.accepted"))
        case .ambiguous(let intents):
            let known = intents.filter { input.intents[$0] != nil && $0 != .outOfScope }
            guard known.count > 1 else {
                return .decided(searched(understanding, hits, input, missRule: "low_confidence"))
            }
            return .decided(clarify(known, input, rule: "intents.close"))
        case .belowThreshold: return .decided(searched(understanding, hits, input, missRule: "low_confidence"))
        case .outOfScope: return .decided(searched(understanding, hits, input, missRule: "out_of_scope"))
        }
    }

    private func accepted(_ understanding: MessageUnderstanding, _ input: PolicyInput, rule: String) -> TurnPlan {
        guard let top = understanding.top?.intent, let intent = input.intents[top] else {
            return miss(input, rule: "intent.without_content")
        }
        if top == .agentRequest {
            return handOver(input, reason: "the visitor asked for a person", rule: "agent.requested")
        }
        return begin(intent, state: input.state, entities: understanding.entities, rule: rule)
    }

    /// No intent was accepted: an answer from the knowledge base, a question back, or a miss.
    private func searched(
        _ understanding: MessageUnderstanding, _ hits: [KnowledgeHit], _ input: PolicyInput, missRule: String
    ) -> TurnPlan {
        let confidence = understanding.verdict == .belowThreshold ? understanding.top?.confidence ?? 0 : 0
        if let hit = hits.first, hit.isAccepted, hit.score >= strongHit || confidence < probableIntent {
            return found(hit, input, rule: "knowledge.accepted")
        }
        let likely = understanding.ranking.prefix(2).enumerated().filter { index, score in
            input.intents[score.intent] != nil && score.confidence >= (index == 0 ? likelyIntent : likelyIntent / 2)
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

    private func clarify(_ intents: [IntentName], _ input: PolicyInput, rule: String) -> TurnPlan {
        TurnPlan(
            action: .clarify, rule: rule, intent: intents.first, sayings: [.clarify(Array(intents.prefix(3)))],
            state: input.state)
    }

    private func miss(_ input: PolicyInput, rule: String) -> TurnPlan {
        var state = input.state
        state.misses += 1
        let offers = state.misses >= missLimit && input.status == .bot
        state.handoffOffered = offers
        return TurnPlan(
            action: .fallback, rule: offers ? "miss.handoff_offered" : rule,
            sayings: [.phrase(offers ? .offerPerson : .fallback, offersPerson: offers)], state: state)
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

// MARK: - Slots

extension DialoguePolicy {
    private struct PendingQuestion {
        let intent: Intent
        let slot: SlotDefinition
    }

    private func pendingQuestion(_ input: PolicyInput) -> PendingQuestion? {
        guard let name = input.state.pendingIntent, let intent = input.intents[name],
            let slot = intent.slots.first(where: { $0.name == input.state.awaitedSlot })
        else { return nil }
        return PendingQuestion(intent: intent, slot: slot)
    }

    /// Answers when everything is known, asks for the first slot that is missing otherwise.
    private func begin(_ intent: Intent, state: DialogueState, entities: [Entity], rule: String) -> TurnPlan {
        var state = state
        state.fill(intent.slots, from: entities)
        state.misses = 0
        state.handoffOffered = false
        if let missing = intent.slots.first(where: { state.slots[$0.name.rawValue] == nil && !$0.ask.isEmpty }) {
            state.pendingIntent = intent.name
            state.awaitedSlot = missing.name
            state.askCount = 1
            return TurnPlan(
                action: .ask, rule: "slot.ask", intent: intent.name,
                sayings: [.ask(intent.name, missing.name, isRepeat: false)], state: state)
        }
        state.dropQuestion()
        guard !intent.answers.isEmpty else {
            return TurnPlan(
                action: .fallback, rule: "intent.without_answer", intent: intent.name,
                sayings: [.phrase(.noAnswerYet, offersPerson: true)], state: state)
        }
        return TurnPlan(action: .answer, rule: rule, intent: intent.name, sayings: [.answer(intent.name)], state: state)
    }

    /// What the visitor says after a question: the value, something else, or nothing that helps.
    private func answered(
        _ pending: PendingQuestion, _ text: String, _ understanding: MessageUnderstanding, _ input: PolicyInput
    ) -> PolicyStep {
        if BotPhrases.isCancellation(text) {
            var state = input.state
            state.dropQuestion()
            return .decided(
                TurnPlan(
                    action: .answer, rule: "slot.cancelled", intent: pending.intent.name,
                    sayings: [.phrase(.cancelled, offersPerson: false)], state: state))
        }
        if understanding.entities.contains(where: { $0.entity == pending.slot.entity }) {
            return .decided(
                begin(pending.intent, state: input.state, entities: understanding.entities, rule: "slot.filled"))
        }
        if understanding.verdict == .accepted, understanding.top?.intent != pending.intent.name {
            var changed = input.state
            changed.dropQuestion()
            return .decided(accepted(understanding, input.with(changed), rule: "intent.changed"))
        }
        guard let hits = input.hits else { return .needsKnowledge }
        if let hit = hits.first, hit.isAccepted {
            return .decided(
                TurnPlan(
                    action: .search, rule: "knowledge.accepted", intent: pending.intent.name, knowledge: hit.entry.id,
                    sayings: [.knowledge(hit), .ask(pending.intent.name, pending.slot.name, isRepeat: false)],
                    state: input.state))
        }
        return .decided(askAgain(pending, input))
    }

    private func askAgain(_ pending: PendingQuestion, _ input: PolicyInput) -> TurnPlan {
        var state = input.state
        guard state.askCount < askLimit else {
            state.dropQuestion()
            state.handoffOffered = true
            return TurnPlan(
                action: .fallback, rule: "slot.given_up", intent: pending.intent.name,
                sayings: [.phrase(.gaveUp, offersPerson: true)], state: state)
        }
        state.askCount += 1
        return TurnPlan(
            action: .ask, rule: "slot.reask", intent: pending.intent.name,
            sayings: [.ask(pending.intent.name, pending.slot.name, isRepeat: true)], state: state)
    }
}

extension PolicyInput {
    fileprivate func with(_ state: DialogueState) -> PolicyInput {
        PolicyInput(
            content: content, understanding: understanding, state: state, status: status, intents: intents, hits: hits)
    }
}

extension DialogueState {
    fileprivate mutating func dropQuestion() {
        pendingIntent = nil
        awaitedSlot = nil
        askCount = 0
    }

    /// Takes the values that the message gives for the slots; the first entity of a kind goes to the first slot of that kind.
    fileprivate mutating func fill(_ definitions: [SlotDefinition], from entities: [Entity]) {
        var left = entities
        for slot in definitions {
            guard let index = left.firstIndex(where: { $0.entity == slot.entity }) else { continue }
            slots[slot.name.rawValue] = left.remove(at: index).value
        }
    }
}
