import BERT
import CKernels
import Foundation
import TensorFiles
import Testing

@testable import BERTTraining

/// A two-layer encoder with a head, and what PyTorch makes of it.
enum TinyModel {
    struct Expected: Decodable {
        let input_ids: [[Int32]]
        let labels: [Int]
        let logits: [[Float]]
        let loss: Double
        let adamw: Optimiser

        struct Optimiser: Decodable {
            let lr: Float
            let betas: [Float]
            let eps: Float
            let weight_decay: Float
            let losses_before_each_step: [Double]
        }
    }

    static var directory: URL {
        get throws {
            try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/tiny", isDirectory: true)
        }
    }

    static func expected() throws -> Expected {
        try JSONDecoder().decode(
            Expected.self, from: Data(contentsOf: directory.appendingPathComponent("expected.json")))
    }

    static func file(_ name: String) throws -> SafeTensorsFile {
        try SafeTensorsFile(url: directory.appendingPathComponent(name))
    }

    static let sets = [KernelSet.portable, .avx2, .avx512, .neon].filter {
        KernelSet.available(for: .float32).contains($0)
    }

    static func kernels(_ set: KernelSet) throws -> ck_training_kernels {
        try #require(ck_training_kernels_of(set.native)).pointee
    }

    /// The network as the file has it, all words and the head included.
    static func network(heads: [TrainedHead] = [TrainedHead(name: "head", labels: 5)]) throws -> Network {
        let file = try file("model.safetensors")
        let tensors = try BERTTensors(file: file, configuration: .load(from: directory))
        let network = try Network(
            tensors: tensors, wordRows: Array(0..<100),
            heads: heads.map { ParameterLayout.Head(name: $0.name, labels: $0.labels) }, seed: 0)
        for tensor in network.layout.tensors where tensor.name.hasPrefix("head.") {
            network.values.put(try file.floats(tensor.name, shape: tensor.shape), at: tensor.offset)
        }
        return network
    }

    /// Options that calculate what the reference calculates.
    static func options() -> TrainingOptions {
        var options = TrainingOptions()
        options.dropout = 0
        options.labelSmoothing = 0
        options.headRateFactor = 1
        return options
    }

    /// Runs `body` in a directory of its own, removed afterwards.
    static func withTemporaryDirectory<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: directory) }
        return try body(directory)
    }

    /// The code of the `ModelError` that `body` throws.
    static func code(_ body: () throws -> Void) -> ModelError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? ModelError)?.code
        }
    }

    static func items() throws -> [Learner.Item] {
        let expected = try expected()
        return zip(expected.input_ids, expected.labels).map { ids, label in
            Learner.Item(rows: ids, target: .sentence(head: 0, label: label))
        }
    }

    static func learner(
        _ options: TrainingOptions = options(), set: KernelSet = .best(), settings: AdamW.Settings? = nil
    ) throws -> Learner {
        try Learner(
            network: network(), heads: [TrainedHead(name: "head", labels: 5)], options: options, kernels: kernels(set),
            optimiser: settings)
    }
}
