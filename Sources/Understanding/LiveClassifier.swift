import BERT
public import ConversationDomain
public import Foundation
import Synchronization

/// Understands messages with the model that is active now, and lets it be replaced while messages are on their way.
///
/// A request uses the model that was active when it came, whatever happens meanwhile; the replaced model is freed with
/// its last request.
public final class LiveClassifier: IntentClassifier {
    /// One encoder with the heads that were trained on what it makes of texts.
    public final class ActiveModel: Sendable {
        public let id: ModelVersionID
        public let encoder: any SentenceEncoder
        public let head: IntentHead
        /// Finds the entities that examples mark; nil when none do.
        public let entityHead: EntityHead?
        /// The classifiers beside the intents, by their names.
        public let labelHeads: [LabelHead]
        /// Identifies the entity head in the cache of utterances.
        let tagger: String

        /// - Throws: `ChatError(.conflict)` when the version belongs to another encoder; `ChatError(.internal)` when its head cannot be read.
        public init(_ version: ModelVersion, encoder: any SentenceEncoder) throws {
            guard version.encoderHash == encoder.weightsHash else {
                throw ChatError(
                    .conflict,
                    "model \(version.id) was trained with another encoder (\(version.encoder)) than \(encoder.name)")
            }
            let heads = try ModelHeads(archive: version.head)
            (head, entityHead, tagger) = (heads.intent, heads.entities, heads.entitiesFingerprint)
            labelHeads = heads.labels
            guard head.dimension == encoder.dimension, head.labels == version.labels,
                entityHead.map({ $0.dimension == encoder.dimension }) ?? true,
                labelHeads.allSatisfy({ $0.head.dimension == encoder.dimension })
            else {
                throw ChatError(.internal, "model \(version.id) and its head do not fit together")
            }
            id = version.id
            self.encoder = encoder
        }
    }

    private let queue: InferenceQueue
    private let cache: UtteranceCache
    private let now: @Sendable () -> Date
    private let lexicon: LiveLexicon
    private let state = Mutex(State())

    private struct State {
        var model: ActiveModel?
        var labels: LabelledIndex?
    }

    /// - Parameters:
    ///   - queue: what encodes the messages.
    ///   - cachedUtterances: how many utterances are remembered with their embeddings (some 2 kB each), 0 for none.
    ///   - lexicon: the owner's lists and patterns of entities.
    ///   - now: what "yesterday" is relative to.
    public init(
        queue: InferenceQueue, cachedUtterances: Int = 4096, lexicon: LiveLexicon = LiveLexicon(),
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.queue = queue
        self.lexicon = lexicon
        cache = UtteranceCache(limit: cachedUtterances)
        self.now = now
    }

    /// The model that new requests will use.
    public var active: ActiveModel? { state.withLock { $0.model } }

    /// Makes `model` the active one; nil leaves the classifier without.
    /// - Parameter labels: what goes before its head; used with models of the same encoder only.
    public func activate(_ model: ActiveModel?, labels: LabelledIndex? = nil) {
        replaceState { $0 = State(model: model, labels: labels) }
    }

    /// Takes over labels that were made or withdrawn.
    public func follow(_ labels: LabelledIndex?) {
        replaceState { $0.labels = labels }
    }

    /// What is replaced is freed after the lock is given back.
    private func replaceState(_ change: (inout State) -> Void) {
        let old = state.withLock { current in
            let old = current
            change(&current)
            return old
        }
        _ = old
    }

    /// How much the cache of utterances saves.
    public var cacheMetrics: UtteranceCacheMetrics { cache.metrics }

    public func understand(_ texts: [String]) async throws -> [MessageUnderstanding] {
        try await understand(texts, locale: nil)
    }

    /// - Parameter locale: how ambiguous dates are read; guessed from each text otherwise.
    public func understand(_ texts: [String], locale: BotLocale?) async throws -> [MessageUnderstanding] {
        guard let model = active else {
            throw ChatError(.notReady, "no model is active yet", retryAfter: 1)
        }
        return try await understand(texts, with: model, locale: locale)
    }

    /// With a model that the caller holds, active or not.
    public func understand(_ texts: [String], with model: ActiveModel, locale: BotLocale? = nil) async throws
        -> [MessageUnderstanding]
    {
        let readable = texts.map(ReadableText.init)
        let entries = try await entries(of: readable.map(\.text), with: model)
        let merge = EntityMerge(extractor: EntityExtractor(now: now()), lexicon: lexicon.current, locale: locale)
        let labels = state.withLock { $0.labels }.flatMap { $0.encoder == model.encoder.numericsHash ? $0 : nil }
        return texts.indices.map { index in
            let (text, entry) = (texts[index], entries[index])
            let judgement = model.head.judge(text, entry.embedding, labels: labels)
            let tagged = entry.finds.map { $0.moved(to: readable[index].origin(of: $0.range)) }
            return MessageUnderstanding(
                model: model.id, ranking: judgement.ranking, threshold: judgement.threshold,
                verdict: judgement.verdict, entities: merge.entities(in: text, tagged: tagged),
                embedding: entry.embedding, labelled: judgement.labelled,
                labels: model.labelHeads.map { $0.judge(entry.embedding) })
        }
    }

    /// From the cache where possible; the rest together from the queue, embeddings and entities in one pass.
    private func entries(of texts: [String], with model: ActiveModel) async throws -> [UtteranceCache.Entry] {
        let encoder = model.encoder
        let name = encoder.numericsHash
        let keys = texts.map { UtteranceCache.Key(encoder: name, tagger: model.tagger, text: $0) }
        var entries = keys.map { cache.entry($0) }
        let missing = keys.indices.filter { entries[$0] == nil }
        let fresh = try await encode(missing.map { texts[$0] }, with: model)
        for (index, entry) in zip(missing, fresh) {
            cache.keep(entry, keys[index])
            entries[index] = entry
        }
        return entries.map { $0 ?? UtteranceCache.Entry(embedding: []) }
    }

    private func encode(_ texts: [String], with model: ActiveModel) async throws -> [UtteranceCache.Entry] {
        guard let tagger = model.entityHead else {
            return try await queue.embed(texts, as: .query, with: model.encoder).map {
                UtteranceCache.Entry(embedding: $0)
            }
        }
        let encoded = try await queue.encode(texts, as: .query, with: model.encoder)
        return zip(texts, encoded).map { text, encoded in
            UtteranceCache.Entry(embedding: encoded.embedding, finds: tagger.finds(in: text, encoded: encoded))
        }
    }
}
