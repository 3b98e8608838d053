package import ConversationDomain
import Wording

/// Collecting what an intent needs before it can be answered.
extension DialoguePolicy {
    struct PendingQuestion {
        let intent: Intent
        let slot: SlotDefinition
    }

    /// Acts that a message may be while a value is asked for.
    private static let besideSlot: Set<SpeechAct> = [
        .no, .cancel, .unknown, .whatFor, .wait, .toldAlready, .neither, .anyoneThere, .thanks, .greeting, .apology,
        .yes, .acknowledge, .laughter, .repeat, .mistaken,
    ]
    /// How probable the pending intent must be for the message to be the same question again.
    private static let leastRepeated = 0.25
    /// Something about the question itself may be less near than an answer which is about the same value.
    private static let leadBesideSlot = -0.14
    /// How probable something else must be that is said in a word or two.
    private static let leastOfFewWords = 0.8

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
    /// - Parameter isConfirmed: for the values that the input's state has; for others it is asked.
    func begin(
        _ intent: Intent, state: DialogueState, _ input: PolicyInput, rule: String, isConfirmed: Bool = false
    ) -> TurnPlan {
        var state = state
        let values = SlotValues(input.heard, input.phrases)
        if values.meansAnother { state.forget(intent.slots) }
        state.fill(intent.slots, from: values.entities)
        if !values.meansAnother { state.recall(intent.slots) }
        let isSame = intent.slots.allSatisfy { slot in
            state.slots[slot.name.rawValue] == input.state.slots[slot.name.rawValue]
        }
        return proceed(intent, state: state, input, rule: rule, isConfirmed: isConfirmed && isSame)
    }

    private func proceed(
        _ intent: Intent, state: DialogueState, _ input: PolicyInput, rule: String, isConfirmed: Bool = false
    ) -> TurnPlan {
        var state = state.steady
        if let missing = intent.slots.first(where: { state.slots[$0.name.rawValue] == nil && !$0.ask.isEmpty }) {
            state.pendingIntent = intent.name
            state.awaitedSlot = missing.name
            state.askCount = 1
            return TurnPlan(
                action: .ask, rule: "slot.ask", intent: intent.name,
                sayings: [.ask(intent.name, missing.name, after: nil)], state: state)
        }
        state.dropQuestion()
        if input.isConfirmed(before: intent), !isConfirmed {
            state.confirming = intent.name
            return TurnPlan(
                action: .ask, rule: "confirm.ask", intent: intent.name, sayings: [.confirm(intent.name)], state: state)
        }
        guard !intent.answers.isEmpty else {
            var silent = input
            silent.state = state
            return surrender(intent.name, .noAnswerYet, silent, rule: "intent.without_answer")
        }
        var plan = TurnPlan(
            action: .answer, rule: rule, intent: intent.name, sayings: [input.answer(intent, slots: state.slots)],
            state: state)
        answerQueued(&plan, input)
        return plan
    }

    /// Answers the other thing that was asked for, as far as its values are known now.
    private func answerQueued(_ plan: inout TurnPlan, _ input: PolicyInput) {
        guard let name = plan.state.queued, name != plan.intent, let intent = input.intents[name] else { return }
        plan.state.queued = nil
        let next = proceed(intent, state: plan.state, input, rule: plan.rule)
        plan.sayings += next.sayings
        plan.state = next.state
    }

    // MARK: The answer to a question for a value

    /// What the visitor says after a question: the value, something about the question, something else, or nothing that helps.
    func answered(
        _ pending: PendingQuestion, _ heard: Heard, _ acts: ActReading, _ input: PolicyInput
    ) -> TurnPlan {
        let values = SlotValues(heard, input.phrases)
        if values.entities.contains(where: { $0.entity == pending.slot.entity }) {
            return filled(pending, values.entities, input)
        }
        // A form that only counts because it was asked for: before all else when it is most of the message, else after all.
        let asked = readAsked(pending.slot, in: heard.text, input)
        if let asked, isMost(asked, of: heard.text) { return filled(pending, [asked] + values.entities, input) }
        if let plan = besideQuestion(pending, heard, acts, input) { return plan }
        if heard.whole.refused.contains(pending.intent.name),
            ReplyChoice(heard.reading, input).winner.map({ $0 == .intent(pending.intent.name) }) ?? true
        {
            return cancelled(pending, input)
        }
        if let plan = elsewhere(pending, heard, input) { return plan }
        if let asked { return filled(pending, [asked] + values.entities, input) }
        return askAgain(pending, input)
    }

