import ConversationDomain
import LinearModels

/// The vectors and words of one locale's entries, with what a similarity means among them.
package struct KnowledgeVectors: Sendable {
    /// One wording of an entry's question.
    struct Variant: Sendable {
        /// Index of the entry.
        let entry: Int
        let question: String
    }

    /// How well an entry fits a query: how many deviations its best question lies above the similarity of unrelated
    /// questions, plus the same for the answer with a smaller weight, plus its share of the best entry's BM25.
    struct Match: Sendable {
        let entry: Int
        let variant: Int
        let score: Double
    }

    /// Entries whose answers are looked at, those with the best questions and words.
    static let candidateLimit = 512
    /// How much the answer counts beside the question.
    static let answerWeight: Float = 0.3
    /// How much words count beside meaning, in deviations.
    static let lexicalWeight: Float = 1
    /// The share of it for passages, which have many words. Their headings are no questions: they count in the passage's own
    /// embedding, and as words.
    static let passageWords: Float = 0.2

    let entries: [KnowledgeEntry]
    /// In the order of their entries.
    let variants: [Variant]
    private let questions: VectorRows
    private let answers: CompactRows
    private let words: WordIndex
    private let background: Background
    private let passages: PassageScale?

    /// - Parameter passages: what a passage's similarity means; nil judges passages like answers.
    init(
        entries: [KnowledgeEntry], variants: [Variant], questions: VectorRows, answers: CompactRows,
        background: Background, passages: PassageScale? = nil
    ) {
        self.passages = passages
        self.entries = entries
        self.variants = variants
        self.questions = questions
        self.answers = answers
        self.background = background
        words = WordIndex(entries)
    }

    /// The best entries, best first, at most ``candidateLimit``.
    /// - Parameters:
    ///   - query: L2-normalised, `[dimension]`; another width finds nothing.
    ///   - terms: the query's words.
    func matches(_ query: [Float], terms: [String]) -> [Match] {
        let cosines = questions.products(with: query)
        guard cosines.count == variants.count, answers.count == entries.count else { return [] }
        var best = [(variant: Int32, cosine: Float)](repeating: (-1, -2), count: entries.count)
        for (index, variant) in variants.enumerated() where cosines[index] > best[variant.entry].cosine {
            best[variant.entry] = (Int32(index), cosines[index])
        }
        let lexical = words.scores(of: terms)
        let scale = (lexical?.max()).map { $0 > 0 ? Self.lexicalWeight / $0 : 0 } ?? 0
        let answerQuery = answers.query(query)
        var scores = best.indices.map { entry in
            let words = scale * (lexical?[entry] ?? 0)
            guard entries[entry].isPassage else { return background.question(best[entry].cosine) + words }
            let cosine = answers.product(of: entry, with: answerQuery)
            return Self.passageWords * words + (passages?.score(cosine, of: entry) ?? background.answer(cosine))
        }
        passages?.addPages(to: &scores)
        let candidates = Self.largest(Self.candidateLimit, of: scores)
        return candidates.map { entry in
            let answer =
                entries[entry].isPassage
                ? 0 : Self.answerWeight * background.answer(answers.product(of: entry, with: answerQuery))
            return Match(entry: entry, variant: Int(best[entry].variant), score: Double(scores[entry] + answer))
        }.sorted { ($1.score, $0.entry) < ($0.score, $1.entry) }
    }

    /// The indices of the `count` largest scores, of all when there are no more; best first, of equal ones the first first.
    package static func largest(_ count: Int, of scores: [Float]) -> [Int] {
        guard !scores.isEmpty else { return [] }
        // A sample tells a bound that somewhat more than enough scores reach; the few are then sorted.
        let step = max(1, scores.count / 1024)
        var sample = stride(from: 0, to: scores.count, by: step).map { -scores[$0] }
        sample.sort()
        var rank = min(sample.count - 1, max(16, 2 * count * sample.count / scores.count))
        var reaching: [UInt64] = []
        while true {
            let bound = rank < sample.count ? -sample[rank] : -.infinity
            reaching = scores.withUnsafeBufferPointer { scores in
                scores.indices.compactMap { scores[$0] >= bound ? sortKey(scores[$0], $0) : nil }
            }
            if reaching.count >= min(count, scores.count) || rank >= sample.count { break }
            rank *= 2
        }
        reaching.sort()
        return reaching.prefix(count).map { Int(UInt32(truncatingIfNeeded: $0)) }
    }

    /// Rises where the score falls, and of equal ones with the index; numbers are sorted much faster than pairs.
    private static func sortKey(_ score: Float, _ index: Int) -> UInt64 {
        let bits = (score + 0).bitPattern
        let falling = bits >> 31 == 1 ? bits : ~bits & ~(1 << 31)
        return UInt64(falling) << 32 | UInt64(UInt32(index))
    }
}
