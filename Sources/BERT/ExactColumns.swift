import CKernels

/// Chooses the input columns of each matrix that an int8 product keeps in float32.
///
/// A BERT grows a few hidden dimensions whose numbers are ten times larger than all others, fed by a few giant weights
/// of the feed-forward outputs. The weights show which: no example texts are needed to find them. Keeping them apart
/// halves the distance between int8 and float32 embeddings.
struct ExactColumns {
    private let tensors: BERTTensors
    /// For each hidden dimension the largest weight that any layer's feed-forward output has in its row.
    private let reach: [Float]

    init(_ tensors: BERTTensors) throws {
        self.tensors = tensors
        let configuration = tensors.configuration
        let inputs = configuration.intermediateSize
        var reach = [Float](repeating: 0, count: configuration.hiddenSize)
        for layer in 0..<configuration.layers {
            let weight = try tensors.linear(.feedForwardOutput, layer: layer).weight
            for row in reach.indices {
                for column in row * inputs..<(row + 1) * inputs { reach[row] = max(reach[row], abs(weight[column])) }
            }
        }
        self.reach = reach
    }

    /// The columns of `matrix` in `layer`, ascending; none when the matrix is too narrow for the matter to arise.
    func columns(_ matrix: LayerMatrix, layer: Int, weight: [Float]) throws -> [UInt32] {
        let inputs = matrix.shape(tensors.configuration).inputs
        guard inputs >= 4 * Int(CK_EXACT_COLUMNS) else { return [] }
        let scores: [Float] =
            switch matrix {
            case .attentionInput where layer == 0: try normScores("embeddings.LayerNorm")
            case .attentionInput: try normScores("encoder.layer.\(layer - 1).\(LayerNorm.afterFeedForward.name)")
            case .feedForwardInput: try normScores("encoder.layer.\(layer).\(LayerNorm.afterAttention.name)")
            case .attentionOutput, .feedForwardOutput: Self.outlierScores(weight, inputs: inputs)
            }
        let largest = scores.indices.sorted { (scores[$0], $1) > (scores[$1], $0) }.prefix(Int(CK_EXACT_COLUMNS))
        return largest.sorted().map { UInt32($0) }
    }

    /// How large a layer norm lets each dimension become.
    private func normScores(_ name: String) throws -> [Float] {
        let gamma = try tensors.layerNorm(name).prefix(reach.count)
        return zip(gamma, reach).map { abs($0) * $1 }
    }

    /// The largest weight of each column, in standard deviations of the weight's row.
    private static func outlierScores(_ weight: [Float], inputs: Int) -> [Float] {
        var scores = [Float](repeating: 0, count: inputs)
        for row in 0..<weight.count / inputs {
            let numbers = weight[row * inputs..<(row + 1) * inputs]
            let mean = numbers.reduce(0, +) / Float(inputs)
            let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(inputs)
            let scale = variance > 0 ? 1 / variance.squareRoot() : 0
            for (column, number) in numbers.enumerated() { scores[column] = max(scores[column], abs(number) * scale) }
        }
        return scores
    }
}
