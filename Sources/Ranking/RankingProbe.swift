public import BERT
public import ConversationDomain
import Entities
import Foundation
public import Inference
public import IntentModel

/// Scores messages against a bot without calibration, for `Benchmarks/ranking.py`, which fits the weights.
public struct RankingProbe: Sendable {
    /// One message's features.
    public struct Row: Sendable {
        public struct Candidate: Sendable {
            /// Name of the intent or identifier of the entry.
            public let name: String
            public let isKnowledge: Bool
            public let sentences: Int
            public let similarity: Float
            public let meanSimilarity: Float
            public let cosine: Float
            public let confidence: Double?
            public let lexical: Float
        }

        public let candidates: [Candidate]
        public let tokens: Int
        public let background: [Float]
        public let backgroundCosine: Float
        public let closeness: Float
        public let separation: Float
    }

    private let queue: InferenceQueue
    private let encoder: TextEncoder
    private let index: CandidateIndex
    private let head: IntentHead?
    /// Of the shipped background sentences, those that were dropped for this bot.
    public let dropped: Int

    /// - Parameter head: nil where the bot has entries only.
    public init(
        content: BotContent, background: BackgroundSet, encoder: TextEncoder, head: IntentHead?, queue: InferenceQueue
    ) async throws {
        let builder = CandidateIndexBuilder(
            packer: SentencePacker(encoder: encoder, queue: queue, folder: nil), background: background)
        let built = try await builder.build(CandidateSource(content))
        (index, dropped) = (built.index, built.dropped)
        self.queue = queue
        self.encoder = encoder
        self.head = head
    }

    public func rows(_ texts: [String]) async throws -> [Row] {
        var rows: [Row] = []
        for start in stride(from: 0, to: texts.count, by: 32) {
            let piece = texts[start..<min(start + 32, texts.count)].map { ReadableText($0).text }
            let encoded = try await queue.encode(piece, as: .query, with: encoder, deadline: nil)
            for (text, encoded) in zip(piece, encoded) { rows.append(row(text, encoded)) }
        }
        return rows
    }

    private func row(_ text: String, _ encoded: EncodedText) -> Row {
        let judgement = head?.judge(encoded.embedding)
        let scores = index.scores(
            QueryTokens(encoded, index.space.tokens), embedding: index.space.sentence(encoded.embedding),
            terms: SearchTerms.terms(of: text, limit: ContentRanking.termLimit), head: judgement?.ranking ?? [],
            locale: nil)
        let candidates = scores.candidates.map { score in
            let (name, isKnowledge) =
                switch index.entries[score.entry].subject {
                case .intent(let intent): (intent.rawValue, false)
                case .knowledge(let id): (id.rawValue, true)
                }
            return Row.Candidate(
                name: name, isKnowledge: isKnowledge, sentences: score.sentences, similarity: score.similarity,
                meanSimilarity: score.meanSimilarity, cosine: score.cosine, confidence: score.confidence,
                lexical: score.lexical)
        }
        return Row(
            candidates: candidates, tokens: scores.tokens, background: scores.background,
            backgroundCosine: scores.backgroundCosine, closeness: scores.content.closeness,
            separation: scores.content.separation)
    }
}
