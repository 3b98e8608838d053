import CKernels
import Testing

/// Every float32 kernel set of this CPU against the naive twins, over sizes that do not fit the tiles.
@Suite("Float kernels")
struct FloatKernelTests {
    static let sets = [CK_SET_PORTABLE, CK_SET_AVX2, CK_SET_AVX512, CK_SET_NEON]
        .filter { ck_float_kernels_of($0) != nil }

    private func kernels(_ set: ck_set) throws -> ck_float_kernels {
        try #require(ck_float_kernels_of(set)).pointee
    }

    private func product(
        _ kernels: ck_float_kernels, _ shape: (m: Int, n: Int, k: Int), _ x: [Float], _ w: [Float], _ bias: [Float],
        _ activation: ck_activation
    ) -> [Float] {
        var packed = [Float](repeating: .nan, count: ck_packed_count(kernels.panel, shape.n, shape.k))
        ck_pack(kernels.panel, shape.n, shape.k, w, bias, &packed)
        var out = [Float](repeating: .nan, count: shape.m * shape.n)
        kernels.matmul(shape.m, shape.n, shape.k, x, shape.k, packed, &out, shape.n, activation)
        return out
    }

    @Test("every CPU has the portable kernels, and a set hands out its own")
    func identity() throws {
        #expect(Self.sets.contains(CK_SET_PORTABLE))
        for set in Self.sets { #expect(try kernels(set).set == set) }
        #expect(ck_float_kernels_of(ck_set(rawValue: 99)) == nil)
        #expect(ck_int8_kernels_of(ck_set(rawValue: 99)) == nil)
    }

    @Test("a matrix product equals its naive twin for every shape", arguments: sets)
    func matrixProduct(set: ck_set) throws {
        let kernels = try kernels(set)
        var random = SeededGenerator(seed: 1)
        for m in [1, 2, 3, 5, 6, 7, 8, 9, 13, 16, 17, 200] {
            for (n, k) in [(1, 1), (3, 7), (16, 16), (47, 33), (48, 5), (49, 64), (96, 384), (131, 20)] {
                let (x, w, bias) = (random.floats(m * k), random.floats(n * k), random.floats(n))
                for activation in [CK_IDENTITY, CK_GELU] {
                    var expected = [Float](repeating: 0, count: m * n)
                    ck_naive_matmul(m, n, k, x, w, bias, &expected, activation)
                    let actual = product(kernels, (m, n, k), x, w, bias, activation)
                    #expect(deviation(actual, from: expected) < 2e-6 * Float(k).squareRoot() + 1e-6, "\(m)×\(n)×\(k)")
                }
            }
        }
    }

    @Test("a row's product does not depend on the other rows, bit for bit", arguments: sets)
    func rowsAreIndependent(set: ck_set) throws {
        let kernels = try kernels(set)
        var random = SeededGenerator(seed: 2)
        let (m, n, k) = (37, 101, 384)
        let (x, w, bias) = (random.floats(m * k), random.floats(n * k), random.floats(n))
        let together = product(kernels, (m, n, k), x, w, bias, CK_GELU)
        for row in 0..<m {
            let alone = product(kernels, (1, n, k), Array(x[row * k..<(row + 1) * k]), w, bias, CK_GELU)
            #expect(alone.map(\.bitPattern) == together[row * n..<(row + 1) * n].map(\.bitPattern), "row \(row)")
        }
    }

    @Test("GELU is exact to a millionth over its whole range", arguments: sets)
    func gelu(set: ck_set) throws {
        let kernels = try kernels(set)
        let x = (-120_000...120_000).map { Float($0) / 10_000 } + [-1e30, -100, 100, 1e30, 1e-30, -1e-30]
        var expected = [Float](repeating: 0, count: x.count)
        ck_naive_matmul(x.count, 1, 1, x, [1], [0], &expected, CK_GELU)
        let actual = product(kernels, (x.count, 1, 1), x, [1], [0], CK_GELU)
        let errors = zip(x, zip(actual, expected)).prefix(240_001).map { abs($1.0 - $1.1) / max(1, abs($0)) }
        #expect(try #require(errors.max()) < 5e-7)
        #expect(actual.suffix(6) == [0, 0, 100, 1e30, 5e-31, -5e-31])
    }

    @Test("adding and layer norm equal their naive twin", arguments: sets)
    func layerNorm(set: ck_set) throws {
        let kernels = try kernels(set)
        var random = SeededGenerator(seed: 3)
        for (rows, n) in [(1, 1), (2, 5), (3, 16), (4, 31), (5, 384), (2, 1031)] {
            let (x, residual) = (random.floats(rows * n, in: -9...9), random.floats(rows * n))
            let (gamma, beta) = (random.floats(n), random.floats(n))
            var expected = [Float](repeating: 0, count: rows * n)
            ck_naive_add_layer_norm(rows, n, x, residual, gamma, beta, 1e-5, &expected)
            var actual = [Float](repeating: .nan, count: rows * n)
            kernels.add_layer_norm(rows, n, x, residual, gamma, beta, 1e-5, &actual)
            #expect(deviation(actual, from: expected) < 2e-6, "\(rows)×\(n)")
            var inPlace = residual
            inPlace.withUnsafeMutableBufferPointer { buffer in
                if let pointer = buffer.baseAddress {
                    kernels.add_layer_norm(rows, n, x, pointer, gamma, beta, 1e-5, pointer)
                }
            }
            #expect(inPlace == actual)
        }
    }

    @Test("softmax equals its naive twin and sums to one", arguments: sets)
    func softmax(set: ck_set) throws {
        let kernels = try kernels(set)
        var random = SeededGenerator(seed: 4)
        for n in [1, 2, 7, 16, 17, 48, 100, 513] {
            for spread: Float in [0, 1, 30, 1000] {
                var actual = random.floats(n, in: -spread...spread)
                var expected = actual
                ck_naive_softmax(n, 0.25, &expected)
                kernels.softmax(n, 0.25, &actual)
                #expect(deviation(actual, from: expected) < 1e-6, "\(n) numbers in ±\(spread)")
                #expect(abs(actual.reduce(0, +) - 1) < 1e-5)
            }
        }
    }

    @Test("attention equals its naive twin for every length", arguments: sets)
    func attention(set: ck_set) throws {
        let kernels = try kernels(set)
        var random = SeededGenerator(seed: 5)
        for t in [1, 2, 3, 8, 9, 15, 16, 17, 31, 47, 48, 49, 97, 130] {
            for (heads, d) in [(1, 1), (4, 8), (12, 32), (2, 64), (3, 50)] {
                let hidden = heads * d
                let qkv = random.floats(t * 3 * hidden + Int(CK_PADDING), in: -2...2)
                var (expected, scores) = ([Float](repeating: 0, count: t * hidden), [Float](repeating: 0, count: t))
                ck_naive_attention(t, heads, d, qkv, &expected, &scores)
                var actual = [Float](repeating: .nan, count: t * hidden)
                var scratch = [Float](repeating: .nan, count: ck_attention_scratch(t, d))
                let middle = (heads + 1) / 2
                kernels.attention(t, heads, middle, heads, d, qkv, &actual, &scratch)
                kernels.attention(t, heads, 0, middle, d, qkv, &actual, &scratch)
                #expect(deviation(actual, from: expected) < 5e-6, "\(t) tokens, \(heads) heads of \(d)")
            }
        }
    }

    @Test("mean and norm equal their naive twin", arguments: sets)
    func sentence(set: ck_set) throws {
        let kernels = try kernels(set)
        var random = SeededGenerator(seed: 6)
        for (rows, n) in [(1, 1), (3, 7), (7, 16), (16, 384), (5, 100)] {
            let x = random.floats(rows * n)
            var (expected, actual) = ([Float](repeating: 0, count: n), [Float](repeating: .nan, count: n))
            ck_naive_sentence(rows, n, x, &expected)
            kernels.mean_rows(rows, n, x, &actual)
            kernels.l2_normalise(n, &actual)
            #expect(deviation(actual, from: expected) < 1e-6, "\(rows)×\(n)")
        }
        var zero: [Float] = [0, 0, 0]
        kernels.l2_normalise(3, &zero)
        #expect(zero == [0, 0, 0])
    }
}
