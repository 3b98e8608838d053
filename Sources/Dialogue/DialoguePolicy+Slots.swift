import ConversationDomain

/// Collecting what an intent needs before it can be answered.
extension DialoguePolicy {
    struct PendingQuestion {
        let intent: Intent
        let slot: SlotDefinition
    }

    /// Nil also when the content has lost the intent or the slot since it was asked for.
    func pendingQuestion(_ input: PolicyInput) -> PendingQuestion? {
        guard let name = input.state.pendingIntent, let intent = input.intents[name],
            let slot = intent.slots.first(where: { $0.name == input.state.awaitedSlot })
        else { return nil }
        return PendingQuestion(intent: intent, slot: slot)
    }

    /// A button's value for a slot; nil when it is none of the slot's kind, so that the visitor is asked.
    func given(_ text: String, for slot: SlotDefinition, _ input: PolicyInput) -> String? {
        guard !text.isEmpty, let reader = input.reader else { return text.isEmpty ? nil : text }
        switch reader.read(slot.entity, in: text, locale: input.locale) {
        case .found(let entity): return entity.value
        case .absent: return nil
        case .unknownKind: return text
        }
    }

    /// Answers when everything is known, asks for the first slot that is missing otherwise.
    func begin(_ intent: Intent, state: DialogueState, _ input: PolicyInput, rule: String) -> TurnPlan {
        var state = state
        state.fill(intent.slots, from: input.understanding?.entities ?? [])
        return proceed(intent, state: state, input, rule: rule)
    }

    private func proceed(_ intent: Intent, state: DialogueState, _ input: PolicyInput, rule: String) -> TurnPlan {
        var state = state
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
            var silent = input
            silent.state = state
            return surrender(intent.name, .noAnswerYet, silent, rule: "intent.without_answer")
        }
        return TurnPlan(action: .answer, rule: rule, intent: intent.name, sayings: [.answer(intent.name)], state: state)
    }

    /// What the visitor says after a question: the value, something else, or nothing that helps.
    func answered(
        _ pending: PendingQuestion, _ text: String, _ understanding: MessageUnderstanding, _ choice: ReplyChoice,
        _ input: PolicyInput
    ) -> TurnPlan {
        if ShortAnswer.isCancellation(text) { return cancelled(pending, input) }
        if understanding.entities.contains(where: { $0.entity == pending.slot.entity }) {
            return filled(pending, understanding.entities, input)
        }
        // A form that only counts because it was asked for: before all else when it is most of the message, else after all.
        let asked = readAsked(pending.slot, in: text, input)
        if let asked, isMost(asked, of: text) { return filled(pending, [asked] + understanding.entities, input) }
        if let winner = choice.winner, winner != .intent(pending.intent.name) {
            var current = input
            // Another intent takes the place of the question; an entry is a word in between.
            if case .intent = winner { current.state.dropQuestion() }
            if let plan = act(on: winner, current, rule: "intent.changed") { return plan }
        }
        if let asked { return filled(pending, [asked] + understanding.entities, input) }
        return askAgain(pending, input)
    }

    private func readAsked(_ slot: SlotDefinition, in text: String, _ input: PolicyInput) -> Entity? {
        guard case .found(let entity) = input.reader?.read(slot.entity, in: text, locale: input.locale) else {
            return nil
        }
        return entity
    }

    private func isMost(_ entity: Entity, of text: String) -> Bool {
        let scalars = text.unicodeScalars.count { !$0.properties.isWhitespace }
        return (entity.end - entity.start) * 2 >= scalars
    }

    private func filled(_ pending: PendingQuestion, _ entities: [Entity], _ input: PolicyInput) -> TurnPlan {
        var state = input.state
        state.fill(pending.intent.slots, from: entities, first: pending.slot)
        return proceed(pending.intent, state: state, input, rule: "slot.filled")
    }

    private func cancelled(_ pending: PendingQuestion, _ input: PolicyInput) -> TurnPlan {
        var state = input.state
        state.dropQuestion()
        state.handoffOffered = false
        return TurnPlan(
            action: .answer, rule: "slot.cancelled", intent: pending.intent.name,
            sayings: [.phrase(.cancelled, offersPerson: false)], state: state)
    }

    private func askAgain(_ pending: PendingQuestion, _ input: PolicyInput) -> TurnPlan {
        guard input.state.askCount < askLimit else {
            return surrender(pending.intent.name, .gaveUp, input, rule: "slot.given_up")
        }
        var state = input.state
        state.askCount += 1
        state.handoffOffered = false
        return TurnPlan(
            action: .ask, rule: "slot.reask", intent: pending.intent.name,
            sayings: [.ask(pending.intent.name, pending.slot.name, isRepeat: true)], state: state)
    }
}

extension DialogueState {
    mutating func dropQuestion() {
        pendingIntent = nil
        awaitedSlot = nil
        askCount = 0
    }

    /// Takes the values that the message gives for the slots: entities of a kind go to the slots of that kind in their order.
    /// - Parameter awaited: gets the only entity of its kind, whatever its place among the slots.
    fileprivate mutating func fill(
        _ definitions: [SlotDefinition], from entities: [Entity], first awaited: SlotDefinition? = nil
    ) {
        var left = entities
        if let awaited, left.count(where: { $0.entity == awaited.entity }) == 1,
            let index = left.firstIndex(where: { $0.entity == awaited.entity })
        {
            slots[awaited.name.rawValue] = left.remove(at: index).value
        }
        for slot in definitions {
            guard let index = left.firstIndex(where: { $0.entity == slot.entity }) else { continue }
            slots[slot.name.rawValue] = left.remove(at: index).value
        }
    }
}
