import ConversationDomain

/// How near a message is to one candidate.
struct CandidateScores: Hashable, Sendable {
    /// Its place in the index.
    let entry: Int
    /// How many sentences it has.
    let sentences: Int
    /// The late interaction with its nearest sentences, best first, at most 3.
    private(set) var nearest: [Float] = []
    /// The sentence that is nearest.
    private(set) var sentence = 0
    /// The largest cosine of the whole sentences.
    private(set) var cosine: Float = -1
    /// What the intent head says, 0 to 1; nil for knowledge and for intents that it has not learned.
    var confidence: Double?
    /// BM25 of its sentences and answer, as a share of the best candidate's, 0 to 1.
    var lexical: Float = 0

    init(entry: Int, sentences: Int) {
        self.entry = entry
        self.sentences = sentences
    }

    var similarity: Float { nearest.first ?? 0 }
    var meanSimilarity: Float { nearest.isEmpty ? 0 : nearest.reduce(0, +) / Float(nearest.count) }

    mutating func take(_ similarity: Float, cosine: Float, of sentence: Int) {
        if nearest.isEmpty || similarity > nearest[0] { self.sentence = sentence }
        self.cosine = max(self.cosine, cosine)
        nearest.append(similarity)
        nearest.sort(by: >)
        if nearest.count > 3 { nearest.removeLast() }
    }
}

/// How near a message is to everything.
struct MessageScores: Hashable, Sendable {
    /// Those that were compared, in no order.
    var candidates: [CandidateScores] = []
    /// Tokens of the message.
    let tokens: Int
    /// The late interaction with the nearest background sentences, best first, at most 5.
    private(set) var background: [Float] = []
    private(set) var backgroundCosine: Float = -1
    /// The late interaction with the nearest background sentence that tells of no danger, 0 without one.
    private(set) var harmlessBackground: Float = 0
    /// How near the bot's own sentences are to each other.
    let content: ContentNearness
    /// The nearest speech acts, best first.
    var acts: [SpeechActScore] = []
    /// How much nearer the message is to the refusals of an intent than to its examples.
    var refusals: [IntentName: Double] = [:]
    /// Those of them whose example that is nearest to the message denies nothing.
    var affirmed: Set<IntentName> = []
    var danger: DangerScore?

    init(tokens: Int, content: ContentNearness = .usual) {
        self.tokens = tokens
        self.content = content
    }

    mutating func takeBackground(_ similarity: Float, cosine: Float, isDanger: Bool = false) {
        if !isDanger { harmlessBackground = max(harmlessBackground, similarity) }
        backgroundCosine = max(backgroundCosine, cosine)
        background.append(similarity)
        background.sort(by: >)
        if background.count > 5 { background.removeLast() }
    }
}
