public import BERT
public import ConversationDomain
import Dispatch
public import Foundation
public import Inference
public import IntentModel
public import Knowledge

/// Ranks what one revision of a bot's content could say, with one encoder.
public final class ContentRanking: UtteranceRanking {
    /// Sentences up to which a message is scored on the caller's own thread; a scan of more would hold for milliseconds a
    /// thread that carries everybody's messages.
    static let inlineLimit = 20_000
    /// Candidates that are told.
    static let candidateLimit = 30
    /// What a deviation more of the search's score makes of an entry's odds against another, as a power of e; of the values
    /// from 1.6 to 5 the one that makes the right entries of two public sets of questions most probable.
    static let searchWeight = 3.2
    /// Words of a message that are looked up.
    static let termLimit = 128
    /// Speech acts that are told.
    static let actLimit = 5
    /// How sure a clear speech act is.
    static let actProbability = 0.97
    /// How much nearer to its refusals than to its examples a message turns an intent down.
    static let refusalLead = 0.03
    /// How much so where the message's wording says it too.
    static let nearRefusalLead = -0.06
    /// The same where the nearest example denies nothing: "don't call me" is built like "call me", but "I can't log in" is not
    /// turned down by "I can't get in".
    static let affirmedRefusalLead = -0.25
    /// By how much what is turned down may be less probable without the refusal than with it, where the nearest example denies
    /// nothing. Where it does, "send me newsletters" has to be more probable than "don't send me newsletters".
    static let affirmedSlack = 0.05

    public let id = RankingID()
    public let encoder: String
    public let answerThreshold: Double
    /// Shipped background sentences that are not used, because they may be about this bot's own matters.
    public let dropped: Int
    /// Those that are used.
    public let background: [BackgroundSet.Sentence]
    let index: CandidateIndex
    let passageBounds: PassageBounds
    private let model: RankingModel
    let foreignShare: Double
    let knowledge: (any KnowledgeBase)?
    private let scoring = DispatchQueue(label: "ranking", attributes: .concurrent)

    init(
        _ built: CandidateIndexBuilder.Built, encoder: String, model: RankingModel, targetPrecision: Double,
        foreignShare: Double, knowledge: (any KnowledgeBase)?
    ) {
        self.knowledge = knowledge
        passageBounds = PassageBounds()
        answerThreshold = model.answerThreshold(for: targetPrecision)
        self.encoder = encoder
        self.model = model
        self.foreignShare = foreignShare
        (index, dropped) = (built.index, built.dropped)
        background = built.background
    }

    private init(_ ranking: ContentRanking, index: CandidateIndex, background: [BackgroundSet.Sentence]) {
        (encoder, answerThreshold, dropped) = (ranking.encoder, ranking.answerThreshold, ranking.dropped)
        (model, foreignShare) = (ranking.model, ranking.foreignShare)
        knowledge = ranking.knowledge
        passageBounds = ranking.passageBounds
        (self.index, self.background) = (index, background)
    }

    /// The same ranking for a bot that does not know this category of the background: what it makes of the category's sentences
    /// is what it would make of foreign messages that nobody thought of.
    public func leavingOut(category: String) throws -> ContentRanking {
        let left = background.filter { $0.category == category }.map(\.text)
        return ContentRanking(
            self, index: try index.leavingOut(left), background: background.filter { $0.category != category })
    }

    public func rank(
        _ text: String, _ encoded: EncodedText, model: ModelVersionID, head: [IntentScore], locale: BotLocale?
    ) async -> RankedMessage {
        var message: RankedMessage
        if index.sentenceCount > Self.inlineLimit {
            message = await withCheckedContinuation { continuation in
                scoring.async { continuation.resume(returning: self.ranked(text, encoded, head, locale)) }
            }
        } else {
            message = ranked(text, encoded, head, locale)
        }
        let hits = await hits(message.candidates, text, encoded, model, locale)
        message.candidates = quoted(withPassages(weighed(message.candidates, hits), hits), encoded)
        return message
    }

    /// With the sentences that answer, of the passages that may be shown.
    private func quoted(_ candidates: [Candidate], _ encoded: EncodedText) -> [Candidate] {
        var result = candidates
        var tokens: QueryTokens?
        for place in candidates.indices.prefix(PassageQuotes.passages) where !index.passages.isEmpty {
            guard case .knowledge(let id) = candidates[place].subject else { continue }
            let query = tokens ?? QueryTokens(encoded, index.space.tokens)
            tokens = query
            result[place].sentences = index.quote(id, query)
        }
        return result
    }

