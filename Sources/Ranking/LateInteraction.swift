import BERT
import CKernels

/// A message's token vectors, ready to be compared: a byte a number.
struct QueryTokens: Hashable, Sendable {
    /// More tokens of a message are not looked at.
    static let limit = 96

    let dimension: Int
    let count: Int
    /// What a similarity means on the scale of whole states.
    let line: TokenNormaliser.Line
    fileprivate let bytes: [Int8]
    fileprivate let scales: [Float]
    fileprivate let sums: [Int32]

    /// - Parameter vectors: each of norm 1, `[normaliser.dimension]`.
    init(_ vectors: [[Float]], _ normaliser: TokenNormaliser) {
        let dimension = normaliser.dimension
        self.dimension = dimension
        line = normaliser.line
        count = vectors.count
        let stride = ck_query_bytes(dimension)
        var bytes = [Int8](repeating: 0, count: max(1, vectors.count * stride))
        var scales: [Float] = []
        var sums: [Int32] = []
        bytes.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            for (index, vector) in vectors.enumerated() where vector.count == dimension {
                var sum: Int32 = 0
                scales.append(ck_query_pack(dimension, vector, start + index * stride, &sum))
                sums.append(sum)
            }
        }
        (self.bytes, self.scales, self.sums) = (bytes, scales, sums)
    }

    init(_ text: EncodedText, _ normaliser: TokenNormaliser) {
        self.init(normaliser.vectors(of: text, limit: Self.limit), normaliser)
    }
}

/// The late interaction of a message with many sentences; keeps its memory between them.
struct LateInteraction {
    /// A longer message counts by the best stretch of so many of its tokens: a story with a question in it is judged by
    /// the question.
    static let window = 16
    static let step = 4

    private let query: QueryTokens
    private var products: [Float] = []
    private var scratch: [Float]

    init(_ query: QueryTokens) {
        self.query = query
        scratch = [Float](repeating: 0, count: max(1, query.count))
    }

    /// -1 to 1 but for rounding; 0 when either has no tokens.
    mutating func similarity(to sentence: SentencePack.Tokens) -> Float {
        guard query.count > 0, sentence.count > 0, let start = sentence.start else { return 0 }
        let needed = sentence.count * query.count
        if products.count < needed { products = [Float](repeating: 0, count: needed) }
        ck_token_products(
            query.dimension, sentence.count, start, query.count, query.bytes, query.scales, query.sums, &products)
        let similarity = ck_late_interaction(
            sentence.count, query.count, products, Self.window, Self.step, &scratch)
        return query.line.slope * similarity + query.line.offset
    }
}
