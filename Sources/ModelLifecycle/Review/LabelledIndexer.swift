public import ConversationDomain
import Entities
public import Inference
public import IntentModel
public import ModelRecords
import Synchronization

/// Makes the index of a bot's labels.
public final class LabelledIndexer: Sendable {
    private struct Measured {
        let sentences: [KnownSentence]
        let encoder: String
        let thresholds: [BotLocale: NeighbourThresholds]
    }

    private let queue: InferenceQueue
    private let cache: (any ModelStore)?
    private let measured = Mutex<Measured?>(nil)

    /// - Parameters:
    ///   - queue: what encodes labels that are new.
    ///   - cache: where embeddings are kept.
    public init(queue: InferenceQueue, cache: (any ModelStore)?) {
        self.queue = queue
        self.cache = cache
    }

    /// Nil when `content` has no labels: bots without any pay nothing.
    public func index(_ content: BotContent, encoder: any SentenceEncoder) async throws -> LabelledIndex? {
        try await index(content.labels, of: content, encoder: encoder)
    }

    /// - Parameter labels: instead of those that `content` has.
    func index(_ labels: [KnownSentence], of content: BotContent, encoder: any SentenceEncoder) async throws
        -> LabelledIndex?
    {
        let labels = Array(labels.suffix(LabelledIndex.limit))
        guard !labels.isEmpty else { return nil }
        return try LabelledIndex(
            labels, embeddings: try await embeddings(labels.map(\.text), encoder: encoder),
            thresholds: try await thresholds(content, encoder: encoder), encoder: encoder)
    }

    /// Measured on what the owner wrote, once for each state of it.
    func thresholds(_ content: BotContent, encoder: any SentenceEncoder) async throws
        -> [BotLocale: NeighbourThresholds]
    {
        let known = KnownSentences.chosen(content.sentences { $0.origin == .written })
        let name = encoder.numericsHash
        if let last = measured.withLock({ $0 }), last.encoder == name, last.sentences == known {
            return last.thresholds
        }
        let sample = KnownSentences(
            sentences: known, embeddings: try await embeddings(known.map(\.text), encoder: encoder))
        let thresholds = try await DedicatedThread.run("neighbours") { cancellation in
            try NeighbourThresholds.measured(sample, isCancelled: { cancellation.isCancelled })
        }
        measured.withLock { $0 = Measured(sentences: known, encoder: name, thresholds: thresholds) }
        return thresholds
    }

    /// What was measured already for this content.
    func measuredThresholds(_ content: BotContent, encoder: any SentenceEncoder) -> [BotLocale: NeighbourThresholds]? {
        let known = KnownSentences.chosen(content.sentences { $0.origin == .written })
        return measured.withLock { last in
            last?.encoder == encoder.numericsHash && last?.sentences == known ? last?.thresholds : nil
        }
    }

    /// The sentences that a label is measured on, labels among them.
    func known(_ content: BotContent, encoder: any SentenceEncoder) async throws -> KnownSentences {
        let sentences = KnownSentences.chosen(content.sentences { _ in true })
        return KnownSentences(
            sentences: sentences, embeddings: try await embeddings(sentences.map(\.text), encoder: encoder))
    }

    /// From the cache, where training has left those of the bot's own sentences.
    func embeddings(_ texts: [String], encoder: any SentenceEncoder) async throws -> [[Float]] {
        try await CachedEmbedder(encoder: encoder, queue: queue, cache: cache).embed(
            texts.map(MaskedText.masking), as: .query)
    }

    /// The same, as far as it goes in a time; nil for the rest. Some texts are encoded at a time, so that others get their turn and
    /// a caller who leaves is noticed.
    func embeddings(_ texts: [String], encoder: any SentenceEncoder, within time: Duration) async throws -> [[Float]?] {
        let end = ContinuousClock.now + time
        var embeddings: [[Float]?] = []
        for start in stride(from: 0, to: texts.count, by: Self.textsAtOnce) {
            try Task.checkCancellation()
            guard .now < end else { break }
            let some = Array(texts[start..<min(start + Self.textsAtOnce, texts.count)])
            embeddings += try await self.embeddings(some, encoder: encoder)
        }
        return embeddings + [[Float]?](repeating: nil, count: texts.count - embeddings.count)
    }

    private static let textsAtOnce = 16
}
