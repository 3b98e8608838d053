public import ConversationDomain
import Foundation
import Synchronization

/// Finds knowledge entries by meaning and by words.
///
/// Score of an entry: s = similarity (see `KnowledgeVectors.Match`) + lexicalWeight · BM25 / (best BM25 of the query),
/// shown as 1 / (1 + e^(t − s)), so that 0.5 is the acceptance threshold t.
///
/// t is measured on the knowledge itself, locale by locale: for each of its questions the best score of any *other*
/// entry is what a related question without an entry of its own would get; t is the median of these. (With two public
/// sets of FAQs and both encoders this accepted 68 to 98 % of the questions, and at most 1 % of foreign ones.)
public final class KnowledgeIndex: KnowledgeBase {
    /// How much words count beside meaning, in deviations.
    static let lexicalWeight = 1.0
    /// Entries that full-text search contributes.
    static let fullTextLimit = 200
    /// Terms of a query that full-text search compares.
    static let termLimit = 128
    /// Questions that the threshold is measured with, and the fewest that will do.
    static let thresholdSample = 200
    static let thresholdMinimum = 8
    /// Used where the knowledge is too small to measure.
    static let thresholdFallback = 4.0

    /// Everything that belongs to one revision and one encoder; replaced as a whole.
    private final class Generation: Sendable {
        let model: ModelVersionID
        let encoder: any SentenceEncoder
        let vectors: KnowledgeVectors?
        let thresholds: [BotLocale: Double]
        let embeddings: [Data: [Float]]

        init(
            model: ModelVersionID, encoder: any SentenceEncoder, vectors: KnowledgeVectors?,
            thresholds: [BotLocale: Double], embeddings: [Data: [Float]]
        ) {
            self.model = model
            self.encoder = encoder
            self.vectors = vectors
            self.thresholds = thresholds
            self.embeddings = embeddings
        }
    }

    private let queue: InferenceQueue
    private let store: any ContentStore
    private let cache: (any ModelStore)?
    private let state = Mutex<Generation?>(nil)

    /// - Parameters:
    ///   - queue: what encodes queries and new entries.
    ///   - store: searches by words.
    ///   - cache: keeps embeddings between starts.
    public init(queue: InferenceQueue, store: any ContentStore, cache: (any ModelStore)?) {
        self.queue = queue
        self.store = store
        self.cache = cache
    }

    /// The model whose vectors are searched; nil before the first refresh.
    public var model: ModelVersionID? { state.withLock { $0?.model } }

    /// Indexes `content` with the vectors of `encoder`; only texts that are new to it are embedded. Searches go on with
    /// the old index until the new one is complete.
    /// - Parameter model: the version that the encoder belongs to.
    public func refresh(content: BotContent, encoder: any SentenceEncoder, model: ModelVersionID) async throws {
        let entries = content.knowledge
        let variants = entries.enumerated().flatMap { index, entry in
            entry.questions.map { KnowledgeVectors.Variant(entry: index, question: $0) }
        }
        let old = state.withLock { $0 }
        let known = old.map { $0.encoder.weightsHash == encoder.weightsHash ? $0.embeddings : [:] } ?? [:]
        let embedder = CachedEmbedder(encoder: encoder, queue: queue, cache: cache, known: known)
        let questions = try await embedder.embed(variants.map(\.question), as: .query)
        let answers = try await embedder.embed(entries.map(\.answer), as: .passage)
        var embeddings: [Data: [Float]] = [:]
        for (variant, vector) in zip(variants, questions) {
            embeddings[Fingerprint.embeddingKey(variant.question, as: .query)] = vector
        }
        for (entry, vector) in zip(entries, answers) {
            embeddings[Fingerprint.embeddingKey(entry.answer, as: .passage)] = vector
        }
        var vectors: KnowledgeVectors?
        if let questions = FeatureMatrix(questions), let answers = FeatureMatrix(answers) {
            let scaling = encoder.featureScaling
            vectors = try await DedicatedThread.run("knowledge") { _ in
                KnowledgeVectors(
                    entries: entries, variants: variants, questions: questions, answers: answers, scaling: scaling)
            }
        }
        var thresholds: [BotLocale: Double] = [:]
        if let vectors { thresholds = try await measuredThresholds(vectors) }
        let generation = Generation(
            model: model, encoder: encoder, vectors: vectors, thresholds: thresholds, embeddings: embeddings)
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
        guard let vectors = generation.vectors, limit > 0 else { return [] }
        let vector: [Float]
        if let embedding, model == generation.model, embedding.count == vectors.questions.columns {
            vector = embedding
        } else {
            vector =
                try await queue.embed([MaskedText.masking(query)], as: .query, with: generation.encoder).first ?? []
        }
        let locale = locale?.nearest(in: vectors.locales)
        return try await ranked(query, vector, vectors, locale: locale).prefix(limit).map { match, score in
            let entry = vectors.entries[match.entry]
            let threshold = generation.thresholds[entry.locale] ?? Self.thresholdFallback
            return KnowledgeHit(
                entry: entry, question: vectors.variants[match.variant].question,
                score: 1 / (1 + exp(threshold - score)), isAccepted: score >= threshold)
        }
    }

    /// All entries with their scores, best first.
    private func ranked(_ query: String, _ vector: [Float], _ vectors: KnowledgeVectors, locale: BotLocale?)
        async throws -> [(match: KnowledgeVectors.Match, score: Double)]
    {
        let terms = SearchTerms.terms(of: query, limit: Self.termLimit)
        let found = terms.isEmpty ? [] : try await store.fullText(terms, locale: locale, limit: Self.fullTextLimit)
        let best = found.map(\.score).max() ?? 0
        let lexical = Dictionary(found.map { ($0.id, $0.score) }, uniquingKeysWith: max)
        return vectors.matches(vector, locale: locale).map { match in
            let words = best > 0 ? max(0, lexical[vectors.entries[match.entry].id] ?? 0) / best : 0
            return (match, match.similarity + Self.lexicalWeight * words)
        }.sorted { ($1.score, $0.match.entry) < ($0.score, $1.match.entry) }
    }

    /// The median, over questions of a locale, of the best score that another entry gets.
    private func measuredThresholds(_ vectors: KnowledgeVectors) async throws -> [BotLocale: Double] {
        var thresholds: [BotLocale: Double] = [:]
        for locale in vectors.locales {
            let rows = vectors.variants.indices.filter { vectors.entries[vectors.variants[$0].entry].locale == locale }
            let step = max(1, (rows.count + Self.thresholdSample - 1) / Self.thresholdSample)
            var wrong: [Double] = []
            for row in stride(from: 0, to: rows.count, by: step).map({ rows[$0] }) {
                try Task.checkCancellation()
                let variant = vectors.variants[row]
                let others = try await ranked(
                    variant.question, Array(vectors.questions.row(row)), vectors, locale: locale
                ).filter { $0.match.entry != variant.entry }
                if let first = others.first { wrong.append(first.score) }
            }
            guard wrong.count >= Self.thresholdMinimum else { continue }
            thresholds[locale] = wrong.sorted()[wrong.count / 2]
        }
        return thresholds
    }
}
