/// How an encoder is trained. The defaults suit a few thousand labelled sentences.
public struct TrainingOptions: Sendable, Equatable, Codable {
    /// What is trained, and by which loss.
    public enum Method: Sendable, Equatable, Codable {
        /// All weights, by the heads' cross entropy.
        case full
        /// Low-rank changes of all matrices (Hu et al. 2021), by the heads' cross entropy.
        case lowRank(rank: Int, alpha: Float)
        /// All weights, so that sentences of one label come closer (supervised contrastive loss, Khosla et al. 2020).
        /// Each batch holds several examples of each of its labels. The heads are not trained.
        case contrastive
        /// All weights, so that a sentence comes close to itself under another dropout mask (SimCSE, Gao et al. 2021).
        /// Labels are not looked at.
        case unsupervised
    }

    /// How token states become a sentence's vector.
    public enum Pooling: String, Sendable, Codable {
        /// The mean over all tokens.
        case mean
        /// The state of the first token.
        case first
    }

    public var method: Method = .full
    /// How often every example is seen.
    public var epochs = 10
    /// The highest learning rate of the top layer.
    public var learningRate: Float = 5e-5
    /// The heads' learning rate over that of the encoder.
    public var headRateFactor: Float = 20
    /// A layer's learning rate over that of the layer above it.
    public var layerRateDecay: Float = 1
    /// Sentences per step.
    public var batchSize = 32
    /// The share of the steps in which the learning rate rises.
    public var warmUpShare: Float = 0.1
    /// Weight decay of matrices and tables, not of biases and layer norms.
    public var weightDecay: Float = 0.01
    /// Gradients whose norm is larger are scaled down to it.
    public var largestGradient: Float = 1
    /// The share of numbers that dropout sets to zero, in the encoder and before the heads.
    public var dropout: Float = 0.1
    /// The share of probability that is spread over all labels.
    public var labelSmoothing: Float = 0.05
    /// Divides similarities in the contrastive losses.
    public var temperature: Float = 0.1
    /// Examples per label in a batch of the contrastive method.
    public var examplesPerLabel = 4
    /// How token states become a sentence's vector.
    public var pooling: Pooling = .mean
    /// Longer texts are cut to this many tokens, the closing one being kept.
    public var maximumTokens = 64
    /// Tokens that run through the encoder at once; larger batches of the methods `full` and `lowRank` run in parts. Bounds the memory.
    public var tokensPerPart = 4096
    /// Whether the word embeddings stay as they are; by default they do in vocabularies above 100,000.
    public var freezesWords: Bool?
    /// How many layers from the bottom stay as they are, together with the embeddings.
    public var frozenLayers = 0
    /// Training ends when the held-out accuracy has not risen for this many evaluations; nil trains to the end. The best weights
    /// are taken either way.
    public var patience: Int? = 3
    /// Evaluations of the held-out examples per epoch.
    public var evaluationsPerEpoch = 1
    /// The same seed, data and options give the same weights, whatever the number of threads.
    public var seed: UInt64 = 1
    /// Threads that share each step, 1 to 16.
    public var threads = 2

    /// The defaults.
    public init() {}
}
