public import ConversationDomain
import Dispatch
import Entities
import Foundation
public import Inference
public import ModelRecords
import Synchronization

/// Finds knowledge entries by meaning and by words.
///
/// The score s of an entry (see `KnowledgeVectors.Match`) is shown as 1 / (1 + e^(t − s)), so that 0.5 is the acceptance
/// threshold t.
///
/// t is measured on the knowledge itself, locale by locale: for each of its questions the best score of any *other*
/// entry is what a related question without an entry of its own would get; t is the median of these. (With two public
/// sets of FAQs and both encoders this accepted 68 to 98 % of the questions, and at most 1 % of foreign ones.)
public final class KnowledgeIndex: KnowledgeBase {
    /// Terms of a query that are looked up.
    static let termLimit = 128
    /// Comparisons, of queries with questions, that a caller's own thread makes at once; more are made elsewhere, so
    /// that the threads that carry everybody's messages are not held for milliseconds.
    static let inlineLimit = 20_000

    /// Everything that belongs to one revision and one encoder; replaced as a whole.
    private final class Generation: Sendable {
        let model: ModelVersionID
        let encoder: any SentenceEncoder
        let parts: [BotLocale: KnowledgeIndexer.Part]
        let locales: [BotLocale]

        init(model: ModelVersionID, encoder: any SentenceEncoder, parts: [BotLocale: KnowledgeIndexer.Part]) {
            self.model = model
            self.encoder = encoder
            self.parts = parts
            locales = parts.keys.sorted()
        }

        /// The parts that a visitor with this locale is answered from: those of the locale or its language if there are
        /// any, otherwise all.
        func parts(for locale: BotLocale?) -> [KnowledgeIndexer.Part] {
            guard let nearest = locale?.nearest(in: locales) else { return locales.compactMap { parts[$0] } }
            return parts[nearest].map { [$0] } ?? []
        }
    }

    private let queue: InferenceQueue
    private let cache: (any ModelStore)?
    private let progress: @Sendable (Int, Int) -> Void
    private let state = Mutex<Generation?>(nil)
    private let searches = DispatchQueue(label: "knowledge")

    /// - Parameters:
    ///   - queue: what encodes queries and new entries.
    ///   - cache: keeps embeddings, so that after a change or a start only new texts are encoded.
    ///   - progress: is told how many of all texts are embedded.
    public init(
        queue: InferenceQueue, cache: (any ModelStore)?, progress: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
    ) {
        self.queue = queue
        self.progress = progress
        self.cache = cache
    }

    /// The model whose vectors are searched; nil before the first refresh.
    public var model: ModelVersionID? { state.withLock { $0?.model } }

    /// Indexes `content` with the vectors of `encoder`. Searches go on with the old index until the new one is complete.
    /// - Parameters:
    ///   - model: the version that the encoder belongs to.
    ///   - foreign: what passages are judged by.
    public func refresh(
        content: BotContent, encoder: any SentenceEncoder, model: ModelVersionID, foreign: ForeignMessages = .none
    ) async throws {
        let indexer = KnowledgeIndexer(
            encoder: encoder, embedder: CachedEmbedder(encoder: encoder, queue: queue, cache: cache),
            foreign: foreign, progress: progress)
        let parts = try await indexer.parts(of: content.knowledge)
        let generation = Generation(model: model, encoder: encoder, parts: parts)
        // The old one is let go outside of the lock.
        let replaced = state.withLock { current in
            defer { current = generation }
            return current
        }
        _ = replaced
    }

    /// Entries of the wanted locale if the knowledge has any in it (or in its language), of all locales otherwise.
    /// - Throws: `ChatError(.notReady)` before the first refresh, `ChatError(.overloaded)`.
    public func search(
        _ query: String, embedding: [Float]?, model: ModelVersionID?, locale: BotLocale?, limit: Int
    ) async throws -> [KnowledgeHit] {
        guard let generation = state.withLock({ $0 }) else {
            throw ChatError(.notReady, "the knowledge base is not indexed yet", retryAfter: 1)
        }
        let parts = generation.parts(for: locale)
        guard !parts.isEmpty, limit > 0 else { return [] }
        let vector: [Float]
        if let embedding, model == generation.model, embedding.count == generation.encoder.dimension {
            vector = embedding
        } else {
            vector =
                try await queue.embed([MaskedText.masking(query)], as: .query, with: generation.encoder).first ?? []
        }
        guard parts.reduce(0, { $0 + $1.vectors.variants.count }) > Self.inlineLimit else {
            return Self.hits(query, vector, in: parts, limit: limit)
        }
        return await withCheckedContinuation { continuation in
            searches.async { continuation.resume(returning: Self.hits(query, vector, in: parts, limit: limit)) }
        }
    }

    /// The best of all parts, best first. Where several parts answer, the strictest of their thresholds holds for all, so
    /// that scores stay comparable.
    private static func hits(
        _ query: String, _ vector: [Float], in parts: [KnowledgeIndexer.Part], limit: Int
    ) -> [KnowledgeHit] {
        let terms = SearchTerms.terms(of: query, limit: termLimit)
        let threshold = parts.map(\.threshold).max() ?? KnowledgeIndexer.thresholdFallback
        let hits = parts.flatMap { part in
            part.vectors.matches(vector, terms: terms).prefix(limit).map { match in
                KnowledgeHit(
                    entry: part.vectors.entries[match.entry],
                    question: part.vectors.variants[match.variant].question,
                    score: 1 / (1 + exp(threshold - match.score)), isAccepted: match.score >= threshold)
            }
        }
        guard parts.count > 1 else { return hits }
        return Array(hits.sorted { ($1.score, $0.entry.id) < ($0.score, $1.entry.id) }.prefix(limit))
    }
}
