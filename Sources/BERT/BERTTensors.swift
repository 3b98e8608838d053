package import TensorFiles

/// The names and shapes of a BERT's tensors in a Hugging Face safetensors file.
///
/// Files differ in a common prefix (`bert.`, `roberta.`, none): it is whatever stands before the word embeddings.
/// An overlay is a second file that holds some of the tensors, by the same names, in a newer state.
package struct BERTTensors {
    private static let wordEmbeddings = "embeddings.word_embeddings.weight"

    package let configuration: BERTConfiguration
    /// What stands before every name in the file.
    package let prefix: String
    private let file: SafeTensorsFile
    private let overlay: SafeTensorsFile?

    package init(file: SafeTensorsFile, overlay: SafeTensorsFile? = nil, configuration: BERTConfiguration) throws {
        let names = file.tensors.keys.filter { $0 == Self.wordEmbeddings || $0.hasSuffix("." + Self.wordEmbeddings) }
        guard names.count == 1, let name = names.first else {
            throw ModelError(
                .invalidFile, "\(file.path): expected one tensor …\(Self.wordEmbeddings), found \(names.count)")
        }
        if let overlay, let stray = overlay.tensors.keys.sorted().first(where: { file.tensors[$0] == nil }) {
            throw ModelError(.invalidFile, "\(overlay.path): tensor \(stray) does not belong to \(file.path)")
        }
        self.file = file
        self.overlay = overlay
        self.configuration = configuration
        prefix = String(name.dropLast(Self.wordEmbeddings.count))
    }

    /// The newest state of the tensor `name`, which has no prefix, as float32.
    package func floats(_ name: String, shape: [Int]) throws -> [Float] {
        try newest(prefix + name).floats(prefix + name, shape: shape)
    }

    /// Whether the overlay holds the tensor `name`, which has no prefix.
    package func isOverlaid(_ name: String) -> Bool { overlay?.tensors[prefix + name] != nil }

    private func newest(_ name: String) -> SafeTensorsFile {
        guard let overlay, overlay.tensors[name] != nil else { return file }
        return overlay
    }

    /// The word embedding table [vocabulary, hidden], not copied.
    package func wordEmbeddings() throws -> MappedRows {
        try newest(prefix + Self.wordEmbeddings).rows(
            prefix + Self.wordEmbeddings, shape: [configuration.vocabularySize, configuration.hiddenSize])
    }

    /// Position embedding plus the embedding of token type 0: [maxTokens, hidden], from the first usable position.
    func positions() throws -> [Float] {
        let hidden = configuration.hiddenSize
        let types = try floats(
            "embeddings.token_type_embeddings.weight", shape: [configuration.typeVocabularySize, hidden])
        var positions = try floats(
            "embeddings.position_embeddings.weight", shape: [configuration.maxPositionEmbeddings, hidden])
        positions.removeFirst(configuration.firstPosition * hidden)
        for index in positions.indices { positions[index] += types[index % hidden] }
        return positions
    }

    /// Scale and shift of the layer norm called `name`: gamma[hidden], then beta[hidden].
    func layerNorm(_ name: String) throws -> [Float] {
        let shape = [configuration.hiddenSize]
        return try floats("\(name).weight", shape: shape) + floats("\(name).bias", shape: shape)
    }

    /// Weights and bias of the matrix `name` of `layer`.
    func linear(_ matrix: LayerMatrix, layer: Int) throws -> (weight: [Float], bias: [Float]) {
        let shape = matrix.shape(configuration)
        var weight: [Float] = []
        var bias: [Float] = []
        for part in matrix.parts {
            let name = "encoder.layer.\(layer).\(part)"
            let rows = shape.outputs / matrix.parts.count
            weight += try floats("\(name).weight", shape: [rows, shape.inputs])
            bias += try floats("\(name).bias", shape: [rows])
        }
        return (weight, bias)
    }
}

/// The four matrix products of a layer, in the order in which they run.
package enum LayerMatrix: Int, CaseIterable {
    /// Query, key and value in one product.
    case attentionInput
    case attentionOutput
    case feedForwardInput
    case feedForwardOutput

    /// Tensors in the file whose rows make up the matrix, relative to the layer.
    package var parts: [String] {
        switch self {
        case .attentionInput: ["attention.self.query", "attention.self.key", "attention.self.value"]
        case .attentionOutput: ["attention.output.dense"]
        case .feedForwardInput: ["intermediate.dense"]
        case .feedForwardOutput: ["output.dense"]
        }
    }

    package func shape(_ configuration: BERTConfiguration) -> (outputs: Int, inputs: Int) {
        let (hidden, wide) = (configuration.hiddenSize, configuration.intermediateSize)
        return switch self {
        case .attentionInput: (3 * hidden, hidden)
        case .attentionOutput: (hidden, hidden)
        case .feedForwardInput: (wide, hidden)
        case .feedForwardOutput: (hidden, wide)
        }
    }
}

/// The two layer norms of a layer.
package enum LayerNorm: Int, CaseIterable {
    case afterAttention
    case afterFeedForward

    /// The norm's name in the file, relative to the layer.
    package var name: String {
        switch self {
        case .afterAttention: "attention.output.LayerNorm"
        case .afterFeedForward: "output.LayerNorm"
        }
    }
}
