import ConversationDomain
import Wording

/// What is said without asking for anything.
extension DialoguePolicy {
    /// Acts that a message may be without the bot having asked.
    private static let free: Set<SpeechAct> = [
        .greeting, .goodbye, .thanks, .apology, .yes, .no, .acknowledge, .repeat, .mistaken, .toldAlready, .anyoneThere,
        .laughter, .insult, .cancel, .wait,
    ]

    /// How probable an intent must be that a sentence of an act asks for.
    private static let certain = 0.9

    /// Nil when the message is no act by itself. An open question for a value has been looked at before.
    func acted(_ acts: ActReading, _ input: PolicyInput) -> TurnPlan? {
        // What somebody labelled is what they say it is.
        guard acts.heard.whole.labelled == nil, let act = acts.alone(Self.free) else { return nil }
        // What the owner has an intent for is the owner's; where the message is the very sentence of an act, only what is certain.
        let choice = ReplyChoice(acts.heard.reading, input)
        let least = input.phrases.acts(of: acts.heard.text).contains(act) ? Self.certain : 0
        if case .intent(let name)? = choice.winner, input.intents[name]?.act == nil,
            choice.best?.probability ?? 1 >= least
        {
            return nil
        }
        if act == .anyoneThere, input.status == .waiting {
            return handOver(input, reason: "the visitor asked for a person", rule: "agent.requested_again")
        }
        if let intent = input.snapshot.content.intents.first(where: { $0.act == act }),
            input.canSay(.intent(intent.name))
        {
            return begin(intent, state: input.state.steady, input, rule: "intent.accepted")
        }
        let rule = "act.\(act.rawValue)"
        switch act {
        case .mistaken: return offering(.mistaken, input, rule: rule, countsAsMiss: true)
        case .insult: return offering(.insult, input, rule: rule, countsAsMiss: false)
        case .repeat: return plain(.lastReply, input, rule: rule)
        case .no: return plain(.phrase(.cancelled, offersPerson: false), input, rule: rule)
        default: return plain(.phrase(Self.phrase(for: act), offersPerson: false), input, rule: rule)
        }
    }

    /// What the bot says to an act.
    static func phrase(for act: SpeechAct) -> BotPhrase {
        switch act {
        case .greeting: .greeting
        case .goodbye: .goodbye
        case .thanks: .thanks
        case .apology: .apology
        case .anyoneThere: .anyoneThere
        case .laughter: .laughter
        case .insult: .insult
        case .mistaken: .mistaken
        case .toldAlready: .toldAlready
        case .wait: .wait
        case .cancel: .cancelled
        default: .acknowledge
        }
    }

    private func plain(_ saying: TurnPlan.Saying, _ input: PolicyInput, rule: String) -> TurnPlan {
        TurnPlan(action: .answer, rule: rule, sayings: [saying], state: input.state.steady, asksForNothing: true)
    }

    private func offering(
        _ phrase: BotPhrase, _ input: PolicyInput, rule: String, countsAsMiss: Bool
    ) -> TurnPlan {
        var state = input.state
        state.dropQuestion()
        if countsAsMiss { state.misses += 1 }
        state.handoffOffered = input.status == .bot
        state.options = []
        return TurnPlan(
            action: countsAsMiss ? .fallback : .answer, rule: rule,
            sayings: [.phrase(phrase, offersPerson: input.status == .bot)], state: state, asksForNothing: true)
    }

    /// Says something and asks on.
    /// - Parameter counts: whether it is an attempt, of which there are so many.
    func askedOn(
        _ pending: PendingQuestion, after phrase: BotPhrase?, _ input: PolicyInput, rule: String, counts: Bool = false
    ) -> TurnPlan {
        var state = input.state
        state.handoffOffered = false
        if counts {
            guard state.askCount <= askLimit else {
                return surrender(pending.intent.name, .noValue, input, rule: "slot.given_up")
            }
            state.askCount += 1
        }
        return TurnPlan(
            action: .ask, rule: rule, intent: pending.intent.name,
            sayings: [.ask(pending.intent.name, pending.slot.name, after: phrase)], state: state)
    }
}

// MARK: - Refusals

extension DialoguePolicy {
    /// How probable an intent must be to have been turned down.
    private static let leastRefused = 0.5
    /// How probable it must be for what a clause says beside it to be asked for instead.
    private static let leastProminent = 0.15

    /// What is asked for instead of what the message turns down; where that is not clear, that it was not understood, and where
    /// nothing is asked for, that the refusal was heard. Nil for a message that turns nothing down.
    func besideRefusal(_ heard: Heard, _ input: PolicyInput) -> TurnPlan? {
        let isProminent = heard.reading.candidates.contains { candidate in
            guard case .intent(let name) = candidate.subject else { return false }
            return heard.reading.refused.contains(name) && candidate.probability >= Self.leastProminent
        }
        guard isProminent else { return nil }
        let refused = refusedIntent(heard, input)
        if !heard.clauses.isEmpty, let plan = clauseWinner(heard, input, beside: heard.reading.refused) { return plan }
        guard let refused else { return nil }
        guard heard.saysMore(than: refused, input) else { return turnedDown(refused, input) }
        return clauseLeader(heard, input, beside: heard.reading.refused) ?? miss(input, rule: "low_confidence")
    }

    /// The intent that the message turns down before all.
    private func refusedIntent(_ heard: Heard, _ input: PolicyInput) -> IntentName? {
        let best = heard.reading.candidates.first { input.canSay($0.subject) }
        guard let best, case .intent(let name) = best.subject, best.probability >= Self.leastRefused,
            heard.reading.refused.contains(name)
        else { return nil }
        return name
    }

    private func turnedDown(_ intent: IntentName, _ input: PolicyInput) -> TurnPlan {
        var state = input.state.steady
        if state.pendingIntent == intent { state.dropQuestion() }
        return TurnPlan(
            action: .answer, rule: "refusal", sayings: [.phrase(.refused, offersPerson: false)], state: state,
            asksForNothing: true)
    }
}

extension Heard {
    /// Whether there are clauses that neither turn this down nor stand beside.
    func saysMore(than refused: IntentName, _ input: PolicyInput) -> Bool {
        clauses.contains { clause in
            let acts = clause.understanding.acts
            return !clause.understanding.refused.contains(refused) && input.phrases.acts(of: clause.text).isEmpty
                && acts.first?.isClear != true
        }
    }
}

extension DialogueState {
    /// After something that was understood.
    var steady: DialogueState {
        var state = self
        state.misses = 0
        state.handoffOffered = false
        state.options = []
        state.asksToChoose = false
        return state
    }
}
