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
    /// By the data's size.
    case automatic
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

    /// Fewer examples an intent than this are too few for the encoder to learn anything that holds elsewhere.
    static let fewestForTuning = 4
    /// From so many examples an intent on, the labels' cross entropy has enough to learn from.
    static let fewestForFull = 40

    /// - Parameters:
    ///   - counts: the number of examples of each intent.
    public init(_ choice: TuningChoice, counts: [Int]) {
        let median = counts.isEmpty ? 0 : counts.sorted()[counts.count / 2]
        switch choice {
        case .method(let method): self.init(method: method, reason: "as asked")
        case .automatic where median < Self.fewestForTuning:
            self.init(
                method: .head,
                reason: "half of the intents have at most \(median) examples, too few to change the encoder by")
        case .automatic where median < Self.fewestForFull:
            self.init(
                method: .contrastive,
                reason: "with some \(median) examples an intent, comparing pairs of them teaches the encoder most")
        case .automatic:
            self.init(
                method: .full, reason: "with some \(median) examples an intent, all weights can learn from the labels")
        }
    }
}
