import ConversationDomain
import Wording

/// Messages that ask for several things.
extension DialoguePolicy {
    /// How probable something must be in the whole message to be one of two things that it asks for, to be the only one, and
    /// to be what is asked for in the place of what is turned down, which the whole is mostly about.
    private static let leastOfTwo = 0.08
    private static let leastOfOne = 0.5
    private static let leastBeside = 0.005
    /// A longer message tells a story; what its clauses say by themselves is no request of its own.
    private static let mostClauses = 4
    /// How probable what was asked beside must be to be named.
    private static let leastNamed = 0.35

    private struct ClauseReading {
        let subject: Candidate.Subject
        let isSure: Bool
        let probability: Double
    }

    /// What each clause asks for, most probable, without what is turned down or stands beside.
    private func readings(_ heard: Heard, _ input: PolicyInput) -> [ClauseReading] {
        heard.clauses.compactMap { clause in
            let choice = ReplyChoice(clause.understanding, input)
            guard let best = choice.best else { return nil }
            return ClauseReading(
                subject: best.subject, isSure: choice.winner == best.subject, probability: best.probability)
        }
    }

    /// Both answers, in order, where two clauses each ask for something of their own.
    func askedTwice(_ heard: Heard, _ input: PolicyInput) -> TurnPlan? {
        guard (2...Self.mostClauses).contains(heard.clauses.count) else { return nil }
        var sure: [Candidate.Subject] = []
        for reading in readings(heard, input) where reading.isSure && !sure.contains(reading.subject) {
            if heard.probability(of: reading.subject) >= Self.leastOfTwo { sure.append(reading.subject) }
        }
        guard sure.count == 2, !sure.contains(.intent(.agentRequest)),
            let first = act(on: sure[0], input, rule: "clauses.both")
        else { return nil }
        var plan = first
        plan.rule = "clauses.both"
        // What needs no value is answered before the question that the other one asks; else it waits for that value.
        if first.action == .ask {
            switch sure[1] {
            case .intent(let name):
                guard let second = input.intents[name] else { return nil }
                let isReady = second.slots.allSatisfy { first.state.slots[$0.name.rawValue] != nil }
                if isReady, !input.isConfirmed(before: second), !second.answers.isEmpty {
                    plan.sayings.insert(input.answer(second, slots: first.state.slots), at: 0)
                } else {
                    plan.state.queued = name
                }
            case .knowledge(let id):
                guard let entry = input.snapshot.knowledge[id] else { return nil }
                plan.sayings.insert(.knowledge(input.quoting(entry), others: []), at: 0)
            }
            return plan
        }
        var next = input
        next.state = first.state
        guard let second = act(on: sure[1], next, rule: "clauses.both") else { return nil }
        plan.sayings += second.sayings
        plan.state = second.state
        if second.action == .ask { (plan.action, plan.intent, plan.knowledge) = (.ask, second.intent, nil) }
        return plan
    }

    /// The clause that is sure where the whole is not; what else was asked is named.
    /// - Parameter refused: what the message turns down.
    func clauseWinner(_ heard: Heard, _ input: PolicyInput, beside refused: Set<IntentName> = []) -> TurnPlan? {
        let least = refused.isEmpty ? Self.leastOfOne : Self.leastBeside
        let turnedDown = Set(refused.map(Candidate.Subject.intent))
        let readings = readings(heard, input).filter {
            !turnedDown.contains($0.subject) && heard.probability(of: $0.subject) >= least
        }
        guard let best = readings.filter(\.isSure).max(by: { $0.probability < $1.probability }),
            var plan = act(on: best.subject, input, rule: "clauses.one")
        else { return nil }
        let other = readings.first {
            $0.subject != best.subject && $0.probability >= Self.leastNamed && input.canOffer($0.subject)
        }
        if let other, plan.action != .handoff { plan.sayings.append(.alsoAsked(other.subject)) }
        return plan
    }

    /// What leads in a clause beside one that turns something down, though it is not sure; else what may be meant there.
    func clauseLeader(_ heard: Heard, _ input: PolicyInput, beside refused: Set<IntentName>) -> TurnPlan? {
        let others = heard.clauses.map(\.understanding).filter { $0.refused.isDisjoint(with: refused) }
        let choices = others.map { ReplyChoice($0, input) }.filter { choice in
            choice.best.map { best in !refused.contains { best.subject == .intent($0) } } ?? false
        }
        let choice = choices.max { $0.best?.probability ?? 0 < $1.best?.probability ?? 0 }
        guard let choice else { return nil }
        if let leader = choice.leader, let plan = act(on: leader, input, rule: "clauses.one") { return plan }
        let likely = choice.likely
        return likely.isEmpty ? nil : clarify(likely, input, rule: "candidates.close")
    }
}
