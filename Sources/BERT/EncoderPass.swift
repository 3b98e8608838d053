import CKernels

/// The way of a batch through all layers.
struct EncoderPass: Sendable {
    private let kernels: Kernels
    private let weights: PackedWeights
    private var configuration: BERTConfiguration { weights.layout.configuration }

    init(kernels: Kernels, weights: PackedWeights) {
        self.kernels = kernels
        self.weights = weights
    }

    /// Takes word embeddings in `workspace.states` [sum of lengths, hidden], leaves the last hidden states there.
    func run(lengths: [Int], workspace: Workspace) {
        let layout = weights.layout
        let tokens = lengths.reduce(0, +)
        var row = workspace.states
        for length in lengths {
            addLayerNorm(
                rows: length, row, residual: weights.numbers(at: layout.positions), norm: layout.embeddingNorm,
                into: row)
            row += length * configuration.hiddenSize
        }
        for layer in 0..<configuration.layers {
            attend(layer: layer, lengths: lengths, tokens: tokens, workspace: workspace)
            feedForward(layer: layer, tokens: tokens, workspace: workspace)
        }
    }

    /// Mean over the rows of `states` [tokens, hidden], then L2 norm 1.
    func sentence(tokens: Int, states: UnsafePointer<Float>, into buffer: UnsafeMutableBufferPointer<Float>) {
        guard let target = buffer.baseAddress else { return }
        kernels.float.mean_rows(tokens, configuration.hiddenSize, states, target)
        kernels.float.l2_normalise(configuration.hiddenSize, target)
    }

    private func attend(layer: Int, lengths: [Int], tokens: Int, workspace: Workspace) {
        let hidden = configuration.hiddenSize
        multiply(
            .attentionInput, layer: layer, rows: tokens, workspace.states, into: workspace.attentionInput, workspace)
        var begin = 0
        for length in lengths {
            kernels.float.attention(
                length, configuration.heads, configuration.headSize, workspace.attentionInput + begin * 3 * hidden,
                workspace.context + begin * hidden, workspace.scratch)
            begin += length
        }
        multiply(.attentionOutput, layer: layer, rows: tokens, workspace.context, into: workspace.update, workspace)
        addLayerNorm(
            rows: tokens, workspace.update, residual: workspace.states,
            norm: weights.layout.norm(.afterAttention, layer: layer), into: workspace.states)
    }

    /// The wide intermediate result is made and used up for a few rows at a time, so that it stays in the cache.
    private func feedForward(layer: Int, tokens: Int, workspace: Workspace) {
        let hidden = configuration.hiddenSize
        var begin = 0
        while begin < tokens {
            let rows = min(workspace.wideRows, tokens - begin)
            multiply(
                .feedForwardInput, layer: layer, rows: rows, workspace.states + begin * hidden, into: workspace.wide,
                activation: CK_GELU, workspace)
            multiply(
                .feedForwardOutput, layer: layer, rows: rows, workspace.wide, into: workspace.update + begin * hidden,
                workspace)
            begin += rows
        }
        addLayerNorm(
            rows: tokens, workspace.update, residual: workspace.states,
            norm: weights.layout.norm(.afterFeedForward, layer: layer), into: workspace.states)
    }

    private func multiply(
        _ matrix: LayerMatrix, layer: Int, rows: Int, _ input: UnsafeMutablePointer<Float>,
        into output: UnsafeMutablePointer<Float>, activation: ck_activation = CK_IDENTITY, _ workspace: Workspace
    ) {
        let (outputs, inputs) = matrix.shape(configuration)
        let offset = weights.layout.matrix(matrix, layer: layer)
        guard let int8 = kernels.int8 else {
            kernels.float.matmul(
                rows, outputs, inputs, input, inputs, weights.numbers(at: offset), output, outputs, activation)
            return
        }
        let stride = (inputs + 3) / 4 * 4
        int8.quantise(
            rows, inputs, input, weights.exactColumns(matrix, layer: layer), workspace.quantised, stride,
            workspace.ranges)
        int8.matmul(
            rows, outputs, inputs, workspace.quantised, stride, workspace.ranges, weights.bytes(at: offset), output,
            outputs, activation)
    }

    private func addLayerNorm(
        rows: Int, _ input: UnsafePointer<Float>, residual: UnsafePointer<Float>, norm: Int,
        into output: UnsafeMutablePointer<Float>
    ) {
        let hidden = configuration.hiddenSize
        kernels.float.add_layer_norm(
            rows, hidden, input, residual, weights.numbers(at: norm), weights.numbers(at: norm) + hidden,
            configuration.layerNormEpsilon, output)
    }
}
