import CKernels
import Testing

/// Every training kernel set of this CPU against plain sums, over sizes that do not fit the tiles. What the kernels do
/// together is compared with PyTorch and with differences in BERTTrainingTests.
@Suite("Training kernels")
struct TrainingKernelTests {
    static let sets = [CK_SET_PORTABLE, CK_SET_AVX2, CK_SET_AVX512, CK_SET_NEON]
        .filter { ck_training_kernels_of($0) != nil }

    private func kernels(_ set: ck_set) throws -> ck_training_kernels {
        try #require(ck_training_kernels_of(set)).pointee
    }

    private struct Shape {
        let (m, n, k): (Int, Int, Int)
    }

    /// c[m, n] = start + a · b, in double precision.
    private func plain(
        _ shape: Shape, _ a: [Float], _ isATransposed: Bool, _ b: [Float], _ isBTransposed: Bool, start: [Float]
    ) -> [Float] {
        (0..<shape.m * shape.n).map { index in
            let (row, column) = (index / shape.n, index % shape.n)
            var sum = Double(start[index])
            for i in 0..<shape.k {
                let left = isATransposed ? a[i * shape.m + row] : a[row * shape.k + i]
                let right = isBTransposed ? b[column * shape.k + i] : b[i * shape.n + column]
                sum += Double(left) * Double(right)
            }
            return Float(sum)
        }
    }

    @Test("there are training kernels for every set of float32 kernels, and for no other")
    func identity() throws {
        #expect(Self.sets.contains(CK_SET_PORTABLE))
        for set in Self.sets { #expect(try kernels(set).set == set) }
        for set in [CK_SET_AVX_VNNI, CK_SET_AVX512_VNNI, CK_SET_NEON_DOT, ck_set(rawValue: 99)] {
            #expect(ck_training_kernels_of(set) == nil)
        }
    }

    @Test("a product of any shape and arrangement equals the plain sums", arguments: sets)
    func product(set: ck_set) throws {
        let kernels = try kernels(set)
        var random = SeededGenerator(seed: 3)
        for (m, n, k) in [(1, 1, 1), (3, 7, 5), (8, 48, 16), (9, 49, 33), (130, 50, 20), (241, 17, 96), (5, 131, 64)] {
            let shape = Shape(m: m, n: n, k: k)
            let (a, b) = (random.floats(m * k), random.floats(k * n))
            let (bias, previous) = (random.floats(n), random.floats(m * n))
            for (isA, isB) in [(false, false), (false, true), (true, false), (true, true)] {
                for start in [CK_START_ZERO, CK_START_BIAS, CK_START_PREVIOUS] {
                    var c = start == CK_START_PREVIOUS ? previous : Array(repeating: .nan, count: m * n)
                    var scratch = [Float](repeating: .nan, count: ck_product_scratch(k))
                    a.withUnsafeBufferPointer { a in
                        b.withUnsafeBufferPointer { b in
                            bias.withUnsafeBufferPointer { bias in
                                c.withUnsafeMutableBufferPointer { c in
                                    guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else {
                                        return
                                    }
                                    var product = ck_product(
                                        m: m, n: n, k: k, a: a, lda: isA ? m : k, a_transposed: isA, b: b,
                                        ldb: isB ? k : n, b_transposed: isB, start: start, bias: bias.baseAddress,
                                        c: c, ldc: n)
                                    kernels.product(&product, &scratch)
                                }
                            }
                        }
                    }
                    let from: [Float] =
                        switch start {
                        case CK_START_ZERO: Array(repeating: 0, count: m * n)
                        case CK_START_BIAS: (0..<m * n).map { bias[$0 % n] }
                        default: previous
                        }
                    let expected = plain(shape, a, isA, b, isB, start: from)
                    #expect(deviation(c, from: expected) < 2e-6 * Float(k).squareRoot() + 1e-6, "\(m)×\(n)×\(k)")
                }
            }
        }
    }

    @Test("dropout drops its share, scales the rest, and differs by key and row", arguments: sets)
    func dropout(set: ck_set) throws {
        let kernels = try kernels(set)
        let (rows, n) = (301, 99)
        func mask(key: UInt32, firstRow: Int = 0, rows: Int = rows) -> [Float] {
            var out = [Float](repeating: 1, count: rows * n)
            let ones = out
            let setting = ck_dropout(threshold: UInt32(0.2 * 0x1p32), scale: 1.25, key: (key, 7))
            kernels.dropout(rows, n, firstRow, setting, ones, &out)
            return out
        }
        let first = mask(key: 1)
        #expect(Set(first) == [0, 1.25])
        let dropped = Double(first.filter { $0 == 0 }.count) / Double(first.count)
        #expect(abs(dropped - 0.2) < 0.01)
        let other = mask(key: 2)
        let both = Double(zip(first, other).filter { $0 == 0 && $1 == 0 }.count) / Double(first.count)
        #expect(abs(both - 0.04) < 0.005)
        // A row's mask depends on its number only, and is the same for every kernel set.
        #expect(mask(key: 1, firstRow: 200, rows: 101) == Array(first[(200 * n)...]))
        let portable = try self.kernels(CK_SET_PORTABLE)
        var reference = [Float](repeating: 1, count: rows * n)
        let ones = reference
        portable.dropout(
            rows, n, 0, ck_dropout(threshold: UInt32(0.2 * 0x1p32), scale: 1.25, key: (1, 7)), ones, &reference)
        #expect(reference == first)
    }

    @Test("the slope of GELU is what differences of GELU say", arguments: sets)
    func geluSlope(set: ck_set) throws {
        let kernels = try kernels(set)
        let x = (0..<243).map { Float($0 - 121) * 0.0625 }
        let step: Float = 0.015625
        func gelu(_ x: [Float]) -> [Float] {
            var y = [Float](repeating: .nan, count: x.count)
            kernels.gelu(x.count, x, &y)
            return y
        }
        var slope = [Float](repeating: .nan, count: x.count)
        kernels.gelu_backward(x.count, x, [Float](repeating: 2, count: x.count), &slope)
        let expected = zip(gelu(x.map { $0 + step }), gelu(x.map { $0 - step })).map { ($0 - $1) / step }
        #expect(deviation(slope, from: expected) < 3e-4)
    }
}
