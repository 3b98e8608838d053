import CKernels

/// Asked again and again while a pass is under way: what is to be done on its thread before it goes on; nil for nothing.
///
/// A pass over a long text takes as long as those over many short ones, which need not wait for its end.
public typealias PassInterlude = () -> (() -> Void)?

/// The way of a batch through all layers.
///
/// A step is divided among the team by rows, output channels or heads; the next step begins when all of it is done.
struct EncoderPass: Sendable {
    private let kernels: Kernels
    private let weights: PackedWeights
    private var configuration: BERTConfiguration { weights.layout.configuration }

    init(kernels: Kernels, weights: PackedWeights) {
        self.kernels = kernels
        self.weights = weights
    }

    /// Takes word embeddings in `workspace.states` [sum of lengths, hidden], leaves the last hidden states there.
    /// - Parameter interlude: asked twice a layer, of a long text more often; must not use the workspace.
    func run(lengths: [Int], workspace: Workspace, interlude: PassInterlude? = nil) {
        let tokens = lengths.reduce(0, +)
        workspace.team.gather {
            embed(lengths: lengths, workspace)
            for layer in 0..<configuration.layers {
                if let guest = interlude?() { workspace.team.disband(for: guest) }
                attend(layer: layer, lengths: lengths, tokens: tokens, workspace)
                feedForward(layer: layer, tokens: tokens, workspace, interlude)
            }
        }
    }

    /// Mean over the rows of `states` [tokens, hidden], then L2 norm 1.
    func sentence(tokens: Int, states: UnsafePointer<Float>, into buffer: UnsafeMutableBufferPointer<Float>) {
        guard let target = buffer.baseAddress else { return }
        kernels.float.mean_rows(tokens, configuration.hiddenSize, states, target)
        kernels.float.l2_normalise(configuration.hiddenSize, target)
    }

    private func embed(lengths: [Int], _ workspace: Workspace) {
        let positions = weights.numbers(at: weights.layout.positions)
        workspace.team.divide { member in
            var states = workspace.states
            for length in lengths {
                addLayerNorm(
                    member.share(of: length), states, residual: positions, norm: weights.layout.embeddingNorm,
                    into: states)
                states += length * configuration.hiddenSize
            }
        }
    }

    private func attend(
        layer: Int, lengths: [Int], tokens: Int, _ workspace: Workspace
    ) {
        let hidden = configuration.hiddenSize
        let projection = Product(matrix: .attentionInput, layer: layer, rows: tokens)
        multiply(projection, workspace.states, into: workspace.attentionInput, workspace)
        workspace.team.divide { member in
            let heads = member.share(of: configuration.heads)
            var begin = 0
            for length in lengths {
                kernels.float.attention(
                    length, configuration.heads, heads.lowerBound, heads.upperBound, configuration.headSize,
                    workspace.attentionInput + begin * 3 * hidden, workspace.context + begin * hidden,
                    workspace.scratch + member.index * workspace.scratchCount)
                begin += length
            }
        }
        let output = Product(matrix: .attentionOutput, layer: layer, rows: tokens)
        multiply(output, workspace.context, into: workspace.update, workspace)
        workspace.team.divide { member in
            addLayerNorm(
                member.share(of: tokens), workspace.update, residual: workspace.states,
                norm: weights.layout.norm(.afterAttention, layer: layer), into: workspace.states)
        }
    }

    /// The wide intermediate result is made and used up for a few rows at a time, so that it stays in the cache.
    private func feedForward(layer: Int, tokens: Int, _ workspace: Workspace, _ interlude: PassInterlude?) {
        let hidden = configuration.hiddenSize
        for begin in stride(from: 0, to: tokens, by: workspace.wideRows) {
            if let guest = interlude?() { workspace.team.disband(for: guest) }
            let rows = min(workspace.wideRows, tokens - begin)
            let input = Product(matrix: .feedForwardInput, layer: layer, rows: rows, activation: CK_GELU)
            multiply(input, workspace.states + begin * hidden, into: workspace.wide, workspace)
            let output = Product(matrix: .feedForwardOutput, layer: layer, rows: rows)
            multiply(output, workspace.wide, into: workspace.update + begin * hidden, workspace)
        }
        workspace.team.divide { member in
            addLayerNorm(
                member.share(of: tokens), workspace.update, residual: workspace.states,
                norm: weights.layout.norm(.afterFeedForward, layer: layer), into: workspace.states)
        }
    }

    /// out[rows, outputs] = activation(input[rows, inputs] · weightᵀ + bias)
    private struct Product {
        let matrix: LayerMatrix
        let layer: Int
        let rows: Int
        var activation: ck_activation = CK_IDENTITY
    }

    private func multiply(
        _ product: Product, _ input: UnsafeMutablePointer<Float>, into output: UnsafeMutablePointer<Float>,
        _ workspace: Workspace
    ) {
        let (outputs, inputs) = product.matrix.shape(configuration)
        let matrix = weights.layout.matrix(product.matrix, layer: product.layer)
        let stride = (inputs + 3) / 4 * 4
        if let int8 = kernels.int8 {
            let exact = weights.exactColumns(product.matrix, layer: product.layer)
            workspace.team.divide { member in
                let own = member.share(of: product.rows)
                int8.quantise(
                    own.count, inputs, input + own.lowerBound * inputs, exact,
                    workspace.quantised + own.lowerBound * stride, stride, workspace.ranges + own.lowerBound)
            }
        }
        workspace.team.divide { member in
            let panel = kernels.panel
            let panels = member.share(of: (outputs + panel - 1) / panel)
            let first = panels.lowerBound * panel
            let columns = min(panels.upperBound * panel, outputs) - first
            let offset = matrix + panels.lowerBound * kernels.packedBytes(outputs: panel, inputs: inputs)
            if let int8 = kernels.int8 {
                int8.matmul(
                    product.rows, columns, inputs, workspace.quantised, stride, workspace.ranges,
                    weights.bytes(at: offset), output + first, outputs, product.activation)
            } else {
                kernels.float.matmul(
                    product.rows, columns, inputs, input, inputs, weights.numbers(at: offset), output + first, outputs,
                    product.activation)
            }
        }
    }

    /// Norms the rows of `rows` of matrices [any, hidden].
    private func addLayerNorm(
        _ rows: Range<Int>, _ input: UnsafePointer<Float>, residual: UnsafePointer<Float>, norm: Int,
        into output: UnsafeMutablePointer<Float>
    ) {
        let hidden = configuration.hiddenSize
        let begin = rows.lowerBound * hidden
        kernels.float.add_layer_norm(
            rows.count, hidden, input + begin, residual + begin, weights.numbers(at: norm),
            weights.numbers(at: norm) + hidden, configuration.layerNormEpsilon, output + begin)
    }
}
