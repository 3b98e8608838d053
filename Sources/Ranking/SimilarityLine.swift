import BERT
import CKernels

/// Finds what similarities of kept token vectors mean on the scale of whole states, so that bounds and weights hold whatever is kept.
enum SimilarityLine {
    /// Sentences that are compared, and each with how many of the nearest and how many others.
    static let sentences = 160
    static let partners = 8

    /// Least squares over pairs of sentences; the line that changes nothing where there are too few.
    static func fitted(_ texts: [EncodedText], whole: TokenNormaliser, kept: TokenNormaliser) -> TokenNormaliser.Line {
        let texts = texts.prefix(4 * sentences).filter { !$0.wordTokens.isEmpty }
        let exact = texts.map { whole.vectors(of: $0, limit: SentencePack.tokenLimit) }
        let packed = texts.map { PackedSentence(key: 0, $0, kept, embedding: []).tokens }
        var (count, x, y, xx, xy) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for first in texts.indices.prefix(sentences) {
            let query = QueryTokens(kept.vectors(of: texts[first], limit: SentencePack.tokenLimit), kept)
            var interaction = LateInteraction(query)
            for second in others(than: first, texts) {
                let similarity = packed[second].withUnsafeBufferPointer { bytes in
                    interaction.similarity(
                        to: SentencePack.Tokens(
                            start: bytes.baseAddress, count: bytes.count / ck_token_bytes(kept.dimension)))
                }
                let (a, b) = (Double(similarity), Double(similarityOf(exact[first], exact[second])))
                (count, x, y, xx, xy) = (count + 1, x + a, y + b, xx + a * a, xy + a * b)
            }
        }
        let spread = count * xx - x * x
        guard count >= 100, spread > 1e-6 * count * count else { return TokenNormaliser.Line() }
        let slope = (count * xy - x * y) / spread
        guard (0.5...2).contains(slope) else { return TokenNormaliser.Line() }
        return TokenNormaliser.Line(slope: Float(slope), offset: Float((y - slope * x) / count))
    }

    /// The nearest, and some that stand anywhere.
    private static func others(than first: Int, _ texts: [EncodedText]) -> [Int] {
        let own = texts[first].embedding
        let cosines = texts.map { zip($0.embedding, own).reduce(Float(0)) { $0 + $1.0 * $1.1 } }
        let nearest = texts.indices.filter { $0 != first }.sorted { (cosines[$1], $0) < (cosines[$0], $1) }
        let step = max(1, nearest.count / partners)
        return Array(nearest.prefix(partners))
            + stride(from: step - 1, to: nearest.count, by: step)
            .prefix(partners).map { nearest[$0] }
    }

    private static func similarityOf(_ queries: [[Float]], _ tokens: [[Float]]) -> Float {
        let products = tokens.flatMap { token in
            queries.map { query in zip(query, token).reduce(Float(0)) { $0 + $1.0 * $1.1 } }
        }
        var scratch = [Float](repeating: 0, count: max(1, queries.count))
        return ck_late_interaction(
            tokens.count, queries.count, products, LateInteraction.window, LateInteraction.step, &scratch)
    }
}
