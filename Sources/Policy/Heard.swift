package import ConversationDomain
package import Wording

/// One clause of a message, ranked by itself.
package struct HeardClause: Hashable {
    package let text: String
    package let understanding: MessageUnderstanding

    package init(text: String, understanding: MessageUnderstanding) {
        self.text = text
        self.understanding = understanding
    }
}

/// A visitor's words, and what they were understood as.
package struct Heard {
    package let text: String
    /// The message as it stands.
    package let whole: MessageUnderstanding
    /// The reading that says most: the message itself, what is left of it without a greeting, or the message after what was
    /// talked about before.
    package var reading: MessageUnderstanding
    /// Where the whole leaves it open, what its parts say; else empty.
    package var clauses: [HeardClause] = []
    /// The danger that a sentence tells of clearly, by itself.
    private(set) var dangerOfSentence: DangerScore?
    /// Whether `reading` includes what was talked about before.
    var isInContext = false

    /// Words from which on a message is a story: most of it is in no example, so that what leads by far counts more than its
    /// probability. Foreign messages are seldom so long.
    static let storyWords = 20.0
    var isStory: Bool { MessageReadings.words(text) >= Self.storyWords }
}

extension Heard {
    /// How probable it is that the message as it stands asks for this.
    func probability(of subject: Candidate.Subject) -> Double {
        whole.candidates.first { $0.subject == subject }?.probability ?? 0
    }

    /// The message without what is taken back in it: "where is B" of "where is A, sorry, B". Nil where nothing is.
    package func withoutCorrected(_ phrases: PhraseBook) -> String? {
        let scalars = text.unicodeScalars
        func part(_ from: Int, _ to: Int) -> String {
            String(String.UnicodeScalarView(scalars.dropFirst(from).prefix(max(0, to - from))))
        }
        let values = whole.entities.sorted { $0.start < $1.start }
        for (first, second) in zip(values, values.dropFirst())
        where first.entity == second.entity && phrases.hasCorrection(PhraseMatcher.Text(part(first.end, second.start)))
        {
            return part(0, first.start) + part(second.start, scalars.count)
        }
        return nil
    }

    /// Takes another reading of the same message where something is more probable in it.
    package mutating func take(_ other: MessageUnderstanding, _ canBeSaid: (Candidate) -> Bool) {
        let best = other.candidates.first(where: canBeSaid)?.probability ?? 0
        guard best > reading.candidates.first(where: canBeSaid)?.probability ?? 0 else { return }
        reading = whole.ranked(as: other)
    }

    /// Takes what the clauses say. What is turned down is told by the clause that does it: the whole mixes it with what is asked
    /// for instead.
    package mutating func take(_ clauses: [HeardClause], _ canBeSaid: (Candidate) -> Bool) {
        self.clauses = clauses
        var refused: Set<IntentName> = []
        var wanted: Set<IntentName> = []
        for clause in clauses {
            let understanding = clause.understanding
            for candidate in understanding.candidates.filter(canBeSaid)
            where candidate.probability >= Self.leastOfClause {
                guard case .intent(let name) = candidate.subject else { continue }
                if understanding.refused.contains(name) {
                    refused.insert(name)
                } else if candidate.probability >= understanding.answerThreshold ?? understanding.threshold {
                    wanted.insert(name)
                }
            }
        }
        reading.refused = refused.subtracting(wanted)
    }

    /// By how much a sentence must be one of danger for the message to be. Torn from the rest, "that man I do not know" may be a
    /// threat, and "who signed for it? That man I do not know" is none.
    private static let clearDanger = 1.5

    /// The sentences that are worth a look each: the whole is no message of danger, and is like one.
    package var sentencesToCheck: [String] {
        guard let danger = whole.danger, !danger.isHeard else { return [] }
        let sentences = Clauses.sentences(of: text)
        return sentences.count > 1 ? sentences : []
    }

    /// Takes the danger that one of the sentences tells of.
    package mutating func take(sentences: [MessageUnderstanding]) {
        let clear = sentences.compactMap(\.danger).max { $0.margin < $1.margin }
        if let clear, clear.margin >= Self.clearDanger { dangerOfSentence = clear }
    }

    /// How probable an intent must be in a clause that turns it down.
    private static let leastOfClause = 0.2

    /// Two candidates from which on a message may ask for two things.
    private static let leastSecond = 0.12

