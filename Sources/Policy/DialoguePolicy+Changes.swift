import ConversationDomain
import Wording

/// "Actually no, keep it, just change the address": what was asked for is taken back, and something else is asked for in its
/// place.
extension DialoguePolicy {
    /// Acts by which something is taken back.
    static let takingBack: [SpeechAct] = [.cancel, .no]

    /// Nil where nothing is taken back, or it is asked for all the same.
    func changedMind(_ heard: Heard, _ input: PolicyInput) -> TurnPlan? {
        guard input.state.options.isEmpty, !input.state.handoffOffered, let left = intentInHand(input) else {
            return nil
        }
        let back = heard.clauses.map { actOfTakingBack($0, left, input) }.prefix { $0 != nil }
        guard !back.isEmpty else { return nil }
        let choices = heard.clauses.dropFirst(back.count).map { ReplyChoice($0.understanding, input) }
        let choice = choices.max { $0.best?.probability ?? 0 < $1.best?.probability ?? 0 }
        if let best = choice?.best, best.subject == .intent(left), best.probability >= ActReading.request { return nil }
        // "No, it's B1234567" puts the value right.
        let slots = input.intents[left]?.slots ?? []
        let hasValue = heard.whole.entities.contains { value in slots.contains { $0.entity == value.entity } }
        if let plan = choice.flatMap({ instead(of: left, $0, input, mustBeSure: hasValue) }) { return plan }
        // "Never mind, I'll keep it" is not asking for it again; "no, you do it for me" is.
        guard !hasValue, back.contains(.cancel), pendingQuestion(input) == nil,
            ReplyChoice(heard.reading, input).winner == .intent(left)
        else { return nil }
        return takenBack(input)
    }

    private func instead(
        of left: IntentName, _ choice: ReplyChoice, _ given: PolicyInput, mustBeSure: Bool
    ) -> TurnPlan? {
        var input = given
        input.state.dropQuestion()
        input.state.confirming = nil
        let subject = mustBeSure ? choice.winner : choice.replacement
        if let plan = subject.flatMap({ act(on: $0, input, rule: "clauses.one") }) { return plan }
        let likely = mustBeSure ? [] : choice.likely
        return likely.isEmpty || likely.contains(.intent(left))
            ? nil : clarify(likely, input, rule: "candidates.close")
    }

    /// What the bot is asking about, or has just said something to.
    private func intentInHand(_ input: PolicyInput) -> IntentName? {
        if let name = pendingQuestion(input)?.intent.name ?? input.state.confirming { return name }
        guard let topic = input.state.topic, input.state.turn - topic.turn <= Self.undoneTurns,
            case .intent(let name) = topic.subject
        else { return nil }
        return name
    }

    /// Nil for a clause that takes nothing back.
    private func actOfTakingBack(_ clause: HeardClause, _ intent: IntentName, _ input: PolicyInput) -> SpeechAct? {
        let (phrases, understanding) = (input.phrases, clause.understanding)
        let choice = ReplyChoice(understanding, input)
        let isAboutIt = choice.best?.subject == .intent(intent)
        if understanding.refused.contains(intent) || isAboutIt && phrases.denied(in: clause.text) != nil {
            return .cancel
        }
        let acts = phrases.acts(of: clause.text)
        if let act = Self.takingBack.first(where: acts.contains) { return act }
        // 算了不退了: what follows is what is left, if anything.
        if isAboutIt || choice.winner == nil, phrases.withoutOpening(clause.text, of: [.cancel]) != nil {
            return .cancel
        }
        return understanding.acts.first.flatMap { score in
            score.similarity >= ActReading.asked && score.lead >= ActReading.askedLead
                ? Self.takingBack.first { $0 == score.act } : nil
        }
    }
}

extension ReplyChoice {
    /// What is asked for in the place of something else: what is sure, the only likely one that needs a value given lately, or what
    /// leads by far.
    var replacement: Candidate.Subject? {
        if let winner { return winner }
        let known = likely.filter(takesKnown)
        return known.count == 1 ? known.first : leader
    }
}
