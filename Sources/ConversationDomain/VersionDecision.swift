/// What one model version makes of a message, without what the dialogue makes of it.
public struct VersionDecision: Hashable, Sendable {
    /// The most likely label, `out_of_scope` included, with its confidence.
    public let best: IntentScore
    /// The bot would act on it: it reached its threshold, with enough distance to the second.
    public let isAccepted: Bool

    public init(best: IntentScore, isAccepted: Bool) {
        self.best = best
        self.isAccepted = isAccepted
    }

    /// The intent that the bot acts on; nil when the message is not accepted as any.
    public var understood: IntentName? { isAccepted ? best.intent : nil }

    /// Whether the bot does the right thing with a message that means `intent`: acts on it, or rejects what is out of scope.
    public func isRight(for intent: IntentName) -> Bool {
        intent == .outOfScope ? understood == nil : understood == intent
    }
}

extension VersionDecision {
    /// - Parameter ranking: all intents but `out_of_scope`, best first; what they leave of 1 is out of scope.
    public init(ranking: [IntentScore], verdict: MessageUnderstanding.Verdict) {
        let foreign = IntentScore(
            intent: .outOfScope, confidence: max(0, 1 - ranking.reduce(0) { $0 + $1.confidence }))
        let best = verdict == .outOfScope ? foreign : ranking.first ?? foreign
        self.init(best: best, isAccepted: verdict == .accepted)
    }
}

/// As JSON: `{intent, best, confidence, accepted}`; `intent` is null when the bot would not act on `best`.
extension VersionDecision: Encodable {
    enum Keys: String, CodingKey {
        case intent, best, confidence, accepted
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(understood, forKey: .intent)
        try container.encode(best.intent, forKey: .best)
        try container.encode((best.confidence * 1e6).rounded() / 1e6, forKey: .confidence)
        try container.encode(isAccepted, forKey: .accepted)
    }
}
