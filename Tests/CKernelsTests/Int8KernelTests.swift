import CKernels
import Testing

/// Every int8 kernel set of this CPU against arithmetic on the numbers that its bytes stand for.
@Suite("Int8 kernels")
struct Int8KernelTests {
    static let sets = [CK_SET_PORTABLE, CK_SET_AVX2, CK_SET_AVX_VNNI, CK_SET_AVX512_VNNI, CK_SET_NEON_DOT]
        .filter { ck_int8_kernels_of($0) != nil }

    private func kernels(_ set: ck_set) throws -> ck_int8_kernels {
        try #require(ck_int8_kernels_of(set)).pointee
    }

    private struct Quantised {
        var bytes: [UInt8]
        var ranges: [ck_range]
        var stride: Int
        /// The numbers that the bytes stand for, the exact ones included.
        var values: [Float]
    }

    private func quantise(
        _ kernels: ck_int8_kernels, rows: Int, _ n: Int, _ x: [Float], exact: [UInt32] = []
    ) -> Quantised {
        let stride = (n + 3) / 4 * 4
        var result = Quantised(
            bytes: Array(repeating: 0xAA, count: rows * stride), ranges: Array(repeating: ck_range(), count: rows),
            stride: stride, values: [])
        var copy = x
        exact.withUnsafeBufferPointer { exact in
            let columns = exact.isEmpty ? nil : exact.baseAddress
            kernels.quantise(rows, n, &copy, columns, &result.bytes, stride, &result.ranges)
        }
        #expect(copy == x)
        let signed = kernels.set == CK_SET_NEON_DOT
        for row in 0..<rows {
            for (column, byte) in result.bytes[row * stride..<row * stride + n].enumerated() {
                let number = signed ? Float(Int8(bitPattern: byte)) : Float(byte)
                let value = result.ranges[row].scale * number + result.ranges[row].low
                result.values.append(exact.contains(UInt32(column)) ? x[row * n + column] : value)
            }
        }
        return result
    }

    @Test("a quantised row is off by half a step at most and has zeros behind its end", arguments: sets)
    func quantisation(set: ck_set) throws {
        let kernels = try kernels(set)
        var random = SeededGenerator(seed: 11)
        for n in [1, 2, 5, 15, 16, 17, 64, 99, 384] {
            for range: ClosedRange<Float> in [-1...1, -0.2...9, 100...101, -3e-6...2e-6, 5...5] {
                let x = random.floats(3 * n, in: range)
                let result = quantise(kernels, rows: 3, n, x)
                for row in 0..<3 {
                    let part = x[row * n..<(row + 1) * n]
                    let spread = (part.max() ?? 0) - (part.min() ?? 0)
                    #expect(abs(result.ranges[row].scale - spread / 255) <= spread * 1e-6)
                    let worst = zip(part, result.values[row * n..<(row + 1) * n]).map { abs($0 - $1) }.max() ?? 0
                    #expect(worst <= spread / 255 * 0.501 + abs(range.upperBound) * 1e-6, "\(n) in \(range)")
                    let stride = result.stride
                    #expect(result.bytes[row * stride + n..<(row + 1) * stride].allSatisfy { $0 == 0 })
                }
            }
        }
    }

    @Test("a product is that of the quantised rows with the weights as packed", arguments: sets)
    func product(set: ck_set) throws {
        let kernels = try kernels(set)
        var random = SeededGenerator(seed: 12)
        for m in [1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 200] {
            for (n, k) in [(1, 1), (3, 7), (16, 16), (47, 33), (48, 5), (49, 64), (96, 384), (50, 1536)] {
                var (x, w, bias) = (random.floats(m * k, in: -1...3), random.floats(n * k), random.floats(n))
                let exact: [UInt32] = k < 16 ? [] : [0, 3, UInt32(k) / 2, UInt32(k) - 1]
                for column in exact.map(Int.init) {
                    for row in 0..<m { x[row * k + column] *= 50 }
                    for row in 0..<n { w[row * k + column] *= 50 }
                }
                let rounded = Self.roundedWeights(w, n, k, limit: Float(kernels.weight_limit), exact: exact)
                let q = quantise(kernels, rows: m, k, x, exact: exact)
                let packed = Self.pack(kernels, n, k, w, bias, exact: exact)
                for (activation, tolerance) in [(CK_IDENTITY, Float(0)), (CK_GELU, 2e-4)] {
                    var expected = [Float](repeating: 0, count: m * n)
                    ck_naive_matmul(m, n, k, q.values, rounded, bias, &expected, activation)
                    var actual = [Float](repeating: .nan, count: m * n)
                    kernels.matmul(m, n, k, q.bytes, q.stride, q.ranges, packed, &actual, n, activation)
                    // Rounding grows with the exact products, which are as large as 150 · 50.
                    let rounding = exact.isEmpty ? 1e-6 * Float(k).squareRoot() + 2e-6 : 3e-3
                    #expect(deviation(actual, from: expected) < rounding + tolerance, "\(m)×\(n)×\(k)")
                }
            }
        }
    }

    @Test("the largest bytes do not saturate", arguments: sets)
    func extremes(set: ck_set) throws {
        let kernels = try kernels(set)
        let k = 4096
        // All activation bytes but the first are 255; weights are at the limit with either sign.
        var x = [Float](repeating: 1, count: k)
        x[0] = 0
        for sign: Float in [1, -1] {
            let w = [Float](repeating: sign, count: k)
            let q = quantise(kernels, rows: 1, k, x)
            let packed = Self.pack(kernels, 1, k, w, [0])
            var out: [Float] = [.nan]
            kernels.matmul(1, 1, k, q.bytes, q.stride, q.ranges, packed, &out, 1, CK_IDENTITY)
            #expect(abs(out[0] - sign * 4095) < 0.01)
        }
    }

    private static func pack(
        _ kernels: ck_int8_kernels, _ n: Int, _ k: Int, _ w: [Float], _ bias: [Float], exact: [UInt32] = []
    ) -> [UInt8] {
        var packed = [UInt8](repeating: 0xAA, count: ck_packed_int8_bytes(kernels.panel, n, k))
        exact.withUnsafeBufferPointer { exact in
            let columns = exact.isEmpty ? nil : exact.baseAddress
            ck_pack_int8(kernels.panel, kernels.weight_limit, n, k, w, bias, columns, &packed)
        }
        return packed
    }

    /// What `ck_pack_int8` makes of the weights.
    private static func roundedWeights(_ w: [Float], _ n: Int, _ k: Int, limit: Float, exact: [UInt32]) -> [Float] {
        var rounded: [Float] = []
        for channel in 0..<n {
            let row = w[channel * k..<(channel + 1) * k].enumerated()
            let largest = row.filter { !exact.contains(UInt32($0.offset)) }.map { abs($0.element) }.max() ?? 0
            rounded += row.map { column, weight in
                if exact.contains(UInt32(column)) { return weight }
                return largest == 0 ? 0 : (weight * (limit / largest)).rounded(.toNearestOrEven) * (largest / limit)
            }
        }
        return rounded
    }
}
