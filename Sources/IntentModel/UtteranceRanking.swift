public import BERT
public import ConversationDomain
import Synchronization

/// Tells one ranking from every other of this process, also after it is gone.
public struct RankingID: Hashable, Sendable {
    private static let last = Atomic<UInt64>(0)
    private let number = last.add(1, ordering: .relaxed).newValue

    public init() {}
}

/// Ranks all that a bot could say to a message, intents and knowledge entries in one list. One revision of the content and one
/// encoder; replaced as a whole.
public protocol UtteranceRanking: AnyObject, Sendable {
    var id: RankingID { get }
    /// The encoder that its vectors were made with (`SentenceEncoder.numericsHash`).
    var encoder: String { get }
    /// The probability from which on a candidate is right as often as the owner wants.
    var answerThreshold: Double { get }
    /// Best first, with calibrated probabilities; what they leave to 1 is "nothing of this".
    /// - Parameters:
    ///   - text: the message as the encoder reads it.
    ///   - encoded: what the encoder made of it, tokens included.
    ///   - model: the version whose encoder it was.
    ///   - head: the intent head's ranking, best first.
    ///   - locale: the visitor's; nil for all.
    func rank(
        _ text: String, _ encoded: EncodedText, model: ModelVersionID, head: [IntentScore], locale: BotLocale?
    ) async -> RankedMessage
}

/// What a message may ask for, and what is done by saying it.
public struct RankedMessage: Hashable, Sendable {
    /// Best first, with calibrated probabilities.
    public var candidates: [Candidate]
    /// The nearest speech acts, best first.
    public var acts: [SpeechActScore]
    /// The intents that the message turns down.
    public var refused: Set<IntentName>
    /// Those that it may turn down, see ``MessageUnderstanding/nearlyRefused``.
    public var nearlyRefused: [IntentName: Double]
    /// How much nearer the message is to what nothing here answers than to all that the bot could answer.
    public var foreignLead: Double
    /// The danger that the message may tell of; nil where it is like none.
    public var danger: DangerScore?

    public init(
        _ candidates: [Candidate], acts: [SpeechActScore] = [], refused: Set<IntentName> = [],
        nearlyRefused: [IntentName: Double] = [:], foreignLead: Double = 0,
        danger: DangerScore? = nil
    ) {
        self.danger = danger
        self.foreignLead = foreignLead
        self.candidates = candidates
        self.acts = acts
        self.refused = refused
        self.nearlyRefused = nearlyRefused
    }
}

/// What a message is taken for, by the ranking and by the labels of the review queue.
struct RankedJudgement {
    /// Candidates that two intents must each reach to be too close to choose between.
    static let closeProbability = 0.2

    let candidates: [Candidate]
    let ranking: [IntentScore]
    let verdict: MessageUnderstanding.Verdict

    /// - Parameters:
    ///   - judged: what head and labels say; a label that decided there decides here.
    ///   - threshold: the probability from which on a candidate is acted on.
    init(_ ranked: [Candidate], judged: IntentHead.LabelledJudgement, threshold: Double) {
        let candidates = Self.following(judged, ranked)
        self.candidates = candidates
        let intents = candidates.compactMap { candidate -> IntentScore? in
            guard case .intent(let intent) = candidate.subject else { return nil }
            return IntentScore(intent: intent, confidence: candidate.probability)
        }
        let ranked = Set(intents.map(\.intent))
        // What was not even compared has nothing to be said for it.
        ranking =
            intents
            + judged.ranking.filter { !ranked.contains($0.intent) }.map {
                IntentScore(intent: $0.intent, confidence: 0)
            }
        verdict = Self.verdict(candidates, intents, threshold: threshold)
    }

    private static func verdict(_ candidates: [Candidate], _ intents: [IntentScore], threshold: Double)
        -> MessageUnderstanding.Verdict
    {
        guard let best = candidates.first, let top = intents.first else { return .outOfScope }
        if case .intent = best.subject, best.probability >= threshold { return .accepted }
        let close = intents.prefix(3).filter { $0.confidence >= closeProbability }
        if close.count > 1 { return .ambiguous(close.map(\.intent)) }
        let nothing = 1 - candidates.reduce(0) { $0 + $1.probability }
        return nothing > top.confidence ? .outOfScope : .belowThreshold
    }

    private static func following(_ judged: IntentHead.LabelledJudgement, _ candidates: [Candidate]) -> [Candidate] {
        guard let label = judged.labelled else { return candidates }
        let certainty =
            label.intent == .outOfScope
            ? 1 - (judged.ranking.first?.confidence ?? 0) : judged.ranking.first?.confidence ?? 0
        let known = candidates.first { $0.subject == .intent(label.intent) }?.probability ?? 0
        let own = label.intent == .outOfScope ? 0 : max(known, certainty)
        let others = candidates.filter { $0.subject != .intent(label.intent) }
        let before = others.reduce(0) { $0 + $1.probability }
        let left = 1 - max(own, certainty)
        let scale = before > left ? left / before : 1
        var result = others.map {
            Candidate(subject: $0.subject, probability: $0.probability * scale, sentences: $0.sentences)
        }
        if own > 0 { result.append(Candidate(subject: .intent(label.intent), probability: own)) }
        return result.sorted { $0.probability > $1.probability }
    }
}