    /// What the search finds, where entries are to be told apart or passages to be found.
    private func hits(
        _ candidates: [Candidate], _ text: String, _ encoded: EncodedText, _ model: ModelVersionID, _ locale: BotLocale?
    ) async -> [KnowledgeHit] {
        guard let knowledge, !index.passages.isEmpty || candidates.count(where: \.isKnowledge) > 1 else { return [] }
        let limit = index.passages.isEmpty ? Self.candidateLimit : PassageBounds.hits
        return
            (try? await knowledge.search(text, embedding: encoded.embedding, model: model, locale: locale, limit: limit))
            ?? []
    }

    /// Shares what all entries have together among them by what the search finds: it knows their answers too, which tell apart
    /// entries whose questions are alike. That an entry is meant at all is not touched.
    private func weighed(_ candidates: [Candidate], _ hits: [KnowledgeHit]) -> [Candidate] {
        let hits = hits.filter { !$0.entry.isPassage }
        guard candidates.count(where: \.isKnowledge) > 1, !hits.isEmpty else { return candidates }
        let scores = Dictionary(
            hits.map { ($0.entry.id, Self.logit($0.score)) }, uniquingKeysWith: { first, _ in first })
        let (best, least) = (scores.values.max() ?? 0, scores.values.min() ?? 0)
        var result = candidates
        var (before, after) = (0.0, 0.0)
        for place in result.indices {
            guard case .knowledge(let id) = result[place].subject else { continue }
            before += result[place].probability
            result[place].probability = exp(Self.searchWeight * ((scores[id] ?? least) - best))
            after += result[place].probability
        }
        guard after > 0 else { return candidates }
        for place in result.indices where result[place].isKnowledge { result[place].probability *= before / after }
        return result.sorted { $0.probability > $1.probability }
    }

    /// A hit's score in deviations, see `KnowledgeIndex`.
    static func logit(_ score: Double) -> Double {
        let score = min(1 - 1e-9, max(1e-9, score))
        return log(score / (1 - score))
    }

    private func ranked(_ text: String, _ encoded: EncodedText, _ head: [IntentScore], _ locale: BotLocale?)
        -> RankedMessage
    {
        let scores = index.scores(
            QueryTokens(encoded, index.space.tokens), embedding: index.space.sentence(encoded.embedding), text: text,
            terms: SearchTerms.terms(of: text, limit: Self.termLimit), head: head, locale: locale)
        let nearest = scores.candidates.map(\.similarity).max() ?? 0
        let acts = scores.acts.map {
            SpeechActScore(act: $0.act, similarity: $0.similarity, lead: $0.similarity - Double(nearest))
        }
        let refused = scores.refusals.filter { $0.value >= Self.refusalLead }
        let probabilities = model.probabilities(scores, foreignShare: foreignShare)
        let candidates = zip(scores.candidates, probabilities).map { score, probability in
            Candidate(subject: index.entries[score.entry].subject, probability: probability)
        }
        return RankedMessage(
            withAct(
                acts.first, Array(candidates.sorted { $0.probability > $1.probability }.prefix(Self.candidateLimit))),
            acts: Array(acts.prefix(Self.actLimit)), refused: Set(refused.keys),
            nearlyRefused: nearlyRefused(scores),
            foreignLead: Double((scores.background.first ?? 0) - nearest), danger: scores.danger)
    }

    private func nearlyRefused(_ scores: MessageScores) -> [IntentName: Double] {
        var result: [IntentName: Double] = [:]
        for (name, lead) in scores.refusals {
            let isAffirmed = scores.affirmed.contains(name)
            guard lead >= (isAffirmed ? Self.affirmedRefusalLead : Self.nearRefusalLead) else { continue }
            result[name] = isAffirmed ? Self.affirmedSlack : 0
        }
        return result
    }

    /// With the intent that supplies the answers of the act that the message clearly is.
    private func withAct(_ best: SpeechActScore?, _ candidates: [Candidate]) -> [Candidate] {
        guard let best, best.isClear, let intent = index.acts?.intents[best.act] else { return candidates }
        let others = candidates.map {
            Candidate(
                subject: $0.subject, probability: $0.probability * (1 - Self.actProbability), sentences: $0.sentences)
        }
        return [Candidate(subject: .intent(intent), probability: Self.actProbability)] + others
    }
}

