import BERT
import Foundation
import TensorFiles
import Testing

@testable import BERTTraining

@Suite("Trained weights")
struct OverlayTests {
    /// A copy of the tiny model, and the weights of a short training beside it.
    private func withTrained(
        _ method: TrainingOptions.Method, _ body: (URL, WeightsOverlay, FineTuner, TrainingResult) throws -> Void
    ) throws {
        try TinyModel.withTemporaryDirectory { root in
            let model = root.appendingPathComponent("model", isDirectory: true)
            let version = root.appendingPathComponent("version", isDirectory: true)
            for directory in [model, version] {
                try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
            }
            for name in ["config.json", "model.safetensors"] {
                try FileManager.default.copyItem(
                    at: TinyModel.directory.appendingPathComponent(name), to: model.appendingPathComponent(name))
            }
            var options = ToyTask.options(method)
            options.epochs = 2
            let tuner = try ToyTask.tuner(options, heldOut: [])
            let result = try tuner.run()
            let overlay = WeightsOverlay(url: version.appendingPathComponent("tuned.safetensors"), hash: "tuned")
            try result.weights.write(to: overlay.url)
            try body(model, overlay, tuner, result)
        }
    }

    @Test(
        "an encoder with the overlay computes what the trained network computes",
        arguments: [.full, .lowRank(rank: 4, alpha: 8)] as [TrainingOptions.Method])
    func sameStates(method: TrainingOptions.Method) throws {
        try withTrained(method) { model, overlay, tuner, _ in
            let examples = ToyTask.examples(9, seed: 1).map(\.tokens)
            let base = try Encoder(directory: model, weightsHash: "base")
            let tuned = try Encoder(directory: model, weightsHash: "base", overlay: overlay)
            let plain = try base.encode(examples, workspace: base.makeWorkspace())
            let actual = try tuned.encode(examples, workspace: tuned.makeWorkspace())
            let items = Array(tuner.data.training.prefix(9))
            let pooled = tuner.learner.pooled(items)
            for index in examples.indices {
                var expected = pooled.numbers(index * 32..<(index + 1) * 32)
                let norm = expected.reduce(0) { $0 + $1 * $1 }.squareRoot()
                expected = expected.map { $0 / norm }
                #expect(zip(actual[index], expected).allSatisfy { abs($0 - $1) < 1e-5 })
                #expect(zip(actual[index], plain[index]).contains { abs($0 - $1) > 1e-3 })
            }
            // Packed weights of both live side by side: opening one never spoils the other.
            let again = try Encoder(directory: model, weightsHash: "base")
            #expect(try again.encode(examples, workspace: again.makeWorkspace()) == plain)
            let int8 = try Encoder(directory: model, weightsHash: "base", overlay: overlay, precision: .int8)
            for (a, b) in zip(try int8.encode(examples, workspace: int8.makeWorkspace()), actual) {
                #expect(zip(a, b).map { $0 * $1 }.reduce(0, +) > 0.99)
            }
        }
    }

    @Test("low-rank training exports the matrices only, full training every tensor in use")
    func tensors() throws {
        try withTrained(.lowRank(rank: 4, alpha: 8)) { _, _, _, result in
            #expect(result.weights.tensors.count == 12)
            #expect(result.weights.tensors.allSatisfy { $0.name.hasSuffix("weight") && $0.shape.count == 2 })
        }
        try withTrained(.full) { model, _, _, result in
            let base = try SafeTensorsFile(url: model.appendingPathComponent("model.safetensors"))
            let names = base.tensors.keys.filter { !$0.hasPrefix("head.") }.sorted()
            #expect(result.weights.tensors.map(\.name) == names)
            #expect(result.weights.tensors.allSatisfy { base.tensors[$0.name]?.shape == $0.shape })
        }
    }

    @Test("training goes on from an overlay")
    func continues() throws {
        try withTrained(.full) { _, overlay, tuner, result in
            let next = try ToyTask.tuner(tuner.options, overlay: overlay)
            for tensor in next.learner.network.layout.tensors where tensor.name.contains("layer.1.output.dense.weight")
            {
                let trained = result.weights.tensors.first { $0.name.hasSuffix(tensor.name) }
                #expect(trained?.values == next.learner.network.values.numbers(tensor.range))
            }
        }
    }

    @Test("low-rank training from an overlay carries along what the overlay changed besides")
    func carries() throws {
        try withTrained(.full) { _, overlay, tuner, result in
            var options = tuner.options
            options.method = .lowRank(rank: 2, alpha: 4)
            options.epochs = 1
            let next = try ToyTask.tuner(options, overlay: overlay).run()
            #expect(next.weights.tensors.map(\.name) == result.weights.tensors.map(\.name))
            let norm = { (weights: TrainedWeights) in
                weights.tensors.first { $0.name.hasSuffix("embeddings.LayerNorm.bias") }?.values
            }
            #expect(norm(next.weights) == norm(result.weights))
        }
    }

    @Test("an overlay with a tensor that the model does not have, or of another shape, is refused")
    func foreign() throws {
        try withTrained(.full) { model, overlay, _, _ in
            for tensor in [
                TrainedWeights.Tensor(name: "encoder.unknown", shape: [1], values: [0]),
                TrainedWeights.Tensor(name: "encoder.embeddings.LayerNorm.bias", shape: [2], values: [0, 0]),
            ] {
                try TrainedWeights([tensor]).write(to: overlay.url)
                let other = WeightsOverlay(url: overlay.url, hash: "other")
                let code = TinyModel.code {
                    _ = try Encoder(directory: model, weightsHash: "base", overlay: other)
                }
                #expect(code == .invalidFile)
            }
        }
    }
}
