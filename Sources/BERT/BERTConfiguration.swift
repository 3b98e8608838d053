public import Foundation
import TensorFiles

/// The shape of a BERT encoder, as Hugging Face's `config.json` tells it.
public struct BERTConfiguration: Sendable, Equatable, Codable {
    /// The name of the configuration inside a model directory.
    public static let fileName = "config.json"

    /// The architecture: `bert`, or `xlm-roberta`, which differs in where positions begin.
    public var modelType: String
    /// Width of the hidden states.
    public var hiddenSize: Int
    /// Number of transformer layers.
    public var layers: Int
    /// Attention heads per layer; each is `hiddenSize / heads` wide.
    public var heads: Int
    /// Width between the two products of a feed-forward block.
    public var intermediateSize: Int
    /// Rows of the word embedding table.
    public var vocabularySize: Int
    /// Rows of the position embedding table.
    public var maxPositionEmbeddings: Int
    /// Rows of the token type table, of which the first is used.
    public var typeVocabularySize: Int
    /// Added to the variance in every layer norm.
    public var layerNormEpsilon: Float
    /// The activation between the feed-forward products, `gelu`.
    public var hiddenActivation: String
    /// How positions enter, `absolute`.
    public var positionEmbeddingType: String?
    /// The padding token's id, after which positions are counted in `xlm-roberta`.
    public var padTokenID: Int?

    enum CodingKeys: String, CodingKey {
        case modelType = "model_type"
        case hiddenSize = "hidden_size"
        case layers = "num_hidden_layers"
        case heads = "num_attention_heads"
        case intermediateSize = "intermediate_size"
        case vocabularySize = "vocab_size"
        case maxPositionEmbeddings = "max_position_embeddings"
        case typeVocabularySize = "type_vocab_size"
        case layerNormEpsilon = "layer_norm_eps"
        case hiddenActivation = "hidden_act"
        case positionEmbeddingType = "position_embedding_type"
        case padTokenID = "pad_token_id"
    }

    /// Makes the configuration of a plain BERT. `validate()` tells whether the encoder can run it.
    public init(
        hiddenSize: Int, layers: Int, heads: Int, intermediateSize: Int, vocabularySize: Int,
        maxPositionEmbeddings: Int, typeVocabularySize: Int = 2, layerNormEpsilon: Float = 1e-12
    ) {
        modelType = "bert"
        self.hiddenSize = hiddenSize
        self.layers = layers
        self.heads = heads
        self.intermediateSize = intermediateSize
        self.vocabularySize = vocabularySize
        self.maxPositionEmbeddings = maxPositionEmbeddings
        self.typeVocabularySize = typeVocabularySize
        self.layerNormEpsilon = layerNormEpsilon
        hiddenActivation = "gelu"
    }

    /// The row of the position table that the first token of a sequence takes.
    public var firstPosition: Int { modelType == "xlm-roberta" ? (padTokenID ?? 1) + 1 : 0 }

    /// The most tokens that a sequence may have.
    public var maxTokens: Int { maxPositionEmbeddings - firstPosition }

    /// Width of one attention head.
    public var headSize: Int { hiddenSize / heads }

    /// Reads and checks `config.json` of a model directory.
    ///
    /// - Throws: `ModelError` with `io`, `tooLarge`, `invalidFile` or `unsupported`.
    public static func load(from directory: URL) throws -> BERTConfiguration {
        let file = directory.appendingPathComponent(fileName)
        let data = try BoundedFile.read(file, limit: 1024 * 1024)
        do {
            let configuration = try JSONDecoder().decode(BERTConfiguration.self, from: data)
            try configuration.validate()
            return configuration
        } catch let error as ModelError {
            throw ModelError(error.code, "\(file.path): \(error.message)")
        } catch {
            throw ModelError(
                .invalidFile, "\(file.path): not a BERT configuration (\(DecodingFault.summary(of: error)))")
        }
    }

    /// Refuses what the encoder does not implement and sizes that make no sense.
    public func validate() throws {
        guard modelType == "bert" || modelType == "xlm-roberta" else {
            throw ModelError(.unsupported, "model_type is \(modelType), expected bert or xlm-roberta")
        }
        guard hiddenActivation == "gelu" else {
            throw ModelError(.unsupported, "hidden_act is \(hiddenActivation), expected gelu")
        }
        guard positionEmbeddingType == nil || positionEmbeddingType == "absolute" else {
            throw ModelError(.unsupported, "position_embedding_type must be absolute")
        }
        let sizes: [(String, Int, ClosedRange<Int>)] = [
            ("hidden_size", hiddenSize, 1...8192), ("num_hidden_layers", layers, 1...128),
            ("num_attention_heads", heads, 1...256), ("intermediate_size", intermediateSize, 1...32768),
            ("vocab_size", vocabularySize, 1...4_000_000),
            ("max_position_embeddings", maxPositionEmbeddings, 1...65536),
            ("type_vocab_size", typeVocabularySize, 1...1024), ("pad_token_id", padTokenID ?? 0, 0...4_000_000),
        ]
        for (name, size, range) in sizes where !range.contains(size) {
            throw ModelError(.unsupported, "\(name) is \(size), expected \(range.lowerBound) to \(range.upperBound)")
        }
        guard hiddenSize.isMultiple(of: heads) else {
            throw ModelError(.invalidFile, "hidden_size \(hiddenSize) is not a multiple of \(heads) attention heads")
        }
        guard layerNormEpsilon >= 0, layerNormEpsilon < 1 else {
            throw ModelError(.invalidFile, "layer_norm_eps must be at least 0 and below 1")
        }
        guard maxTokens > 0 else {
            throw ModelError(.invalidFile, "max_position_embeddings leaves no position behind the padding token")
        }
    }
}
