/// Arithmetic on embeddings.
package enum FloatVector {
    /// Σ left[i] · right[i] over the shorter length.
    @inlinable package static func dot(_ left: some Collection<Float>, _ right: some Collection<Float>) -> Float {
        left.withContiguousStorageIfAvailable { left in
            right.withContiguousStorageIfAvailable { right in
                var lanes = SIMD8<Float>.zero
                let count = min(left.count, right.count)
                var index = 0
                while index + 8 <= count {
                    var a = SIMD8<Float>()
                    var b = SIMD8<Float>()
                    for lane in 0..<8 {
                        a[lane] = left[index + lane]
                        b[lane] = right[index + lane]
                    }
                    lanes += a * b
                    index += 8
                }
                var rest: Float = 0
                while index < count {
                    rest += left[index] * right[index]
                    index += 1
                }
                return lanes.sum() + rest
            }
        }.flatMap { $0 } ?? zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
    }
}