    /// Whether a look at the clauses may tell more: nothing is sure, two things are likely, or something is turned down.
    /// - Parameter canBeSaid: leaves out what is only said beside a request.
    package func isOpen(_ canBeSaid: (Candidate) -> Bool) -> Bool {
        let candidates = reading.candidates.filter(canBeSaid)
        guard let best = candidates.first else { return true }
        if best.probability < reading.answerThreshold ?? reading.threshold || !reading.refused.isEmpty { return true }
        return candidates.dropFirst().first.map { $0.probability >= Self.leastSecond } ?? false
    }
}

/// The ways in which a message may be read.
package struct MessageReadings {
    /// Words of a message that is so short that it may go on with what was said before; a Chinese character counts half.
    static let shortMessage = 6.0
    /// Words of a message that is looked at for words that point back.
    static let pointingMessage = 14.0
    /// How probable something must be by itself to be what a message in context is about.
    static let leastAlone = 0.02
    /// How probable what a message says by itself must be for what was talked about before not to matter.
    /// Where it points back, it must be more so.
    static let clearAlone = 0.8
    static let clearPointing = 0.9
    /// By how much a message must be nearer to foreign ones to be none that goes on with what was said before.
    static let foreignLead = 0.15
    /// Acts that may stand beside a request without being it.
    static let beside: Set<SpeechAct> = [
        .greeting, .goodbye, .thanks, .apology, .acknowledge, .anyoneThere, .laughter, .wait, .yes,
    ]

    package let text: String
    /// In the usual spelling; nil when it is spelled so.
    let spelled: String?
    /// Without the greetings, thanks and so on at its ends; nil when there are none, or nothing else.
    let request: String?
    /// After what was talked about last; nil for a message that can stand for itself.
    let inContext: String?
    /// Whether the message has a word for what was said before.
    let pointsBack: Bool
    /// Whether the message begins with what may take back what was asked for before.
    package let takesBack: Bool

    package init(_ text: String, state: DialogueState, phrases: PhraseBook, locale: BotLocale) {
        self.text = text
        spelled = phrases.spelledOut(text, in: locale)
        let plain = spelled ?? text
        request = Self.request(in: plain, phrases)
        pointsBack = phrases.pointsBack(PhraseMatcher.Text(plain))
        let first = Clauses(plain).texts.first
        takesBack = first.map { !phrases.acts(of: $0).isDisjoint(with: DialoguePolicy.takingBack) } ?? false
        inContext = Self.context(of: plain, pointsBack: pointsBack, state, phrases)
    }

    package var all: [String] { [text] + [spelled, request, inContext].compactMap(\.self) }
    /// What clauses are taken from.
    package var requestOrText: String { request ?? spelled ?? text }

    // MARK: Without what stands beside

    private static func request(in text: String, _ phrases: PhraseBook) -> String? {
        // "Thank you very much" is thanks, and not "very much" after thanks.
        guard phrases.acts(of: text).isDisjoint(with: beside) else { return nil }
        var clauses = Clauses(text).texts
        if clauses.count == 1,
            let rest = phrases.withoutOpening(text, of: [.greeting, .apology, .anyoneThere, .thanks])
        {
            return rest
        }
        func isBeside(_ clause: String) -> Bool { !phrases.acts(of: clause).isDisjoint(with: beside) }
        let count = clauses.count
        while let first = clauses.first, isBeside(first) { clauses.removeFirst() }
        while let last = clauses.last, isBeside(last) { clauses.removeLast() }
        guard let first = clauses.first else { return nil }
        if let rest = phrases.withoutOpening(first, of: [.greeting, .apology, .anyoneThere]) { clauses[0] = rest }
        return clauses.count < count || clauses.first != first ? clauses.joined(separator: ", ") : nil
    }

    // MARK: With what was talked about

    private static func context(
        of text: String, pointsBack: Bool, _ state: DialogueState, _ phrases: PhraseBook
    ) -> String? {
        guard let topic = state.liveTopic, !topic.text.isEmpty, phrases.acts(of: text).isEmpty,
            phrases.chain(of: text, beside).isEmpty
        else { return nil }
        let length = words(text)
        guard length <= pointingMessage else { return nil }
        guard length <= shortMessage || pointsBack else { return nil }
        return topic.text + "\n" + text
    }

    package static func words(_ text: String) -> Double {
        SearchTerms.terms(of: text, limit: 64).reduce(0) { sum, term in
            sum + (term.unicodeScalars.first.map(SearchTerms.isCJK) == true ? 0.5 : 1)
        }
    }

    // MARK: Choosing

    /// - Parameter understood: one for each of `all`.
    package func heard(_ understood: [MessageUnderstanding], _ canBeSaid: (Candidate) -> Bool) -> Heard? {
        guard var whole = understood.first, understood.count == all.count else { return nil }
        // What somebody labelled is what they say it is, all of it.
        guard whole.labelled == nil else { return Heard(text: text, whole: whole, reading: whole) }
        func best(_ understanding: MessageUnderstanding) -> Candidate? {
            understanding.candidates.first(where: canBeSaid)
        }
        var rest = understood.dropFirst()
        if spelled != nil, let plain = rest.popFirst() {
            let isClearer = best(plain)?.probability ?? 0 >= best(whole)?.probability ?? 0
            whole = (isClearer ? whole.ranked(as: plain) : whole).acting(as: plain)
        }
        var heard = Heard(text: text, whole: whole, reading: whole)
        if request != nil, let alone = rest.popFirst(), let candidate = best(alone) {
            let before = best(whole)?.probability ?? 0
            let isSure = whole.answerThreshold.map { before >= $0 } ?? false
            if !isSure || candidate.probability >= before { heard.reading = whole.ranked(as: alone) }
        }
        guard inContext != nil, let after = rest.popFirst(), let candidate = best(after) else { return heard }
        let now = best(heard.reading)?.probability ?? 0
        // Something that the message says clearly by itself needs no context, and what is foreign by itself gets none.
        let limit = pointsBack ? Self.clearPointing : Self.clearAlone
        let alone = heard.reading.candidates.first { $0.subject == candidate.subject }?.probability ?? 0
        let isForeign = whole.foreignLead > Self.foreignLead && alone < Self.leastAlone
        if now < limit, candidate.probability > now, !isForeign {
            heard.reading = whole.ranked(as: after)
            heard.isInContext = true
        }
        return heard
    }
}

