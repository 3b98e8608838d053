import ConversationDomain
import Wording

/// Values that nobody asked for: one alone, one that corrects another; and what was asked for taken back.
extension DialoguePolicy {
    /// Words beside a value in a message that says nothing else, and in one that corrects a value.
    private static let besideValue = 2.0
    private static let besideCorrection = 8.0
    /// How probable something else must be for words of correction not to be one.
    private static let clearBesideCorrection = 0.8
    private static let besideContact = 3.0
    /// Intents that a value alone is offered for.
    private static let offeredIntents = 3

    static let valueAloneRule = "value.alone"
    /// How probable, in percent, an intent must be for a value to settle that it is meant, by the message before or by the few words
    /// beside the value, and how many times as probable as the next.
    private static let leastSettled = 25
    private static let leastOfWords = 45
    private static let settledLead = 2

    /// Another value for what was answered last: "no, I meant …".
    func corrected(_ heard: Heard, _ input: PolicyInput) -> TurnPlan? {
        guard pendingQuestion(input) == nil, let topic = input.state.liveTopic, case .intent(let name) = topic.subject,
            let intent = input.intents[name], !heard.whole.entities.isEmpty,
            intent.slots.contains(where: { slot in heard.whole.entities.contains { $0.entity == slot.entity } })
        else { return nil }
        let words = MessageReadings.words(heard.rest)
        let corrects = input.phrases.hasCorrection(PhraseMatcher.Text(heard.rest))
        guard words <= Self.besideValue || words <= Self.besideCorrection && corrects else { return nil }
        let choice = ReplyChoice(heard.whole, input)
        if words > 0, let winner = choice.winner, winner != topic.subject {
            // 打错了 is near to a wrong parcel too: only what is clearly something else is no correction.
            guard corrects, choice.best.map({ $0.probability < Self.clearBesideCorrection }) ?? true else { return nil }
        }
        return begin(intent, state: input.state, input, rule: "slot.corrected")
    }

    /// Nothing but a value: what it is about is asked.
    func valueAlone(_ heard: Heard, _ input: PolicyInput) -> TurnPlan? {
        guard let value = heard.whole.entities.first, pendingQuestion(input) == nil else { return nil }
        let words = MessageReadings.words(heard.rest)
        let winner = ReplyChoice(heard.reading, input).winner
        // "My number is …" is near to asking for a call, and asks for nothing.
        let isContact = [.phone, .email].contains(value.entity)
        guard
            words == 0 || words <= Self.besideValue && winner == nil
                || isContact && words <= Self.besideContact && (winner == nil || winner == .intent(.agentRequest))
        else { return nil }
        var state = input.state.steady
        if isContact {
            return TurnPlan(
                action: .answer, rule: "value.alone", sayings: [.phrase(.notedPhoneEmail, offersPerson: false)],
                state: state, asksForNothing: true)
        }
        guard value.entity == .orderNumber else { return nil }
        let takers = input.snapshot.content.intents.filter { intent in
            intent.slots.contains { $0.entity == value.entity } && input.canSay(.intent(intent.name))
                && input.canOffer(.intent(intent.name))
        }
        guard !takers.isEmpty else { return nil }
        let likely = likelihoods(of: takers, heard, input)
        if let first = likely.first, first.percent >= (words > 0 ? Self.leastOfWords : Self.leastSettled),
            first.percent >= Self.settledLead * (likely.dropFirst().first?.percent ?? 0)
        {
            return begin(first.intent, state: input.state, input, rule: "value.settled")
        }
        let offered = likely.prefix(Self.offeredIntents).map { Candidate.Subject.intent($0.intent.name) }
        state.options = offered
        state.asksToChoose = true
        return TurnPlan(
            action: .clarify, rule: Self.valueAloneRule,
            sayings: [.choose(.whatAbout, offered, values: ["value": value.value])], state: state,
            asksForNothing: true)
    }

    /// The intents that take the value, likeliest first: by the words beside it, else by the message before that was not clear.
    private func likelihoods(
        of takers: [Intent], _ heard: Heard, _ input: PolicyInput
    ) -> [(intent: Intent, percent: Int)] {
        let hasWords = MessageReadings.words(heard.rest) > 0
        let order = heard.whole.ranking.map(\.intent)
        func percent(_ name: IntentName) -> Int {
            hasWords
                ? Int((heard.reading.candidates.first { $0.subject == .intent(name) }?.probability ?? 0) * 100)
                : input.state.unsettled[name.rawValue] ?? 0
        }
        func place(_ name: IntentName) -> Int { order.firstIndex(of: name) ?? .max }
        return takers.map { ($0, percent($0.name)) }.sorted { one, other in
            (-one.1, place(one.0.name), one.0.name) < (-other.1, place(other.0.name), other.0.name)
        }
    }

    /// "I'll keep it after all": what was just asked for is to be left.
    func undone(_ heard: Heard, _ acts: ActReading, _ input: PolicyInput) -> TurnPlan? {
        guard pendingQuestion(input) == nil, let topic = input.state.topic, case .intent = topic.subject,
            input.state.turn - topic.turn <= Self.undoneTurns, MessageReadings.words(heard.text) <= Self.wordsOfUndoing,
            acts.answer([.cancel]) == .cancel
        else { return nil }
        let winner = ReplyChoice(heard.whole, input).winner
        guard winner.map({ $0 == topic.subject || isAct($0, input) }) ?? true else { return nil }
        return takenBack(input)
    }

    func takenBack(_ input: PolicyInput) -> TurnPlan {
        var state = input.state.steady
        state.topic = nil
        return TurnPlan(
            action: .answer, rule: "act.cancel", sayings: [.phrase(.cancelled, offersPerson: false)], state: state,
            asksForNothing: true)
    }

    /// Turns in which what was asked for can be taken back without naming it, and words of a message that does.
    static let undoneTurns = 2
    private static let wordsOfUndoing = 14.0

    private func isAct(_ subject: Candidate.Subject, _ input: PolicyInput) -> Bool {
        guard case .intent(let name) = subject else { return false }
        return input.intents[name]?.act != nil
    }
}
