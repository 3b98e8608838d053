import BERT
import Foundation
import TensorFiles
import Testing

@testable import BERTTraining

/// The backward pass against PyTorch, against differences, and against itself in other arrangements.
@Suite("Gradients")
struct GradientTests {
    private func name(_ tensor: ParameterLayout.Tensor, _ learner: Learner) -> String {
        learner.network.layout.isHead(tensor) ? tensor.name : learner.network.prefix + tensor.name
    }

    @Test("loss and every gradient agree with PyTorch", arguments: TinyModel.sets)
    func golden(set: KernelSet) throws {
        let learner = try TinyModel.learner(set: set)
        let loss = learner.gradients(try TinyModel.items(), dropout: .none)
        #expect(abs(loss - (try TinyModel.expected().loss)) < 1e-5)
        let reference = try TinyModel.file("gradients.safetensors")
        let tensors = learner.network.layout.tensors
        #expect(Set(tensors.map { name($0, learner) }) == Set(reference.tensors.keys))
        for tensor in tensors {
            let expected = try reference.floats(name(tensor, learner), shape: tensor.shape)
            let actual = learner.network.gradients.numbers(tensor.range)
            let distance = zip(actual, expected).reduce(0.0) { $0 + pow(Double($1.0 - $1.1), 2) }.squareRoot()
            let norm = expected.reduce(0.0) { $0 + pow(Double($1), 2) }.squareRoot()
            #expect(distance <= 1e-4 * norm + 1e-6, "\(tensor.name): \(distance) of \(norm)")
        }
    }

    @Test("ten steps of AdamW give the losses of PyTorch", arguments: TinyModel.sets)
    func tenSteps(set: KernelSet) throws {
        let expected = try TinyModel.expected().adamw
        let settings = AdamW.Settings(
            beta1: expected.betas[0], beta2: expected.betas[1], epsilon: expected.eps, decay: expected.weight_decay,
            largestNorm: nil)
        let learner = try TinyModel.learner(set: set, settings: settings)
        // The reference decays everything, biases and norms too.
        let all = learner.network.layout.tensors.map { tensor in
            AdamW.Part(
                values: learner.network.values.start + tensor.offset,
                gradients: learner.network.gradients.start + tensor.offset, count: tensor.count, isDecayed: true,
                rateScale: 1)
        }
        let optimiser = AdamW(parts: all, settings: settings)
        let items = try TinyModel.items()
        for (index, loss) in expected.losses_before_each_step.enumerated() {
            #expect(abs(learner.gradients(items, dropout: .none) - loss) < 1e-4, "step \(index)")
            _ = optimiser.step(index + 1, rate: expected.lr, kernels: learner.pass.kernels, team: learner.pass.team)
        }
    }
}