/// Makes rankings: for an encoder and a revision of the content.
public struct ContentRanker: Sendable {
    private let queue: InferenceQueue
    private let folder: URL?
    private let models: URL?
    private let background: BackgroundSet
    private let knowledge: (any KnowledgeBase)?
    private let phrases: [PhraseLibrary]
    private let cache: (any SentenceVectorCache)?
    private let progress: (@Sendable (Int, Int) -> Void)?

    /// - Parameters:
    ///   - queue: what encodes sentences that are new.
    ///   - folder: where token vectors are kept, so that after a change or a start only new sentences are encoded; nil for
    ///     nowhere.
    ///   - models: the folder of the encoders' own folders: the background's vectors depend on the encoder alone and are kept
    ///     with it; nil for `folder`.
    ///   - knowledge: the search over the same content; nil ranks without it.
    ///   - phrases: sentences of the speech acts that the program brings; their vectors are kept beside the encoder.
    ///   - cache: keeps the vectors of a bot's own sentences, so that a copy of its database needs no encoding.
    ///   - progress: is told how many of the bot's own sentences that are not known yet are encoded.
    public init(
        queue: InferenceQueue, folder: URL?, models: URL? = nil, knowledge: (any KnowledgeBase)? = nil,
        phrases: [PhraseLibrary] = [], cache: (any SentenceVectorCache)? = nil, background: BackgroundSet = .shipped,
        progress: (@Sendable (Int, Int) -> Void)? = nil
    ) {
        self.progress = progress
        self.phrases = phrases
        self.cache = cache
        self.knowledge = knowledge
        self.models = models
        self.queue = queue
        self.folder = folder
        self.background = background
    }

    /// Nil when `content` has nothing that could be said.
    /// - Parameters:
    ///   - targetPrecision: how often an answer has to be right.
    ///   - foreignShare: the share of messages that nothing answers.
    ///   - isFresh: measures the whole content anew, as a training does; otherwise what is new since the last time.
    public func ranking(
        of content: BotContent, encoder: any SentenceEncoder, targetPrecision: Double = 0.9,
        foreignShare: Double = 0.3, isFresh: Bool = false
    ) async throws -> ContentRanking? {
        let source = CandidateSource(content)
        guard !source.candidates.isEmpty || !source.passages.isEmpty else { return nil }
        let builder = CandidateIndexBuilder(
            packer: packer(encoder), background: background, libraries: content.used(of: phrases), isFresh: isFresh)
        return ContentRanking(
            try await builder.build(source), encoder: encoder.numericsHash, model: .shipped,
            targetPrecision: targetPrecision, foreignShare: foreignShare, knowledge: knowledge)
    }
}

extension ContentRanker {
    /// Whether ``ranking(of:encoder:targetPrecision:foreignShare:isFresh:)`` has all token vectors and need not encode anything.
    public func isStored(_ content: BotContent, encoder: any SentenceEncoder) async -> Bool {
        let packer = packer(encoder)
        guard let shipped = packer.storedBackground(background.sentences.map(\.text)) else { return false }
        let wanted = content.used(of: phrases)
        let stored = wanted.compactMap { packer.stored($0, beside: shipped) }
        guard stored.count == wanted.count else { return false }
        return await packer.isStored(CandidateSource(content).texts(beside: stored), beside: shipped)
    }

    /// Makes what depends on the encoder alone, so that the first ranking does not wait for it.
    public func prepare(_ encoder: any SentenceEncoder) async throws {
        let packer = packer(encoder)
        let background = try await packer.background(background.sentences.map(\.text))
        _ = try await packer.libraries(phrases, beside: background)
    }

    /// The background with the embeddings of an encoder, by which the search judges passages; empty where they would have to be made.
    public func foreignMessages(_ encoder: any SentenceEncoder) -> ForeignMessages {
        let texts = background.sentences.map(\.text)
        guard let pack = packer(encoder).storedBackground(texts) else { return .none }
        return ForeignMessages(texts: texts) { text in pack.row(of: text).map { pack.embedding($0) } }
    }

    private func packer(_ encoder: any SentenceEncoder) -> SentencePacker {
        let own = models?.appending(path: encoder.name, directoryHint: .isDirectory)
        let isThere = own.map { FileManager.default.fileExists(atPath: $0.path) } ?? false
        return SentencePacker(
            encoder: encoder, queue: queue, folder: folder, backgroundFolder: isThere ? own : nil, cache: cache,
            progress: progress)
    }
}

extension Candidate {
    fileprivate var isKnowledge: Bool {
        if case .knowledge = subject { true } else { false }
    }
}
