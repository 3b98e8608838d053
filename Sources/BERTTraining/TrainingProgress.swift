/// Where a training run is.
public struct TrainingProgress: Sendable, Equatable {
    /// Steps done, and steps in all.
    public var step: Int
    public var steps: Int
    /// The epoch under way, from 1, and epochs in all.
    public var epoch: Int
    public var epochs: Int
    /// The mean loss of the last steps.
    public var loss: Double
    /// The learning rate of the last step.
    public var learningRate: Float
    /// Trained tokens per second since the run began or was resumed.
    public var tokensPerSecond: Double
    /// Seconds left at this pace if the run does not stop early.
    public var secondsLeft: Double
    /// The last accuracy on the held-out examples.
    public var accuracy: Double?
}

/// How a run went, for plots: losses and learning rates over the steps, accuracies on the held-out examples.
public struct TrainingCurves: Sendable, Equatable, Codable {
    /// A mean over the steps since the point before.
    public struct Point: Sendable, Equatable, Codable {
        /// Steps done.
        public var step: Int
        public var loss: Double
        public var learningRate: Float
    }

    /// What the held-out examples say.
    public struct Evaluation: Sendable, Equatable, Codable {
        /// Steps done.
        public var step: Int
        /// The share of right labels per head, nil for a head that no held-out example belongs to.
        public var byHead: [Double?]
        /// Their mean, by which the best weights are chosen.
        public var accuracy: Double
    }

    public var points: [Point] = []
    public var evaluations: [Evaluation] = []

    /// No points yet.
    public init() {}
}

/// What a training run gives.
public struct TrainingResult: Sendable {
    /// The encoder's changed tensors.
    public let weights: TrainedWeights
    /// The heads, in the order in which they were given; empty for the methods that train none.
    public let heads: [TrainedHeadWeights]
    /// How the run went.
    public let curves: TrainingCurves
    /// The best accuracy on the held-out examples, that of the weights.
    public let accuracy: Double?
    /// Steps done, and steps planned.
    public let steps: Int
    public let plannedSteps: Int
    /// Whether the held-out accuracy had stopped rising.
    public let stoppedEarly: Bool
}

/// A trained linear head: logits = w · x + b.
public struct TrainedHeadWeights: Sendable, Equatable {
    /// The head.
    public let head: TrainedHead
    /// w[labels, hidden], row-major.
    public let weight: [Float]
    /// b[labels].
    public let bias: [Float]
}
