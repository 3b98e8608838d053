import BERT
import CKernels

/// Sequences side by side without padding, as rows of the network's word table.
struct PackedBatch: Sendable {
    let rows: [Int32]
    let lengths: [Int]

    init(_ sequences: [[Int32]]) {
        rows = sequences.flatMap { $0 }
        lengths = sequences.map(\.count)
    }

    /// All tokens.
    var tokens: Int { rows.count }
    /// Rows of attention probabilities times their length, per head.
    var probabilities: Int { lengths.reduce(0) { $0 + $1 * ck_attention_row($1) } }
}

/// What one layer's forward pass leaves for its backward pass.
struct LayerMemory {
    /// Queries, keys and values [tokens, 3·hidden].
    let attentionInput: UnsafeMutablePointer<Float>
    /// Softmax before dropout, per sequence [heads, tokens, row].
    let probabilities: UnsafeMutablePointer<Float>
    /// Attention's result [tokens, hidden].
    let context: UnsafeMutablePointer<Float>
    /// The norm after attention: normalised [tokens, hidden], scales [tokens], result [tokens, hidden].
    let attentionNorm: NormMemory
    /// Before and after GELU [tokens, intermediate].
    let wide: UnsafeMutablePointer<Float>
    let activated: UnsafeMutablePointer<Float>
    /// The norm after the feed-forward block.
    let outputNorm: NormMemory
}

/// What a layer norm keeps.
struct NormMemory {
    let normalised: UnsafeMutablePointer<Float>
    let scales: UnsafeMutablePointer<Float>
    let result: UnsafeMutablePointer<Float>
}

/// The memory of a pass forward and backward for up to `tokens` tokens.
///
/// Per token it takes `layers · (9·hidden + 2·intermediate + heads · longest + 2) + 8·hidden + intermediate` numbers of four bytes:
/// 158 KB for MiniLM (6 × 384) and 314 KB for multilingual-e5-small (12 × 384) at 64 tokens per sequence.
final class PassMemory {
    let tokens: Int
    let probabilities: Int
    let layers: [LayerMemory]
    let embeddingNorm: NormMemory
    /// A block's result before its norm; in the backward pass the gradient behind dropout [tokens, hidden].
    let update: UnsafeMutablePointer<Float>
    /// The gradient of the hidden states on their way back, and its counterpart [tokens, hidden].
    let gradient: UnsafeMutablePointer<Float>
    let otherGradient: UnsafeMutablePointer<Float>
    /// Gradients of the wide states [tokens, intermediate], and of queries, keys and values [tokens, 3·hidden].
    let wideGradient: UnsafeMutablePointer<Float>
    let inputGradient: UnsafeMutablePointer<Float>
    let contextGradient: UnsafeMutablePointer<Float>
    /// Scratch memory per member of the team.
    let scratch: UnsafeMutablePointer<Float>
    let scratchCount: Int
    private let memory: FloatMemory

    init(configuration: BERTConfiguration, tokens: Int, longest: Int, probabilities: Int, threads: Int) {
        let (hidden, wide) = (configuration.hiddenSize, configuration.intermediateSize)
        let perHead = probabilities * configuration.heads
        scratchCount = max(
            ck_product_scratch(max(tokens, 3 * hidden, wide)),
            ck_self_attention_scratch(longest, configuration.headSize))
        var size = 0
        func reserve(_ count: Int) -> Int {
            defer { size += (count + Int(CK_PADDING) + 15) / 16 * 16 }
            return size
        }
        func reserveNorm() -> [Int] { [reserve(tokens * hidden), reserve(tokens), reserve(tokens * hidden)] }
        let layerOffsets = (0..<configuration.layers).map { _ in
            [reserve(tokens * 3 * hidden), reserve(perHead), reserve(tokens * hidden), reserve(tokens * wide)]
                + [reserve(tokens * wide)] + reserveNorm() + reserveNorm()
        }
        let embedding = reserveNorm()
        let shared = [hidden, hidden, hidden, wide, 3 * hidden, hidden].map { reserve(tokens * $0) }
        let scratchOffset = reserve(scratchCount * threads)
        let memory = FloatMemory(size)
        func norm(_ offsets: ArraySlice<Int>) -> NormMemory {
            let parts = offsets.map { memory.start + $0 }
            return NormMemory(normalised: parts[0], scales: parts[1], result: parts[2])
        }
        layers = layerOffsets.map { offsets in
            let parts = offsets.map { memory.start + $0 }
            return LayerMemory(
                attentionInput: parts[0], probabilities: parts[1], context: parts[2],
                attentionNorm: norm(offsets[5..<8]), wide: parts[3], activated: parts[4],
                outputNorm: norm(offsets[8..<11]))
        }
        embeddingNorm = norm(embedding[...])
        let parts = shared.map { memory.start + $0 }
        (update, gradient, otherGradient) = (parts[0], parts[1], parts[2])
        (wideGradient, inputGradient, contextGradient) = (parts[3], parts[4], parts[5])
        scratch = memory.start + scratchOffset
        self.memory = memory
        self.tokens = tokens
        self.probabilities = probabilities
    }

    /// The last hidden states [tokens, hidden].
    var states: UnsafeMutablePointer<Float> { (layers.last?.outputNorm ?? embeddingNorm).result }
}
