import CKernels

/// The masks of one training step. A mask is a function of seed, step, place and element, nothing is remembered.
struct DropoutPlan: Sendable {
    enum Place: Sendable {
        case embeddings
        case attention(layer: Int)
        case attentionOutput(layer: Int)
        case feedForward(layer: Int)
        case pooled
    }

    let rate: Float
    let seed: UInt64
    let step: Int

    /// No dropout at all, for evaluation.
    static let none = DropoutPlan(rate: 0, seed: 0, step: 0)

    func mask(_ place: Place) -> ck_dropout {
        guard rate > 0 else { return ck_dropout(threshold: 0, scale: 1, key: (0, 0)) }
        let site: UInt64 =
            switch place {
            case .embeddings: 0
            case .pooled: 1
            case .attention(let layer): 4 * UInt64(layer) + 4
            case .attentionOutput(let layer): 4 * UInt64(layer) + 5
            case .feedForward(let layer): 4 * UInt64(layer) + 6
            }
        var generator = SeededGenerator.derived(from: seed, 0xD20, UInt64(step), site)
        let bits = generator.next()
        return ck_dropout(
            threshold: UInt32(Double(rate) * 0x1p32), scale: 1 / (1 - rate),
            key: (UInt32(truncatingIfNeeded: bits), UInt32(truncatingIfNeeded: bits >> 32)))
    }
}
