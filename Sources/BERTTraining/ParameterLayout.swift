import BERT

/// Where each parameter lies in the flat arrays of a network: values, gradients and the optimiser's averages.
///
/// Names are those of Hugging Face without the file's prefix. The word table holds only the rows that the data use.
/// Queries, keys and values lie one behind the other, so that they form one matrix.
struct ParameterLayout: Sendable, Equatable {
    struct Tensor: Sendable, Equatable {
        let name: String
        let shape: [Int]
        let offset: Int
        let count: Int
        /// Whether weight decay applies: to matrices and tables, not to biases and layer norms.
        let isDecayed: Bool
        /// 0 for the embeddings, then the layer's number from 1, then the heads.
        let depth: Int

        var range: Range<Int> { offset..<offset + count }
    }

    /// A label set that is trained on the encoder: its name and its number of labels.
    struct Head: Sendable, Equatable {
        let name: String
        let labels: Int
    }

    private(set) var tensors: [Tensor] = []
    /// Numbers in all.
    private(set) var count = 0
    let hidden: Int
    let layers: Int
    /// Rows of the word table.
    let words: Int
    private(set) var wordTable = 0
    private(set) var positionTable = 0
    private(set) var typeTable = 0
    private(set) var embeddingNorm = 0
    private var matrices: [(weight: Int, bias: Int)] = []
    private var norms: [Int] = []
    private(set) var heads: [(weight: Int, bias: Int)] = []

    static let wordName = "embeddings.word_embeddings.weight"

    init(configuration: BERTConfiguration, words: Int, heads: [Head]) {
        hidden = configuration.hiddenSize
        layers = configuration.layers
        self.words = words
        wordTable = add(Self.wordName, [words, hidden], depth: 0)
        positionTable = add(
            "embeddings.position_embeddings.weight", [configuration.maxPositionEmbeddings, hidden], depth: 0)
        typeTable = add(
            "embeddings.token_type_embeddings.weight", [configuration.typeVocabularySize, hidden], depth: 0)
        embeddingNorm = addNorm("embeddings.LayerNorm", depth: 0)
        for layer in 0..<layers {
            for matrix in LayerMatrix.allCases { addMatrix(matrix, layer: layer, configuration) }
            for norm in LayerNorm.allCases {
                norms.append(addNorm("encoder.layer.\(layer).\(norm.name)", depth: layer + 1))
            }
        }
        for head in heads {
            let weight = add("\(head.name).weight", [head.labels, hidden], depth: layers + 1)
            self.heads.append((weight, add("\(head.name).bias", [head.labels], depth: layers + 1)))
        }
    }

    /// Offsets of a matrix [outputs, inputs] and of its bias.
    func matrix(_ matrix: LayerMatrix, layer: Int) -> (weight: Int, bias: Int) {
        matrices[layer * LayerMatrix.allCases.count + matrix.rawValue]
    }

    /// Offset of a norm's gamma [hidden], behind which beta follows.
    func norm(_ norm: LayerNorm, layer: Int) -> Int { norms[layer * LayerNorm.allCases.count + norm.rawValue] }

    /// Whether `tensor` belongs to a head.
    func isHead(_ tensor: Tensor) -> Bool { tensor.depth > layers }

    static func == (left: ParameterLayout, right: ParameterLayout) -> Bool { left.tensors == right.tensors }

    private mutating func add(_ name: String, _ shape: [Int], depth: Int, isDecayed: Bool? = nil) -> Int {
        let size = shape.reduce(1, *)
        tensors.append(
            Tensor(
                name: name, shape: shape, offset: count, count: size, isDecayed: isDecayed ?? (shape.count > 1),
                depth: depth))
        defer { count += size }
        return count
    }

    private mutating func addNorm(_ name: String, depth: Int) -> Int {
        let gamma = add("\(name).weight", [hidden], depth: depth)
        _ = add("\(name).bias", [hidden], depth: depth)
        return gamma
    }

    private mutating func addMatrix(_ matrix: LayerMatrix, layer: Int, _ configuration: BERTConfiguration) {
        let shape = matrix.shape(configuration)
        let rows = shape.outputs / matrix.parts.count
        let names = matrix.parts.map { "encoder.layer.\(layer).\($0)" }
        let weights = names.map { add("\($0).weight", [rows, shape.inputs], depth: layer + 1) }
        let biases = names.map { add("\($0).bias", [rows], depth: layer + 1) }
        matrices.append((weights[0], biases[0]))
    }
}
