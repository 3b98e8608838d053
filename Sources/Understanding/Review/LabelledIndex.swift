public import ConversationDomain

/// What people said of single texts in the review queue, beside the head of the model: a label counts as soon as it is
/// made, for the text itself and for texts that are very near to it, also where the head has learned nothing of it yet.
public final class LabelledIndex: Sendable {
    /// Labels that are looked at.
    static let limit = 5_000

    /// A label that is near enough to decide.
    struct Match: Hashable, Sendable {
        let label: LabelledMatch
        /// How often texts that are as near mean the same, 0 to 1; 1 for the text itself.
        let certainty: Double

        /// Whether the label also stands against a model that is sure of something else.
        var overrules: Bool { certainty >= NeighbourThresholds.sureTarget }
    }

    private struct Label {
        let intent: IntentName
        let thresholds: NeighbourThresholds
    }

    /// The encoder that made the vectors (`SentenceEncoder.numericsHash`).
    let encoder: String
    private let exact: [String: IntentName]
    private let labels: [Label]
    private let rows: VectorRows

    /// - Throws: `ChatError(.internal)` when embeddings differ in length.
    init(
        _ labels: [KnownSentence], embeddings: [[Float]], thresholds: [BotLocale: NeighbourThresholds],
        encoder: any SentenceEncoder
    ) throws {
        self.encoder = encoder.numericsHash
        self.labels = labels.map { Label(intent: $0.intent, thresholds: thresholds[for: $0.locale]) }
        exact = Dictionary(labels.map { (Self.key(of: $0.text), $0.intent) }, uniquingKeysWith: { $1 })
        var rows = VectorRows(expected: labels.count, columns: encoder.dimension)
        try rows.append(embeddings)
        self.rows = rows
    }

    /// The label of the text itself, else that of the nearest text if it is near enough.
    func match(_ text: String, _ embedding: [Float]) -> Match? {
        if let intent = exact[Self.key(of: text)] {
            return Match(label: LabelledMatch(intent: intent, similarity: 1), certainty: 1)
        }
        let cosines = rows.products(with: embedding)
        guard let best = cosines.indices.max(by: { cosines[$0] < cosines[$1] }) else { return nil }
        let (label, similarity) = (labels[best], min(1, Double(cosines[best])))
        guard similarity >= label.thresholds.likely else { return nil }
        return Match(
            label: LabelledMatch(intent: label.intent, similarity: similarity),
            certainty: similarity >= label.thresholds.sure
                ? NeighbourThresholds.sureTarget : NeighbourThresholds.likelyTarget)
    }

    /// What texts share that differ in case, spaces, punctuation, order numbers and addresses only.
    static func key(of text: String) -> String {
        let masked = MaskedText.masking(text)
        let plain = SearchTerms.plain(masked)
        return plain.isEmpty ? UtteranceCache.normalised(masked) : plain
    }
}

/// Makes the index of a bot's labels.
public struct LabelledIndexer: Sendable {
    private let queue: InferenceQueue
    private let cache: (any ModelStore)?

    /// - Parameters:
    ///   - queue: what encodes labels that are new.
    ///   - cache: where embeddings are kept.
    public init(queue: InferenceQueue, cache: (any ModelStore)?) {
        self.queue = queue
        self.cache = cache
    }

    /// Nil when `content` has no labels: bots without any pay nothing.
    public func index(_ content: BotContent, encoder: any SentenceEncoder) async throws -> LabelledIndex? {
        let labels = content.labels
        guard !labels.isEmpty else { return nil }
        return try await index(labels, encoder: encoder, thresholds: try await thresholds(content, encoder: encoder))
    }

    func index(
        _ labels: [KnownSentence], encoder: any SentenceEncoder, thresholds: [BotLocale: NeighbourThresholds]
    ) async throws -> LabelledIndex? {
        let labels = Array(labels.suffix(LabelledIndex.limit))
        guard !labels.isEmpty else { return nil }
        let embeddings = try await embedder(encoder).embed(labels.map { MaskedText.masking($0.text) }, as: .query)
        return try LabelledIndex(labels, embeddings: embeddings, thresholds: thresholds, encoder: encoder)
    }

    func thresholds(_ content: BotContent, encoder: any SentenceEncoder) async throws
        -> [BotLocale: NeighbourThresholds]
    {
        let known = try await KnownSentences(content, embedder: embedder(encoder))
        return try await DedicatedThread.run("neighbours") { cancellation in
            try NeighbourThresholds.measured(known, isCancelled: { cancellation.isCancelled })
        }
    }

    func embedder(_ encoder: any SentenceEncoder) -> CachedEmbedder {
        CachedEmbedder(encoder: encoder, queue: queue, cache: cache)
    }
}
