package import ConversationDomain
import People
import Wording

/// The answers to "nobody is there; shall the answer come by e-mail?".
extension DialoguePolicy {
    /// Times that an address is asked for again.
    private static let repeatLimit = 1
    private static let refusal: Set<SpeechAct> = [.no, .cancel, .neither, .unknown]

    /// Nil when no address was asked for, or the message is about something else. An address alone is taken as long as the
    /// conversation waits, one beside a request only right after it was asked for.
    func ticketed(_ heard: Heard, _ acts: ActReading, _ input: PolicyInput) -> TurnPlan? {
        guard input.status == .waiting, let offer = input.state.ticket, !offer.isSettled else { return nil }
        let isAnswer = offer.askedTurn == input.state.turn - 1
        if let email = EmailAddress.first(in: heard.text) {
            let request = input.besideAddress.flatMap { self.request(in: $0, input) }
            return isAnswer || request == nil ? noted(email, request, input) : nil
        }
        guard isAnswer else { return nil }
        if EmailAddress.isMeant(in: heard.text) {
            return askedForEmail(.ticketEmailAgain, input, rule: "ticket.email_again")
        }
        switch acts.answer(Self.refusal.union([.yes])) {
        case .yes?: return askedForEmail(.ticketEmail, input, rule: "ticket.email")
        case .some: return turnedDown(input)
        case nil: return nil
        }
    }

    /// What is asked for beside the address: neither a person, nor what is only said beside a request.
    private func request(in heard: Heard, _ input: PolicyInput) -> Candidate.Subject? {
        guard let winner = ReplyChoice(heard.reading, input).winner else { return nil }
        guard case .intent(let name) = winner else { return winner }
        return name == .agentRequest || input.intents[name]?.act != nil ? nil : winner
    }

    /// Confirms the address; what else was asked for is answered too.
    private func noted(_ email: String, _ request: Candidate.Subject?, _ input: PolicyInput) -> TurnPlan {
        var input = input
        input.state.ticket?.isSettled = true
        input.state.ticket?.askedTurn = input.state.turn
        let saying = TurnPlan.Saying.naming(.ticketNoted, ["email": email])
        if let request, var plan = act(on: request, input), plan.handoffReason == nil {
            plan.sayings.insert(saying, at: 0)
            plan.ticketEmail = email
            return plan
        }
        return TurnPlan(
            action: .answer, rule: "ticket.requested", sayings: [saying], state: input.state.steady,
            asksForNothing: true, ticketEmail: email)
    }

    /// Nil when it was asked for often enough.
    private func askedForEmail(_ phrase: BotPhrase, _ input: PolicyInput, rule: String) -> TurnPlan? {
        guard let offer = input.state.ticket, offer.repeats < Self.repeatLimit else { return nil }
        var state = input.state.steady
        state.ticket?.repeats += 1
        state.ticket?.askedTurn = state.turn
        return TurnPlan(
            action: .ask, rule: rule, sayings: [.phrase(phrase, offersPerson: false)], state: state,
            asksForNothing: true)
    }

    private func turnedDown(_ input: PolicyInput) -> TurnPlan {
        var state = input.state.steady
        state.ticket?.isSettled = true
        state.ticket?.askedTurn = state.turn
        return TurnPlan(
            action: .answer, rule: "ticket.declined", sayings: [.phrase(.ticketDeclined, offersPerson: false)],
            state: state, asksForNothing: true)
    }
}

// MARK: - What is not offered again for a while

extension DialogueState {
    /// Turns after which an address is asked for once more by another missed handover, and a person offered after they were declined.
    private static let ticketPause = 12
    private static let personPause = 6

    /// Whether a visitor whom nobody takes is asked for an address after this many turns.
    package func offersTicket(after turns: Int) -> Bool {
        guard let ticket, ticket.isSettled else { return true }
        return turns - ticket.askedTurn > Self.ticketPause
    }

    /// Takes note that the visitor was told since the last turn that nobody came.
    /// - Parameter miss: when, in milliseconds since 1970; nil when not.
    mutating func noteMiss(_ miss: Int?) {
        guard let miss, ticket?.miss != miss else { return }
        if offersTicket(after: turn - 1) {
            ticket = TicketOffer(miss: miss, askedTurn: turn - 1)
        } else {
            ticket?.miss = miss
        }
    }

    /// Whether the offer of a person was turned down lately.
    package var hasDeclinedPerson: Bool { personDeclinedTurn.map { turn - $0 <= Self.personPause } ?? false }
}
