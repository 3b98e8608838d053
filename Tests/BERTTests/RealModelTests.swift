import BERT
import Foundation
import Testing

/// The installed encoders against embeddings that PyTorch computed.
///
/// They need `data/models/<name>` of this package, or of the folder that FRONTDESK_MODELS names. Where the
/// environment has CI, a missing model is a failure; elsewhere the test is skipped.
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

    static let mayRun: Bool = {
        if ProcessInfo.processInfo.environment["CI"] != nil { return true }
        return names.allSatisfy {
            FileManager.default.fileExists(atPath: directory($0).appendingPathComponent("model.safetensors").path)
        }
    }()

    static let cases: [(String, KernelSet)] = names.flatMap { name in KernelSet.available().map { (name, $0) } }

    @Test("float32 embeddings agree with PyTorch", .enabled(if: mayRun), arguments: cases)
    func agreement(name: String, set: KernelSet) throws {
        let rows = try String(contentsOf: TestModel.fixture("golden-\(name).jsonl"), encoding: .utf8)
            .split(separator: "\n").map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)) }
        #expect(rows.count >= 6)
        let directory = Self.directory(name)
        let encoder = try Encoder(
            directory: directory, weightsHash: ModelManifest.load(from: directory).weightsSHA256, kernelSet: set)
        let workspace = encoder.makeWorkspace()
        let embeddings = try encoder.encode(rows.map(\.ids), workspace: workspace)
        let states = try encoder.tokenStates(rows.map(\.ids), workspace: workspace)
        for ((row, embedding), states) in zip(zip(rows, embeddings), states) {
            #expect(Self.cosine(row.embedding, embedding) > 0.99999)
            #expect(zip(row.first_token, states.values).allSatisfy { abs($0 - $1) < 1e-4 })
        }
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
