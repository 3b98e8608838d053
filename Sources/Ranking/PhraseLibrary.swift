/// Sentences that the program brings and that belong to no bot: their vectors depend on the encoder alone and are kept with it.
public struct PhraseLibrary: Sendable {
    /// Another one for other sentences.
    public let id: String
    /// Read when there are no vectors of them yet.
    public let sentences: @Sendable () -> [String]

    public init(id: String, sentences: @escaping @Sendable () -> [String]) {
        self.id = id
        self.sentences = sentences
    }
}
