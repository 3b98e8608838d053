import CKernels
import Testing

/// Packed token vectors against plain arithmetic.
@Suite("Token vectors")
struct TokenVectorTests {
    private func unit(_ count: Int, _ random: inout SeededGenerator) -> [Float] {
        let values = random.floats(count)
        let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return values.map { $0 / norm }
    }

    private func dot(_ left: [Float], _ right: [Float]) -> Float { zip(left, right).reduce(0) { $0 + $1.0 * $1.1 } }

    @Test("a packed vector's products are near the exact ones", arguments: [1, 31, 64, 65, 384])
    func products(dimension: Int) {
        var random = SeededGenerator(seed: 3)
        let tokens = (0..<9).map { _ in unit(dimension, &random) }
        let queries = (0..<5).map { _ in unit(dimension, &random) } + [tokens[3]]
        let (bytes, stride) = (ck_token_bytes(dimension), ck_query_bytes(dimension))
        var packed = [UInt8](repeating: 0, count: tokens.count * bytes)
        packed.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            for (index, token) in tokens.enumerated() { ck_token_pack(dimension, token, start + index * bytes) }
        }
        var query = [Int8](repeating: 0, count: queries.count * stride)
        var sums = [Int32](repeating: 0, count: queries.count)
        var scales: [Float] = []
        query.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            for (index, vector) in queries.enumerated() {
                scales.append(ck_query_pack(dimension, vector, start + index * stride, &sums[index]))
            }
        }
        var out = [Float](repeating: .nan, count: tokens.count * queries.count)
        ck_token_products(dimension, tokens.count, packed, queries.count, query, scales, sums, &out)
        // 2 bits leave an error of a third of the norm, spread over the dimensions: some four of its deviations.
        let tolerance: Float = 1.5 / Float(dimension).squareRoot()
        for (t, token) in tokens.enumerated() {
            for (q, vector) in queries.enumerated() {
                #expect(abs(out[t * queries.count + q] - dot(token, vector)) < tolerance, "token \(t), query \(q)")
            }
        }
        // A vector with itself: neither too large nor too small.
        #expect(abs(out[3 * queries.count + 5] - 1) < 0.02)
        var portable = [Float](repeating: .nan, count: out.count)
        ck_token_products_portable(
            dimension, tokens.count, packed, queries.count, query, scales, sums, &portable)
        #expect(portable == out)
        var unpacked = [Float](repeating: .nan, count: dimension)
        ck_token_unpack(dimension, packed, &unpacked)
        #expect(abs(dot(unpacked, tokens[0]) - 1) < 0.001)
    }

    @Test("late interaction is the mean of the best both ways, in the best window")
    func lateInteraction() {
        // Two tokens, three queries.
        let s: [Float] = [0.9, 0.1, 0.2, 0.3, 0.8, 0.4]
        var scratch = [Float](repeating: 0, count: 3)
        let whole = ck_late_interaction(2, 3, s, 16, 4, &scratch)
        #expect(abs(whole - ((0.9 + 0.8 + 0.4) / 3 + (0.9 + 0.8) / 2) / 2) < 1e-6)
        // Windows of two: the first holds both of the tokens' likes.
        let windowed = ck_late_interaction(2, 3, s, 2, 1, &scratch)
        #expect(abs(windowed - 0.85) < 1e-6)
        #expect(ck_late_interaction(0, 3, s, 16, 4, &scratch) == 0)
        #expect(ck_late_interaction(2, 0, s, 16, 4, &scratch) == 0)
    }
}