extension PhraseBook {
    /// The text without one of these acts' sentences at its beginning; nil when it does not begin with one, or says nothing else.
    /// - Parameter isSpaced: takes no opening that goes on without a space or a mark: 不 is not the beginning of 不好意思.
    func withoutOpening(_ text: String, of acts: Set<SpeechAct>, isSpaced: Bool = false) -> String? {
        let scalars = Array(text.unicodeScalars)
        var best: Int?
        // A greeting is a few words, and what follows it a word of its own.
        for end in scalars.indices.dropFirst().prefix(Self.openingLimit) {
            let isBorder =
                scalars[end].properties.isWhitespace || !isSpaced && SearchTerms.isCJK(scalars[end])
                || !scalars[end].properties.isAlphabetic
            guard isBorder, scalars[end - 1].properties.isWhitespace == false else { continue }
            let opening = String(String.UnicodeScalarView(scalars[..<end]))
            if !self.acts(of: opening).isDisjoint(with: acts) { best = end }
        }
        guard let best else { return nil }
        let rest = scalars[best...].drop { !$0.properties.isAlphabetic && $0.properties.numericType == nil }
        guard rest.count >= 2 else { return nil }
        return String(String.UnicodeScalarView(rest))
    }

    private static let openingLimit = 24
    private static let chainLimit = 4

    /// The acts of a text that is nothing but acts, with a space or a mark between them: "ok thanks bye", 好的 谢谢. Empty for
    /// any other.
    func chain(of text: String, _ allowed: Set<SpeechAct>) -> [SpeechAct] {
        var (left, chain) = (text, [SpeechAct]())
        func act(_ text: String) -> SpeechAct? {
            acts(of: text).intersection(allowed).min { $0.rawValue < $1.rawValue }
        }
        for _ in 0..<Self.chainLimit {
            if let last = act(left) { return chain + [last] }
            guard let rest = withoutOpening(left, of: allowed, isSpaced: true),
                let first = act(String(left.unicodeScalars.dropLast(rest.unicodeScalars.count)))
            else { return [] }
            chain.append(first)
            left = rest
        }
        return []
    }
}

extension DialogueState {
    /// Turns that a topic lives.
    static let topicTurns = 3

    var liveTopic: Topic? { topic.flatMap { turn - $0.turn <= Self.topicTurns ? $0 : nil } }
}
