import CKernels

/// The float32 way through all layers.
struct FloatPass: Sendable {
    private let kernels: ck_float_kernels
    private let weights: PackedWeights
    private var configuration: BERTConfiguration { weights.layout.configuration }

    init(kernels: ck_float_kernels, weights: PackedWeights) {
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
                rows: length, row, residual: weights.numbers + layout.positions, norm: layout.embeddingNorm, into: row)
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
        kernels.mean_rows(tokens, configuration.hiddenSize, states, target)
        kernels.l2_normalise(configuration.hiddenSize, target)
    }

    private func attend(layer: Int, lengths: [Int], tokens: Int, workspace: Workspace) {
        let hidden = configuration.hiddenSize
        multiply(.attentionInput, layer: layer, rows: tokens, workspace.states, into: workspace.attentionInput)
        var begin = 0
        for length in lengths {
            kernels.attention(
                length, configuration.heads, configuration.headSize, workspace.attentionInput + begin * 3 * hidden,
                workspace.context + begin * hidden, workspace.scratch)
            begin += length
        }
        multiply(.attentionOutput, layer: layer, rows: tokens, workspace.context, into: workspace.update)
        addLayerNorm(
            rows: tokens, workspace.update, residual: workspace.states,
            norm: weights.layout.norm(.afterAttention, layer: layer), into: workspace.states)
    }

    private func feedForward(layer: Int, tokens: Int, workspace: Workspace) {
        multiply(
            .feedForwardInput, layer: layer, rows: tokens, workspace.states, into: workspace.wide, activation: CK_GELU)
        multiply(.feedForwardOutput, layer: layer, rows: tokens, workspace.wide, into: workspace.update)
        addLayerNorm(
            rows: tokens, workspace.update, residual: workspace.states,
            norm: weights.layout.norm(.afterFeedForward, layer: layer), into: workspace.states)
    }

    private func multiply(
        _ matrix: LayerMatrix, layer: Int, rows: Int, _ input: UnsafePointer<Float>,
        into output: UnsafeMutablePointer<Float>, activation: ck_activation = CK_IDENTITY
    ) {
        let shape = matrix.shape(configuration)
        kernels.matmul(
            rows, shape.outputs, shape.inputs, input, shape.inputs,
            weights.numbers + weights.layout.matrix(matrix, layer: layer), output, shape.outputs, activation)
    }

    private func addLayerNorm(
        rows: Int, _ input: UnsafePointer<Float>, residual: UnsafePointer<Float>, norm: Int,
        into output: UnsafeMutablePointer<Float>
    ) {
        let hidden = configuration.hiddenSize
        kernels.add_layer_norm(
            rows, hidden, input, residual, weights.numbers + norm, weights.numbers + norm + hidden,
            configuration.layerNormEpsilon, output)
    }
}