    /// Something about the question itself.
    private func besideQuestion(
        _ pending: PendingQuestion, _ heard: Heard, _ acts: ActReading, _ input: PolicyInput
    ) -> TurnPlan? {
        switch acts.answer(Self.besideSlot, lead: Self.leadBesideSlot) {
        case nil: nil
        case .no?, .cancel?, .neither?: instead(of: pending, heard, input) ?? cancelled(pending, input)
        case .unknown?: surrender(pending.intent.name, .noValue, input, rule: "slot.unknown")
        case .wait?:
            TurnPlan(
                action: .ask, rule: "slot.wait", intent: pending.intent.name,
                sayings: [.phrase(.wait, offersPerson: false)], state: input.state)
        case .whatFor?:
            askedOn(
                pending, after: isExplained(pending.slot.entity, input) ? .expectOrderNumber : nil, input,
                rule: "slot.explained", counts: true)
        case .mistaken?: nil
        case .repeat?, .yes?, .acknowledge?: askedOn(pending, after: nil, input, rule: "slot.repeated", counts: true)
        case .some(let act): askedOn(pending, after: Self.phrase(for: act), input, rule: "act.\(act.rawValue)")
        }
    }

    /// What is asked for in the place of what the bot's question was about: 不退了，给我发票就行.
    private func instead(of pending: PendingQuestion, _ heard: Heard, _ input: PolicyInput) -> TurnPlan? {
        var current = input
        current.state.dropQuestion()
        return clauseWinner(heard, current, beside: [pending.intent.name])
    }

    /// Whether there are words for what a value looks like.
    private func isExplained(_ entity: EntityName, _ input: PolicyInput) -> Bool {
        entity == .orderNumber || input.snapshot.content.entities.contains { $0.name == entity && !$0.hint.isEmpty }
    }

    /// Another intent takes the place of the question; an entry is a word in between; the same question is asked on.
    private func elsewhere(_ pending: PendingQuestion, _ heard: Heard, _ input: PolicyInput) -> TurnPlan? {
        let own = Candidate.Subject.intent(pending.intent.name)
        if asksForPerson(heard, input) {
            return handOver(input, reason: "the visitor asked for a person", rule: "agent.requested")
        }
        guard let winner = ReplyChoice(heard.reading, input).winner, isSure(winner, heard) else {
            return isRepeated(own, heard.whole)
                ? askedOn(pending, after: nil, input, rule: "slot.repeated", counts: true) : nil
        }
        if winner == own { return askedOn(pending, after: nil, input, rule: "slot.repeated", counts: true) }
        switch winner {
        case .knowledge where isRepeated(own, heard.whole):
            return askedOn(pending, after: nil, input, rule: "slot.repeated", counts: true)
        case .knowledge: return act(on: winner, input, rule: "intent.changed")
        case .intent:
            var current = input
            current.state.dropQuestion()
            return asked(heard, current, changes: true)
        }
    }

    /// Whether a person is likelier to be asked for than anything else: after a question, that it was not understood is no reason to
    /// ask it again.
    func asksForPerson(_ heard: Heard, _ input: PolicyInput) -> Bool {
        guard let best = heard.whole.candidates.first(where: { input.canSay($0.subject) }) else { return false }
        return best.subject == .intent(.agentRequest) && best.probability >= Self.leastOfPerson
            && !heard.whole.refused.contains(.agentRequest)
    }

    private static let leastOfPerson = 0.4

    /// A few words after a question are rather an answer that was not understood than something new.
    private func isSure(_ winner: Candidate.Subject, _ heard: Heard) -> Bool {
        MessageReadings.words(heard.text) > 2
            || heard.reading.candidates.contains { $0.subject == winner && $0.probability >= Self.leastOfFewWords }
    }

    private func isRepeated(_ own: Candidate.Subject, _ understanding: MessageUnderstanding) -> Bool {
        understanding.candidates.contains { $0.subject == own && $0.probability >= Self.leastRepeated }
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
        // "A1234567, both 54.90": a fraction is no count and no year, and is what the next question would have asked for.
        if let next = pending.intent.slots.first(where: { state.slots[$0.name.rawValue] == nil }),
            next.entity == .amount, let rest = input.heard?.without(entities.filter { $0.entity != .number }),
            let amount = readAsked(next, in: rest, input), amount.value.contains(".")
        {
            state.slots[next.name.rawValue] = amount.value
        }
        return proceed(pending.intent, state: state, input, rule: "slot.filled")
    }

    private func cancelled(_ pending: PendingQuestion, _ input: PolicyInput) -> TurnPlan {
        var state = input.state.steady
        state.dropQuestion()
        state.topic = nil
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
            sayings: [.ask(pending.intent.name, pending.slot.name, after: .askAgain)], state: state)
    }
}

extension DialogueState {
    package mutating func dropQuestion() {
        pendingIntent = nil
        awaitedSlot = nil
        askCount = 0
        queued = nil
    }

    /// Another thing is meant than the one whose values are known.
    fileprivate mutating func forget(_ definitions: [SlotDefinition]) {
        for slot in definitions {
            slots[slot.name.rawValue] = nil
            heard[slot.entity.rawValue] = nil
        }
    }

    /// Fills what is missing from the values that were given in the last turns, asked for or not.
    fileprivate mutating func recall(_ definitions: [SlotDefinition]) {
        for slot in definitions where slots[slot.name.rawValue] == nil {
            guard let value = heard[slot.entity.rawValue],
                definitions.count(where: { $0.entity == slot.entity }) == 1
            else { continue }
            slots[slot.name.rawValue] = value.value
        }
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
