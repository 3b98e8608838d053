import BERT
import Foundation
import Testing

/// The installed encoders against embeddings that PyTorch computed.
///
/// They need `data/models/<name>` of this package, or of the folder that FRONTDESK_MODELS names. Where the
/// environment has CI, a missing default model is a failure; elsewhere a missing model is not tested.
@Suite("Installed encoders")
struct RealModelTests {
    struct Row: Decodable {
        let ids: [Int32]
        let embedding: [Float]
        let first_token: [Float]
    }

    static let names = ["all-minilm-l6-v2", "multilingual-e5-small"]

    static func directory(_ name: String) -> URL {
        let environment = ProcessInfo.processInfo.environment
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("data/models")
        let models = environment["FRONTDESK_MODELS"].map { URL(fileURLWithPath: $0, isDirectory: true) } ?? root
        return models.appendingPathComponent(name)
    }

    /// The default model must be there in CI; what else is installed is tested too.
    static let models = names.filter { name in
        let weights = directory(name).appendingPathComponent("model.safetensors")
        let isRequired = ProcessInfo.processInfo.environment["CI"] != nil && name == "multilingual-e5-small"
        return isRequired || FileManager.default.fileExists(atPath: weights.path)
    }

    static func cases(_ precision: Precision) -> [(String, KernelSet)] {
        models.flatMap { name in KernelSet.available(for: precision).map { (name, $0) } }
    }

    static func rows(_ name: String) throws -> [Row] {
        try String(contentsOf: TestModel.fixture("golden-\(name).jsonl"), encoding: .utf8)
            .split(separator: "\n").map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)) }
    }

    static func encoder(_ name: String, _ set: KernelSet, _ precision: Precision) throws -> Encoder {
        let directory = directory(name)
        return try Encoder(
            directory: directory, weightsHash: ModelManifest.load(from: directory).weightsSHA256, kernelSet: set,
            precision: precision)
    }

    @Test("float32 embeddings agree with PyTorch", .enabled(if: !models.isEmpty), arguments: cases(.float32))
    func agreement(name: String, set: KernelSet) throws {
        let rows = try Self.rows(name)
        #expect(rows.count >= 6)
        let encoder = try Self.encoder(name, set, .float32)
        let workspace = encoder.makeWorkspace()
        let embeddings = try encoder.encode(rows.map(\.ids), workspace: workspace)
        let states = try encoder.tokenStates(rows.map(\.ids), workspace: workspace)
        for ((row, embedding), states) in zip(zip(rows, embeddings), states) {
            #expect(Self.cosine(row.embedding, embedding) > 0.99999)
            #expect(zip(row.first_token, states.values).allSatisfy { abs($0 - $1) < 1e-4 })
        }
    }

    @Test("int8 embeddings stay close to PyTorch", .enabled(if: !models.isEmpty), arguments: cases(.int8))
    func closeness(name: String, set: KernelSet) throws {
        let rows = try Self.rows(name)
        let encoder = try Self.encoder(name, set, .int8)
        let embeddings = try encoder.encode(rows.map(\.ids), workspace: encoder.makeWorkspace())
        let cosines = zip(rows, embeddings).map { Self.cosine($0.embedding, $1) }
        #expect(try #require(cosines.min()) > 0.99)
        #expect(cosines.reduce(0, +) / Double(cosines.count) > 0.998)
    }

    static func cosine(_ a: [Float], _ b: [Float]) -> Double {
        var (dot, aa, bb) = (0.0, 0.0, 0.0)
        for (x, y) in zip(a, b) {
            dot += Double(x) * Double(y)
            aa += Double(x) * Double(x)
            bb += Double(y) * Double(y)
        }
        return dot / (aa * bb).squareRoot()
    }
}
