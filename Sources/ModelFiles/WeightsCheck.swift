import BERT
import Foundation
import TensorFiles

/// Checks that a model directory's weights fit its configuration, tensor by tensor.
enum WeightsCheck {
    private static let wordEmbeddings = "embeddings.word_embeddings.weight"

    /// - Throws: `ModelError` that names the first tensor that is missing or has a wrong shape or type.
    static func check(_ directory: URL) throws {
        let configuration = try BERTConfiguration.load(from: directory)
        let weights = directory.appendingPathComponent("model.safetensors")
        let file = try SafeTensorsFile(url: weights)
        let anchors = file.tensors.keys.filter { $0 == wordEmbeddings || $0.hasSuffix("." + wordEmbeddings) }
        guard anchors.count == 1, let anchor = anchors.first else {
            throw ModelError(.invalidFile, "\(weights.path): not the weights of a BERT, \(wordEmbeddings) is missing")
        }
        let prefix = anchor.dropLast(wordEmbeddings.count)
        for (name, shape) in expected(configuration) {
            let tensor = try file.tensor(prefix + name, shape: shape)
            guard [.float32, .float16, .bfloat16].contains(tensor.type) else {
                throw ModelError(
                    .unsupported,
                    "\(weights.path): tensor \(name) holds \(tensor.type.rawValue), expected F32, F16 or BF16")
            }
        }
    }

    private static func expected(_ configuration: BERTConfiguration) -> [(name: String, shape: [Int])] {
        let (hidden, wide) = (configuration.hiddenSize, configuration.intermediateSize)
        var tensors = [
            (name: wordEmbeddings, shape: [configuration.vocabularySize, hidden]),
            (name: "embeddings.position_embeddings.weight", shape: [configuration.maxPositionEmbeddings, hidden]),
            (name: "embeddings.token_type_embeddings.weight", shape: [configuration.typeVocabularySize, hidden]),
            (name: "embeddings.LayerNorm.weight", shape: [hidden]),
            (name: "embeddings.LayerNorm.bias", shape: [hidden]),
        ]
        let matrices = [
            ("attention.self.query", hidden, hidden), ("attention.self.key", hidden, hidden),
            ("attention.self.value", hidden, hidden), ("attention.output.dense", hidden, hidden),
            ("intermediate.dense", wide, hidden), ("output.dense", hidden, wide),
        ]
        for layer in (0..<configuration.layers).map({ "encoder.layer.\($0)." }) {
            for (name, outputs, inputs) in matrices {
                tensors.append((layer + name + ".weight", [outputs, inputs]))
                tensors.append((layer + name + ".bias", [outputs]))
            }
            for name in ["attention.output.LayerNorm", "output.LayerNorm"] {
                tensors.append((layer + name + ".weight", [hidden]))
                tensors.append((layer + name + ".bias", [hidden]))
            }
        }
        return tensors
    }
}
