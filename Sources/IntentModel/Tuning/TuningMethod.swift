import BERTTraining

/// What of the encoder is trained before the head.
public enum TuningMethod: String, CaseIterable, Hashable, Sendable, Codable {
    /// Nothing: the head learns on top of the encoder as it was published. Seconds.
    case head
    /// Low-rank changes of every matrix, by the cross entropy of the labels: few numbers learn, so little is forgotten.
    case lora
    /// All weights, by the cross entropy of the labels.
    case full
    /// All weights, so that sentences of one intent come closer and others go apart; the best use of few examples.
    case contrastive
}

/// What the owner asked for.
public enum TuningChoice: Hashable, Sendable {
    case method(TuningMethod)
    /// The encoder stays as it is, unless a comparison says otherwise (``MethodComparison``).
    case automatic
    /// What a comparison came to, and why.
    case decided(TuningMethod, reason: String)
}

/// How an encoder is to be tuned: the method, and how many times its examples are seen at which rate.
public struct TuningPlan: Hashable, Sendable {
    public var method: TuningMethod
    /// Why this method, in a sentence for the owner.
    public var reason: String
    /// nil for the method's own.
    public var epochs: Int?
    public var learningRate: Float?

    public init(method: TuningMethod, reason: String, epochs: Int? = nil, learningRate: Float? = nil) {
        self.method = method
        self.reason = reason
        self.epochs = epochs
        self.learningRate = learningRate
    }

    public init(_ choice: TuningChoice) {
        switch choice {
        case .method(let method): self.init(method: method, reason: "as asked")
        case .automatic:
            self.init(method: .head, reason: "nothing was compared, so the encoder stays as it was published")
        case .decided(let method, let reason): self.init(method: method, reason: reason)
        }
    }
}
