/// What one pass says of a text: as a whole, and token by token.
public struct EncodedText: Sendable, Equatable {
    /// The sentence embedding, L2 norm 1, `[hidden]`.
    public let embedding: [Float]
    /// The last layer's states, special tokens included, `[tokens, hidden]`.
    public let states: Encoder.TokenStates
    /// Where in the text each token comes from, see `TokenizedText`.
    public let places: [Range<Int>]

    /// - Parameters:
    ///   - states: as many tokens as there are places.
    public init(embedding: [Float], states: Encoder.TokenStates, places: [Range<Int>]) {
        self.embedding = embedding
        self.states = states
        self.places = places
    }

    /// Without anything about the tokens.
    public init(embedding: [Float]) {
        self.init(embedding: embedding, states: Encoder.TokenStates(tokens: 0, hidden: 0, values: []), places: [])
    }
}
