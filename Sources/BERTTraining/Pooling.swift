import CKernels

/// From token states to sentence vectors and back.
struct Pooling {
    let kind: TrainingOptions.Pooling
    let hidden: Int
    let kernels: ck_training_kernels

    /// pooled[lengths.count, hidden] from states[sum of lengths, hidden].
    func forward(_ states: UnsafePointer<Float>, lengths: [Int], into pooled: UnsafeMutablePointer<Float>) {
        var begin = 0
        for (index, length) in lengths.enumerated() {
            let target = pooled + index * hidden
            target.update(repeating: 0, count: hidden)
            let (rows, scale) = weights(length)
            for row in 0..<rows { kernels.add_scaled(hidden, scale, states + (begin + row) * hidden, target) }
            begin += length
        }
    }

    /// Adds to the states' gradient what the gradient of the pooled vectors makes of it.
    func backward(_ pooled: UnsafePointer<Float>, lengths: [Int], into states: UnsafeMutablePointer<Float>) {
        var begin = 0
        for (index, length) in lengths.enumerated() {
            let (rows, scale) = weights(length)
            for row in 0..<rows {
                kernels.add_scaled(hidden, scale, pooled + index * hidden, states + (begin + row) * hidden)
            }
            begin += length
        }
    }

    private func weights(_ length: Int) -> (rows: Int, scale: Float) {
        switch kind {
        case .mean: (length, 1 / Float(length))
        case .first: (1, 1)
        }
    }
}
