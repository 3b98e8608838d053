import ConversationDomain
import Wording

/// The answers to what the bot asked: an offer of a person, a choice, a confirmation, a slot.
extension DialoguePolicy {
    private static let agreement: Set<SpeechAct> = [.yes, .acknowledge]
    private static let refusal: Set<SpeechAct> = [.no, .cancel, .neither]

    /// Nil when nothing was asked, or the message is about something else.
    func answered(_ heard: Heard, _ acts: ActReading, _ input: PolicyInput) -> TurnPlan? {
        if let plan = chosen(heard, acts, input) { return plan }
        if let plan = confirmed(heard, acts, input) { return plan }
        if input.state.handoffOffered, let plan = offered(heard, acts, input) { return plan }
        return pendingQuestion(input).map { answered($0, heard, acts, input) }
    }

    /// The answer to "would you like to talk to a person?".
    private func offered(_ heard: Heard, _ acts: ActReading, _ input: PolicyInput) -> TurnPlan? {
        switch acts.answer(Self.agreement.union(Self.refusal)) {
        case .yes?, .acknowledge?:
            return handOver(input, reason: "the visitor accepted the offer of a person", rule: "handoff.accepted")
        case .some: return declined(input)
        case nil:
            return heard.whole.refused.contains(.agentRequest) ? declined(input) : nil
        }
    }

    /// The rule's name.
    package static let personDeclined = "handoff.declined"

    private func declined(_ input: PolicyInput) -> TurnPlan {
        var state = input.state.steady
        state.personDeclinedTurn = state.turn
        return TurnPlan(
            action: .answer, rule: Self.personDeclined, intent: .agentRequest,
            sayings: [.phrase(.declined, offersPerson: false)], state: state)
    }

    /// The answer to "shall I go on?".
    private func confirmed(_ heard: Heard, _ acts: ActReading, _ input: PolicyInput) -> TurnPlan? {
        guard let name = input.state.confirming, let intent = input.intents[name] else { return nil }
        switch acts.answer(Self.agreement.union(Self.refusal)) {
        case .yes?, .acknowledge?:
            return begin(intent, state: input.state, input, rule: "confirmed", isConfirmed: true)
        case .some:
            return TurnPlan(
                action: .answer, rule: "confirm.declined", intent: name,
                sayings: [.phrase(.notConfirmed, offersPerson: false)], state: input.state.steady)
        case nil:
            // Another value for what is to be confirmed.
            guard !heard.whole.entities.isEmpty,
                intent.slots.contains(where: { slot in heard.whole.entities.contains { $0.entity == slot.entity } })
            else { return nil }
            return begin(intent, state: input.state, input, rule: "slot.corrected")
        }
    }

    // MARK: A choice

    /// The answer to "which of these do you mean?".
    private func chosen(_ heard: Heard, _ acts: ActReading, _ input: PolicyInput) -> TurnPlan? {
        let options = input.state.options
        guard !options.isEmpty else { return nil }
        if let option = option(named: heard, options, input) {
            var current = input
            current.state.options = []
            return act(on: option, current, rule: "choice.taken")
        }
        // Beside a shown answer the options are no question.
        guard input.state.asksToChoose else { return nil }
        if asksForPerson(heard, input) {
            return handOver(input, reason: "the visitor asked for a person", rule: "agent.requested")
        }
        switch acts.answer(Self.agreement.union(Self.refusal)) {
        case .yes? where options.count == 1: return act(on: options[0], input, rule: "choice.taken")
        case .yes?:
            return TurnPlan(
                action: .clarify, rule: "choice.which", sayings: [.choose(.whichOne, options)], state: input.state)
        case .no?, .neither?, .cancel?:
            var state = input.state
            state.options = []
            state.misses += 1
            let offers = state.misses >= missLimit && input.status == .bot && !state.hasDeclinedPerson
            state.handoffOffered = offers
            return TurnPlan(
                action: .fallback, rule: offers ? "miss.handoff_offered" : "choice.neither",
                sayings: [.phrase(offers ? .offerPerson : .neither, offersPerson: offers)], state: state)
        default: return nil
        }
    }

    /// The option that the message names by its place, by its words, or by being nearer to it than to the others.
    private func option(named heard: Heard, _ options: [Candidate.Subject], _ input: PolicyInput) -> Candidate.Subject?
    {
        switch input.phrases.place(in: heard.text) {
        case .number(let number)?: if options.indices.contains(number - 1) { return options[number - 1] }
        case .last?: return options.last
        case nil: break
        }
        let said = SearchTerms.terms(of: heard.text, limit: 32)
        guard !said.isEmpty, said.count <= 12 else { return nil }
        let shares = options.map { option -> Double in
            let words = Set(SearchTerms.terms(of: input.name(of: option) ?? "", limit: 64))
            return Double(said.count { words.contains($0) }) / Double(said.count)
        }
        if let best = shares.max(), best >= 0.6, shares.count(where: { $0 > best - 0.3 }) == 1 {
            return zip(options, shares).first { $0.1 == best }?.0
        }
        let probabilities = options.map { option in
            heard.whole.candidates.first { $0.subject == option }?.probability ?? 0
        }
        guard let best = probabilities.max(), best >= 0.15, let place = probabilities.firstIndex(of: best),
            probabilities.enumerated().allSatisfy({ $0.offset == place || $0.element * 2.5 <= best }),
            heard.whole.candidates.first?.subject == options[place],
            heard.whole.candidates.dropFirst().allSatisfy({ $0.probability * 2.5 <= best })
        else { return nil }
        return options[place]
    }
}
