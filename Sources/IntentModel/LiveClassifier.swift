import BERT
public import ConversationDomain
public import Entities
public import Foundation
public import Inference
public import ModelRecords
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

    /// Tokens, by estimate, from which on understanding texts is work for the lane: what comes after the encoder takes
    /// milliseconds a text then, and the threads that carry everybody's messages are few.
    static let laneTokens = 128

    private let queue: InferenceQueue
    private let lane: WorkLane
    private let cache: UtteranceCache
    private let timeZone: TimeZone
    private let now: @Sendable () -> Date
    private let lexicon: LiveLexicon
    private let state = Mutex(State())

    private struct State {
        var model: ActiveModel?
        var labels: LabelledIndex?
        var ranking: (any UtteranceRanking)?
    }

    /// - Parameters:
    ///   - queue: what encodes the messages.
    ///   - cachedUtterances: how many utterances are remembered with their embeddings (some 2 kB each), 0 for none.
    ///   - lexicon: the owner's lists and patterns of entities.
    ///   - timeZone: whose days count.
    ///   - now: what "yesterday" is relative to.
    public init(
        queue: InferenceQueue, cachedUtterances: Int = 4096, lexicon: LiveLexicon = LiveLexicon(),
        timeZone: TimeZone = .gmt, now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.queue = queue
        lane = WorkLane("understanding", threads: queue.options.threads / 2)
        self.lexicon = lexicon
        cache = UtteranceCache(limit: cachedUtterances)
        self.timeZone = timeZone
        self.now = now
    }

    /// The model that new requests will use.
    public var active: ActiveModel? { state.withLock { $0.model } }

    /// Makes `model` the active one; nil leaves the classifier without.
    /// - Parameters:
    ///   - labels: what goes before its head; used with models of the same encoder only.
    ///   - ranking: what ranks intents and entries together; used with models of the same encoder only.
    public func activate(
        _ model: ActiveModel?, labels: LabelledIndex? = nil, ranking: (any UtteranceRanking)? = nil
    ) {
        replaceState { $0 = State(model: model, labels: labels, ranking: ranking) }
    }

    /// Takes over labels that were made or withdrawn, and content that was imported.
    public func follow(_ labels: LabelledIndex?, ranking: (any UtteranceRanking)? = nil) {
        replaceState {
            $0.labels = labels
            $0.ranking = ranking
        }
    }

    /// What ranks intents and entries together now; nil where the head alone does.
    public var ranking: (any UtteranceRanking)? { state.withLock { $0.ranking } }

    /// Ranks otherwise from now on, by the same model and the same labels.
    public func rank(by ranking: (any UtteranceRanking)?) { replaceState { $0.ranking = ranking } }

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

    public func understand(_ texts: [String], visitor: BotLocale? = nil) async throws -> [MessageUnderstanding] {
        guard let model = active else {
            throw ChatError(.notReady, "no model is active yet", retryAfter: 1)
        }
        return try await understand(texts, with: model, visitor: visitor)
    }

    /// With a model that the caller holds, active or not.
    /// - Parameters:
    ///   - locale: how ambiguous dates are read; guessed from each text otherwise.
    ///   - visitor: whose entries are candidates; nil for `locale`'s.
    public func understand(
        _ texts: [String], with model: ActiveModel, locale: BotLocale? = nil, visitor: BotLocale? = nil
    ) async throws -> [MessageUnderstanding] {
        guard texts.reduce(0, { $0 + TextCost.tokens(in: $1) }) >= Self.laneTokens else {
            return try await understandHere(texts, with: model, locale: locale, visitor: visitor)
        }
        return try await lane.run {
            try await understandHere(texts, with: model, locale: locale, visitor: visitor)
        }
    }

    private func understandHere(
        _ texts: [String], with model: ActiveModel, locale: BotLocale?, visitor: BotLocale?
    ) async throws -> [MessageUnderstanding] {
        let readable = texts.map(ReadableText.init)
        let ranking = state.withLock { $0.ranking }.flatMap { $0.encoder == model.encoder.numericsHash ? $0 : nil }
        let entries = try await entries(
            of: readable.map(\.text), with: model, ranking: ranking, locale: visitor ?? locale)
        let lexicon = lexicon.current
        let merge = EntityMerge(
            extractor: EntityExtractor(now: now(), timeZone: timeZone, lexicon: lexicon), lexicon: lexicon,
            locale: locale)
        let labels = state.withLock { $0.labels }.flatMap { $0.encoder == model.encoder.numericsHash ? $0 : nil }
        var understood: [MessageUnderstanding] = []
        understood.reserveCapacity(texts.count)
        for index in texts.indices {
            // Others of the lane have their turn after every text.
            if index > 0 { await Task.yield() }
            understood.append(
                understanding(texts[index], readable[index], entries[index], with: model, ranking, labels, merge))
        }
        return understood
    }

    private func understanding(
        _ text: String, _ readable: ReadableText, _ entry: UtteranceCache.Entry, with model: ActiveModel,
        _ ranking: (any UtteranceRanking)?, _ labels: LabelledIndex?, _ merge: EntityMerge
    ) -> MessageUnderstanding {
        let judged = model.head.judge(text, entry.embedding, labels: labels)
        let tagged = entry.finds.map { $0.moved(to: readable.origin(of: $0.range)) }
        let entities = merge.entities(in: text, tagged: tagged)
        let marks = model.labelHeads.map { $0.judge(entry.embedding) }
        guard let ranking, let ranked = entry.ranked else {
            return MessageUnderstanding(
                model: model.id, ranking: judged.ranking, threshold: judged.threshold, verdict: judged.verdict,
                entities: entities, embedding: entry.embedding, labelled: judged.labelled, labels: marks)
        }
        let threshold = ranking.answerThreshold
        let judgement = RankedJudgement(ranked.message.candidates, judged: judged, threshold: threshold)
        return MessageUnderstanding(
            model: model.id, ranking: judgement.ranking, threshold: threshold, verdict: judgement.verdict,
            entities: entities, embedding: entry.embedding, labelled: judged.labelled, labels: marks,
            candidates: judgement.candidates, answerThreshold: threshold,
            version: VersionDecision(ranking: judged.ranking, verdict: judged.verdict),
            acts: ranked.message.acts, refused: ranked.message.refused,
            nearlyRefused: ranked.message.nearlyRefused,
            foreignLead: ranked.message.foreignLead, danger: ranked.message.danger)
    }

    /// From the cache where possible; the rest together from the queue, embeddings, entities and candidates from one pass.
    private func entries(
        of texts: [String], with model: ActiveModel, ranking: (any UtteranceRanking)?, locale: BotLocale?
    ) async throws -> [UtteranceCache.Entry] {
        let stamp = ranking.map { Ranked.Stamp(ranking: $0.id, model: model.id, locale: locale) }
        let name = model.encoder.numericsHash
        let keys = texts.map { UtteranceCache.Key(encoder: name, tagger: model.tagger, text: $0) }
        var entries = keys.map { cache.entry($0) }
        // What was ranked before an import, or by another head, is ranked again, for which its tokens are needed.
        let missing = keys.indices.filter { index in
            guard let entry = entries[index] else { return true }
            return stamp.map { $0 != entry.ranked?.stamp } ?? false
        }
        for (index, entry) in try await inPieces(
            of: missing, texts,
            { [self] piece in
                var made: [(Int, UtteranceCache.Entry)] = []
                let encoded = try await encode(piece.map { texts[$0] }, with: model, ranking != nil)
                for (place, index) in piece.enumerated() {
                    if place > 0 { await Task.yield() }
                    let encoded = encoded[place]
                    var entry = UtteranceCache.Entry(embedding: encoded.embedding, finds: encoded.finds)
                    if let ranking, let stamp, let tokens = encoded.tokens {
                        let head = model.head.judge(encoded.embedding).ranking
                        entry.ranked = Ranked(
                            stamp: stamp,
                            message: await ranking.rank(
                                texts[index], tokens, model: model.id, head: head, locale: locale))
                    }
                    cache.keep(entry, keys[index])
                    made.append((index, entry))
                }
                return made
            })
        {
            entries[index] = entry
        }
        return entries.map { $0 ?? UtteranceCache.Entry(embedding: []) }
    }

    /// Works on many texts piece by piece, one piece more at a time than the queue has threads: the states of a long text's
    /// tokens take nearly a megabyte, and are gone when it was ranked.
    private func inPieces(
        of indices: [Int], _ texts: [String],
        _ work: @escaping @Sendable ([Int]) async throws -> [(Int, UtteranceCache.Entry)]
    ) async throws -> [(Int, UtteranceCache.Entry)] {
        var pieces: [[Int]] = []
        var tokens = 0
        for index in indices {
            let own = TextCost.tokens(in: texts[index])
            if let last = pieces.last, last.count < queue.options.batchTexts, tokens + own <= queue.options.batchTokens
            {
                pieces[pieces.count - 1].append(index)
                tokens += own
            } else {
                pieces.append([index])
                tokens = own
            }
        }
        guard pieces.count > 1 else { return try await work(pieces.first ?? []) }
        return try await withThrowingTaskGroup(of: [(Int, UtteranceCache.Entry)].self) { group in
            var next = pieces.makeIterator()
            for _ in 0...queue.options.threads {
                guard let piece = next.next() else { break }
                group.addTask { try await work(piece) }
            }
            var made: [(Int, UtteranceCache.Entry)] = []
            while let done = try await group.next() {
                made += done
                if let piece = next.next() { group.addTask { try await work(piece) } }
            }
            return made
        }
    }

    /// - Parameter withTokens: the ranking needs the tokens' states.
    private func encode(_ texts: [String], with model: ActiveModel, _ withTokens: Bool) async throws
        -> [(embedding: [Float], finds: [EntityHead.Find], tokens: EncodedText?)]
    {
        guard model.entityHead != nil || withTokens else {
            return try await queue.embed(texts, as: .query, with: model.encoder).map { ($0, [], nil) }
        }
        return zip(texts, try await queue.encode(texts, as: .query, with: model.encoder)).map { text, encoded in
            (encoded.embedding, model.entityHead?.finds(in: text, encoded: encoded) ?? [], encoded)
        }
    }
}

/// The candidates of an utterance, and what they depend on beside it.
struct Ranked: Sendable {
    /// The ranking is named, not held: what an import replaced would stay in memory with its vectors.
    struct Stamp: Sendable, Hashable {
        let ranking: RankingID
        let model: ModelVersionID
        let locale: BotLocale?
    }

    let stamp: Stamp
    let message: RankedMessage
}
