/// A tokenised text and what is to be learnt from it.
public struct TrainingExample: Sendable, Equatable {
    /// What the text is an example of.
    public enum Target: Sendable, Equatable {
        /// Label number `label` of the sentence head number `head`.
        case sentence(head: Int, label: Int)
        /// For the token head number `head` a label per token, nil where nothing is to be learnt: special tokens and
        /// the pieces of a word behind its first.
        case tokens(head: Int, labels: [Int?])
        /// Nothing but the text itself.
        case unlabelled
    }

    /// Token ids with special tokens, not empty.
    public var tokens: [Int32]
    /// What is to be learnt from one pass: by the intent head, by the entity head, …; of each head at most one.
    public var targets: [Target]

    /// An example with `tokens` for `target`.
    public init(tokens: [Int32], target: Target) {
        self.init(tokens: tokens, targets: [target])
    }

    /// An example with `tokens` for several heads at once.
    public init(tokens: [Int32], targets: [Target]) {
        self.tokens = tokens
        self.targets = targets
    }
}

/// A named label set that is trained on the encoder.
public struct TrainedHead: Sendable, Equatable, Codable {
    /// What the head labels.
    public enum Kind: String, Sendable, Codable {
        /// A text: the logits are w · pooled + b.
        case sentence
        /// Each token: the logits are w · state + b.
        case tokens
    }

    /// The head's name, different from those of the others.
    public var name: String
    /// What it labels.
    public var kind: Kind
    /// How many labels it has, at least 2.
    public var labels: Int
    /// What its loss is multiplied with.
    public var weight: Float

    /// Describes a head.
    public init(name: String, kind: Kind = .sentence, labels: Int, weight: Float = 1) {
        self.name = name
        self.kind = kind
        self.labels = labels
        self.weight = weight
    }
}
