/// The names and shapes of a BERT's tensors in a Hugging Face safetensors file.
///
/// Files differ in a common prefix (`bert.`, `roberta.`, none): it is whatever stands before the word embeddings.
struct BERTTensors {
    private static let wordEmbeddings = "embeddings.word_embeddings.weight"

    let file: SafeTensorsFile
    let configuration: BERTConfiguration
    private let prefix: String

    init(file: SafeTensorsFile, configuration: BERTConfiguration) throws {
        let names = file.tensors.keys.filter { $0 == Self.wordEmbeddings || $0.hasSuffix("." + Self.wordEmbeddings) }
        guard names.count == 1, let name = names.first else {
            throw BERTError(
                .invalidFile, "\(file.path): expected one tensor …\(Self.wordEmbeddings), found \(names.count)")
        }
        self.file = file
        self.configuration = configuration
        prefix = String(name.dropLast(Self.wordEmbeddings.count))
    }

    /// The word embedding table [vocabulary, hidden], not copied.
    func wordEmbeddings() throws -> MappedRows {
        try file.rows(
            prefix + Self.wordEmbeddings, shape: [configuration.vocabularySize, configuration.hiddenSize])
    }

    /// Position embedding plus the embedding of token type 0: [maxTokens, hidden], from the first usable position.
    func positions() throws -> [Float] {
        let hidden = configuration.hiddenSize
        let types = try file.floats(
            prefix + "embeddings.token_type_embeddings.weight", shape: [configuration.typeVocabularySize, hidden])
        var positions = try file.floats(
            prefix + "embeddings.position_embeddings.weight", shape: [configuration.maxPositionEmbeddings, hidden])
        positions.removeFirst(configuration.firstPosition * hidden)
        for index in positions.indices { positions[index] += types[index % hidden] }
        return positions
    }

    /// Scale and shift of the layer norm called `name`: gamma[hidden], then beta[hidden].
    func layerNorm(_ name: String) throws -> [Float] {
        let shape = [configuration.hiddenSize]
        return try file.floats("\(prefix)\(name).weight", shape: shape)
            + file.floats("\(prefix)\(name).bias", shape: shape)
    }

    /// Weights and bias of the matrix `name` of `layer`.
    func linear(_ matrix: LayerMatrix, layer: Int) throws -> (weight: [Float], bias: [Float]) {
        let shape = matrix.shape(configuration)
        var weight: [Float] = []
        var bias: [Float] = []
        for part in matrix.parts {
            let name = "\(prefix)encoder.layer.\(layer).\(part)"
            let rows = shape.outputs / matrix.parts.count
            weight += try file.floats("\(name).weight", shape: [rows, shape.inputs])
            bias += try file.floats("\(name).bias", shape: [rows])
        }
        return (weight, bias)
    }
}

/// The four matrix products of a layer, in the order in which they run.
enum LayerMatrix: Int, CaseIterable {
    /// Query, key and value in one product.
    case attentionInput
    case attentionOutput
    case feedForwardInput
    case feedForwardOutput

    /// Tensors in the file whose rows make up the matrix, relative to the layer.
    var parts: [String] {
        switch self {
        case .attentionInput: ["attention.self.query", "attention.self.key", "attention.self.value"]
        case .attentionOutput: ["attention.output.dense"]
        case .feedForwardInput: ["intermediate.dense"]
        case .feedForwardOutput: ["output.dense"]
        }
    }

    func shape(_ configuration: BERTConfiguration) -> (outputs: Int, inputs: Int) {
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
enum LayerNorm: Int, CaseIterable {
    case afterAttention
    case afterFeedForward

    /// The norm's name in the file, relative to the layer.
    var name: String {
        switch self {
        case .afterAttention: "attention.output.LayerNorm"
        case .afterFeedForward: "output.LayerNorm"
        }
    }
}
