public import ConversationDomain
public import Foundation
import Synchronization

/// Understands messages with the model that is active now, and lets it be replaced while messages are on their way.
///
/// A request uses the model that was active when it came, whatever happens meanwhile; the replaced model is freed with
/// its last request.
public final class LiveClassifier: IntentClassifier {
    /// One encoder with the head that was trained on its embeddings.
    public final class ActiveModel: Sendable {
        public let id: ModelVersionID
        public let encoder: any SentenceEncoder
        public let head: IntentHead

        /// - Throws: `ChatError(.conflict)` when the version belongs to another encoder; `ChatError(.internal)` when its head cannot be read.
        public init(_ version: ModelVersion, encoder: any SentenceEncoder) throws {
            guard version.encoderHash == encoder.weightsHash else {
                throw ChatError(
                    .conflict,
                    "model \(version.id) was trained with another encoder (\(version.encoder)) than \(encoder.name)")
            }
            head = try IntentHead(archive: version.head)
            guard head.dimension == encoder.dimension, head.labels == version.labels else {
                throw ChatError(.internal, "model \(version.id) and its head do not fit together")
            }
            id = version.id
            self.encoder = encoder
        }
    }

    private let queue: InferenceQueue
    private let cache: UtteranceCache
    private let now: @Sendable () -> Date
    private let state = Mutex(State())

    private struct State {
        var model: ActiveModel?
        var labels: LabelledIndex?
    }

    /// - Parameters:
    ///   - queue: what encodes the messages.
    ///   - cachedUtterances: how many utterances are remembered with their embeddings (some 2 kB each), 0 for none.
    ///   - now: what "yesterday" is relative to.
    public init(
        queue: InferenceQueue, cachedUtterances: Int = 4096, now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.queue = queue
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
        let embeddings = try await embeddings(of: texts, with: model.encoder)
        let extractor = EntityExtractor(now: now())
        let labels = state.withLock { $0.labels }.flatMap { $0.encoder == model.encoder.numericsHash ? $0 : nil }
        return zip(texts, embeddings).map { text, embedding in
            let judgement = model.head.judge(text, embedding, labels: labels)
            return MessageUnderstanding(
                model: model.id, ranking: judgement.ranking, threshold: judgement.threshold,
                verdict: judgement.verdict, entities: extractor.entities(in: text, locale: locale),
                embedding: embedding, labelled: judgement.labelled)
        }
    }

    /// From the cache where possible; the rest together from the queue.
    private func embeddings(of texts: [String], with encoder: any SentenceEncoder) async throws -> [[Float]] {
        let name = encoder.numericsHash
        let keys = texts.map {
            UtteranceCache.Key(encoder: name, text: UtteranceCache.normalised(MaskedText.masking($0)))
        }
        var embeddings = keys.map { cache.embedding($0) }
        let missing = keys.indices.filter { embeddings[$0] == nil }
        let fresh = try await queue.embed(missing.map { keys[$0].text }, as: .query, with: encoder)
        for (index, embedding) in zip(missing, fresh) {
            cache.keep(embedding, keys[index])
            embeddings[index] = embedding
        }
        return embeddings.map { $0 ?? [] }
    }
}
