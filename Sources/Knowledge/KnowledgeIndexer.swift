import BERT
import ConversationDomain
import Inference
import LinearModels

/// Embeds the knowledge of a bot and lays it out for searching, one part a locale.
struct KnowledgeIndexer: Sendable {
    /// Texts that are embedded and laid out at a time, so that the float32 embeddings of a large knowledge base are
    /// never all in memory.
    static let blockSize = 1024
    /// Questions that the background is measured with.
    static let backgroundSample = 1000
    /// Questions that the threshold is measured with, and the fewest that will do.
    static let thresholdSample = 200
    static let thresholdMinimum = 8
    /// Used where the knowledge is too small to measure.
    static let thresholdFallback = 4.0

    let encoder: any SentenceEncoder
    let embedder: CachedEmbedder
    /// Embeddings of messages that nothing of the bot answers; what passages are judged by.
    let foreign: ForeignMessages
    /// Is told how many of all texts are embedded.
    let progress: @Sendable (Int, Int) -> Void

    /// A locale's entries, searchable, and the score from which a hit is accepted.
    struct Part: Sendable {
        let vectors: KnowledgeVectors
        let threshold: Double
    }

    /// One part for each locale that has entries.
    func parts(of entries: [KnowledgeEntry]) async throws -> [BotLocale: Part] {
        var parts: [BotLocale: Part] = [:]
        var done = 0
        let all = entries.reduce(0) { $0 + $1.questions.count + ($1.isPassage ? 2 : 1) }
        for (locale, entries) in Dictionary(grouping: entries, by: \.locale) {
            try Task.checkCancellation()
            parts[locale] = try await part(entries) { [progress] in
                done += $0
                progress(done, all)
            }
        }
        return parts
    }

    /// - Parameter embedded: is told how many more texts are.
    private func part(_ entries: [KnowledgeEntry], embedded: (Int) -> Void) async throws -> Part {
        let variants = entries.enumerated().flatMap { index, entry in
            entry.questions.map { KnowledgeVectors.Variant(entry: index, question: $0) }
        }
        let sampled = Self.spread(variants.count, limit: Self.backgroundSample)
        // Questions are embedded like what a customer says, which measured better than as passages.
        var questions = VectorRows(expected: variants.count, columns: encoder.dimension)
        let keptQuestions = try await embed(variants.map(\.question), as: .query, keeping: Set(sampled)) {
            try questions.append($0)
            embedded($0.count)
        }
        var answers = CompactRows(columns: encoder.dimension)
        let keptAnswers = try await embedAnswers(of: entries, keeping: Set(sampled.map { variants[$0].entry })) {
            try answers.append($0)
            embedded($1)
        }
        let fallback = Background(encoder.featureScaling)
        let messages = entries.contains(where: \.isPassage) ? foreign.embeddings(for: entries.first?.locale) : []
        return try await DedicatedThread.run("knowledge") { [questions, answers] cancellation in
            let examples = sampled.compactMap { row -> Background.Example? in
                let entry = variants[row].entry
                guard let question = keptQuestions[row], let answer = keptAnswers[entry] else { return nil }
                return Background.Example(entry: entry, question: question, answer: answer)
            }
            let scale = try PassageScale(
                entries, answers, messages: messages, check: { try cancellation.check() })
            let vectors = KnowledgeVectors(
                entries: entries, variants: variants, questions: questions, answers: answers,
                background: Background(examples, fallback: fallback), passages: scale)
            let threshold = try Self.threshold(vectors) { row in
                try cancellation.check()
                return keptQuestions[row]
            }
            return Part(vectors: vectors, threshold: threshold)
        }
    }

    /// Embeds `texts` block by block.
    /// - Parameters:
    ///   - keeping: the texts whose embeddings are returned, by their index.
    ///   - take: is given each block's embeddings, in order.
    private func embed(
        _ texts: [String], as role: EncodingRole, keeping: Set<Int>, take: ([[Float]]) throws -> Void
    ) async throws -> [Int: [Float]] {
        var kept: [Int: [Float]] = [:]
        for begin in stride(from: 0, to: texts.count, by: Self.blockSize) {
            let block = Array(texts[begin..<min(begin + Self.blockSize, texts.count)])
            let embeddings = try await embedder.embed(block, as: role)
            for (offset, embedding) in embeddings.enumerated() where keeping.contains(begin + offset) {
                kept[begin + offset] = embedding
            }
            try take(embeddings)
        }
        return kept
    }

    /// Embeds the answers block by block. A passage is between what it says by itself and what it says below its headings: many say
    /// what they are about only there, and nothing else.
    private func embedAnswers(
        of entries: [KnowledgeEntry], keeping: Set<Int>, take: ([[Float]], _ texts: Int) throws -> Void
    ) async throws -> [Int: [Float]] {
        var kept: [Int: [Float]] = [:]
        for begin in stride(from: 0, to: entries.count, by: Self.blockSize) {
            let block = Array(entries[begin..<min(begin + Self.blockSize, entries.count)])
            var embeddings = try await embedder.embed(block.map(\.answer), as: .passage)
            let passages = block.indices.filter { block[$0].isPassage }
            let headed = try await embedder.embed(
                passages.map { (block[$0].questions.first ?? "") + "\n" + block[$0].answer }, as: .passage)
            for (place, below) in zip(passages, headed) { embeddings[place] = Self.between(embeddings[place], below) }
            for offset in block.indices where keeping.contains(begin + offset) {
                kept[begin + offset] = embeddings[offset]
            }
            try take(embeddings, block.count + passages.count)
        }
        return kept
    }

    /// Of norm 1 again.
    private static func between(_ first: [Float], _ second: [Float]) -> [Float] {
        guard first.count == second.count else { return first }
        let sum = zip(first, second).map { $0 + $1 }
        let norm = FloatVector.dot(sum, sum).squareRoot()
        return norm > 0 ? sum.map { $0 / norm } : first
    }

    /// The median, over questions of the part, of the best score that another entry gets: what a related question
    /// without an entry of its own would get.
    private static func threshold(
        _ vectors: KnowledgeVectors, embedding: (Int) throws -> [Float]?
    ) throws -> Double {
        let sampled = spread(vectors.variants.count, limit: backgroundSample)
        let wrong: [Double] = try spread(sampled.count, limit: thresholdSample).compactMap { index in
            guard let query = try embedding(sampled[index]) else { return nil }
            let variant = vectors.variants[sampled[index]]
            let terms = SearchTerms.terms(of: variant.question, limit: KnowledgeIndex.termLimit)
            return vectors.matches(query, terms: terms).first { $0.entry != variant.entry }?.score
        }
        guard wrong.count >= thresholdMinimum else { return thresholdFallback }
        return wrong.sorted()[wrong.count / 2]
    }

    /// At most `limit` of the numbers below `count`, evenly spread.
    private static func spread(_ count: Int, limit: Int) -> [Int] {
        Array(stride(from: 0, to: count, by: max(1, (count + limit - 1) / limit)))
    }
}
