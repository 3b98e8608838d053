public import BERT

/// What a text is to the encoder: some models are trained with another prefix for each.
public enum EncodingRole: UInt8, Hashable, Sendable {
    /// What a customer says.
    case query = 0
    /// What the bot knows.
    case passage = 1
}

/// Turns texts into sentence embeddings. `TextEncoder` is the real one; tests inject a fake.
public protocol SentenceEncoder: AnyObject, Sendable {
    /// Name of the encoder's directory, such as `multilingual-e5-small`.
    var name: String { get }
    /// SHA-256 of the weights, hex: a head belongs to the weights that it was trained with.
    var weightsHash: String { get }
    /// Names the weights and how they are calculated with: embeddings are only kept for the very same.
    var numericsHash: String { get }
    /// Numbers of an embedding.
    var dimension: Int { get }
    /// How a classification head should scale the embedding's features.
    var featureScaling: ModelManifest.FeatureScaling { get }
    /// One embedding a text, in their order, each `[dimension]` and of L2 norm 1. Blocks the calling thread.
    /// - Parameter threads: how many threads may share the work, the calling one included.
    func embed(_ texts: [String], as role: EncodingRole, threads: Int) throws -> [[Float]]
    /// The same embeddings and, from the same pass, the states of the tokens with their places.
    func encode(_ texts: [String], as role: EncodingRole, threads: Int) throws -> [EncodedText]
    /// The same as `embed`, letting others go first.
    /// - Parameter interlude: asked again and again for what is to be done before the work goes on.
    func embed(_ texts: [String], as role: EncodingRole, threads: Int, interlude: PassInterlude?) throws -> [[Float]]
    /// The same as `encode`, letting others go first.
    func encode(_ texts: [String], as role: EncodingRole, threads: Int, interlude: PassInterlude?) throws
        -> [EncodedText]
    /// Gives back the memory that long texts took.
    func giveBackMemory()
}

/// An encoder whose work is not interrupted and that holds no memory between two calls.
extension SentenceEncoder {
    public func embed(_ texts: [String], as role: EncodingRole, threads: Int, interlude: PassInterlude?) throws
        -> [[Float]]
    {
        try embed(texts, as: role, threads: threads)
    }

    public func encode(_ texts: [String], as role: EncodingRole, threads: Int, interlude: PassInterlude?) throws
        -> [EncodedText]
    {
        try encode(texts, as: role, threads: threads)
    }

    public func giveBackMemory() {}
}
