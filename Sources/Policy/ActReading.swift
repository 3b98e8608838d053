import ConversationDomain
import Wording

/// Which speech act a message is, in the light of what was asked.
struct ActReading {
    /// The nearness, and the lead over all that the bot could answer, where the bot's own question makes the act likely.
    static let asked = 0.56
    static let askedLead = -0.06
    /// How far below the nearest act an expected one may be.
    static let gap = 0.06

    /// How probable something must be for the message to ask for it, and to ask for it surely.
    static let request = 0.3
    private static let sureRequest = 0.75
    /// The margin from which on a danger is one whatever the message asks for.
    private static let sureDanger = 2.5

    let heard: Heard
    let phrases: PhraseBook
    let intents: [IntentName: Intent]

    /// The act among `expected` that answers the bot's own question; nil when the message is something else.
    func answer(_ expected: Set<SpeechAct>, lead: Double = askedLead) -> SpeechAct? {
        if let act = exact(heard.text, expected) { return act }
        // "nah, …" is a no, whatever the rest is near to, and so is "never mind …".
        for act in [SpeechAct.no, .cancel] where expected.contains(act) && !asks {
            if phrases.withoutOpening(heard.text, of: [act], isSpaced: true) != nil { return act }
        }
        // "no thanks, I'm good", 好的，谢谢, "thanks, do that": the first clause that answers.
        let clauses = Clauses(heard.text).texts
        if clauses.count > 1, !asks, let act = clauses.lazy.compactMap({ exact($0, expected) }).first { return act }
        let scores = heard.whole.acts
        guard let best = scores.first, let score = scores.first(where: { expected.contains($0.act) }),
            score.similarity >= Self.asked, score.lead >= lead, score.similarity >= best.similarity - Self.gap
        else { return nil }
        return score.act
    }

    /// The act that the message is by itself.
    func alone(_ possible: Set<SpeechAct>) -> SpeechAct? {
        if let act = exact(heard.text, possible) { return act }
        // "Ok thanks" is thanks.
        let chain = phrases.chain(of: heard.text, MessageReadings.beside.intersection(possible))
        if let act = chain.last(where: { $0 != .acknowledge && $0 != .yes }) ?? chain.last { return act }
        // What is only near to a yes is one when something was asked, see `answer`.
        guard let best = heard.whole.acts.first, best.act != .yes, possible.contains(best.act), best.isClear else {
            return nil
        }
        return best.act
    }

    /// The danger that the message tells of, as a whole or clearly in one sentence.
    var danger: SpeechAct? {
        // "Goodbye" is goodbye, however near some farewell is to it.
        guard phrases.acts(of: heard.text).allSatisfy(\.isDanger) else { return nil }
        guard let danger = heard.dangerOfSentence ?? heard.whole.danger, danger.isHeard else { return nil }
        // "The glass is in a thousand pieces" is about the order.
        return danger.margin >= Self.sureDanger || !asks(Self.sureRequest) ? danger.act : nil
    }

    /// Whether the message asks for something beside what it answers.
    private var asks: Bool { asks(Self.request) }

    private func asks(_ probability: Double) -> Bool {
        heard.reading.candidates.contains { candidate in
            guard candidate.probability >= probability else { return false }
            guard case .intent(let name) = candidate.subject else { return true }
            return intents[name]?.act == nil
        }
    }

    private func exact(_ text: String, _ acts: Set<SpeechAct>) -> SpeechAct? {
        phrases.acts(of: text).intersection(acts).min { $0.rawValue < $1.rawValue }
    }
}
