import BERT
import Foundation
import TensorFiles
import Testing
import Tokenizers

@Suite("Text encoder")
struct TextEncoderTests {
    /// The tiny model as an installed one, with a WordPiece vocabulary of its hundred tokens.
    private func withInstalledModel<Result>(hidden: Int = 32, _ body: (URL) throws -> Result) throws -> Result {
        try TestModel.withCopy { directory in
            let words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "ask", "tell", ":", "where", "order", "##s"]
            let vocabulary = words + (words.count..<100).map { "[unused\($0)]" }
            try vocabulary.joined(separator: "\n").write(
                to: directory.appendingPathComponent("vocab.txt"), atomically: true, encoding: .utf8)
            let manifest = ModelManifest(
                name: "tiny", source: "test", license: "MIT", weightsSHA256: String(repeating: "0", count: 64),
                tokenizer: .wordpiece, hidden: hidden, layers: 2, queryPrefix: "ask: ", passagePrefix: "tell: ",
                featureScaling: .unit, languages: ["en"])
            try manifest.encoded().write(to: directory.appendingPathComponent(ModelManifest.fileName))
            return try body(directory)
        }
    }

    @Test("a text is embedded behind the prefix of its role")
    func prefixes() throws {
        try withInstalledModel { directory in
            let model = try TextEncoder(directory: directory)
            #expect(model.tokens(for: "Where orders", as: .query) == [2, 5, 7, 8, 9, 10, 3])
            #expect(model.tokens(for: "where", as: .passage) == [2, 6, 7, 8, 3])
            #expect(model.dimension == 32)
            let direct = try model.encoder.encode(
                [[2, 5, 7, 8, 3], [2, 5, 7, 3]], workspace: model.encoder.makeWorkspace())
            #expect(try model.embed(["where", ""], as: .query) == direct)
            #expect(try model.embed(["where"], as: .passage) != [direct[0]])
        }
    }

    @Test("a long text is cut to the model's positions and keeps its closing token")
    func cut() throws {
        try withInstalledModel { directory in
            let model = try TextEncoder(directory: directory)
            let tokens = model.tokens(for: String(repeating: "order ", count: 500), as: .query)
            #expect(tokens == [2, 5, 7] + Array(repeating: 9, count: 20) + [3])
            #expect(try model.embed(tokens: [tokens]).count == 1)
        }
    }

    @Test("threads share one encoder and get the same embeddings")
    func shared() async throws {
        try await withInstalledModelAsync { model in
            let texts = ["where", "orders", "where order", "order : where"]
            let expected = try model.embed(texts, as: .query)
            try await withThrowingTaskGroup(of: [[Float]].self) { group in
                for _ in 0..<8 { group.addTask { try model.embed(texts, as: .query) } }
                for try await embeddings in group { #expect(embeddings == expected) }
            }
        }
    }

    @Test("a manifest that does not fit the weights is refused")
    func mismatch() throws {
        try withInstalledModel(hidden: 64) { directory in
            #expect(TestModel.code { _ = try TextEncoder(directory: directory) } == .invalidFile)
        }
    }

    private func withInstalledModelAsync(_ body: (TextEncoder) async throws -> Void) async throws {
        let model = try withInstalledModel { try TextEncoder(directory: $0) }
        try await body(model)
    }
}
