import BERT
import Foundation
import TensorFiles
import Testing

@testable import BERTTraining

/// Gradients against the differences of the loss, for what the reference does not cover.
@Suite("Finite differences")
struct FiniteDifferenceTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let prepare: @Sendable (inout TrainingOptions) -> Void
        let mixed: Bool
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "dropout and label smoothing", prepare: { _ in }, mixed: false),
        Case(name: "the first token's state", prepare: { $0.pooling = .first }, mixed: false),
        Case(name: "sentence and token heads in one batch", prepare: { _ in }, mixed: true),
        Case(name: "a batch in two parts", prepare: { $0.tokensPerPart = 20 }, mixed: true),
        Case(name: "the contrastive loss", prepare: { $0.method = .contrastive }, mixed: false),
        Case(name: "the unsupervised loss", prepare: { $0.method = .unsupervised }, mixed: false),
    ]

    static let heads = [
        TrainedHead(name: "head", labels: 5, weight: 0.7), TrainedHead(name: "slots", kind: .tokens, labels: 3),
    ]

    private func items(mixed: Bool) throws -> [Learner.Item] {
        let ids = try TinyModel.expected().input_ids
        guard mixed else {
            return zip(ids, [1, 3, 1, 3]).map { Learner.Item(rows: $0, target: .sentence(head: 0, label: $1)) }
        }
        return ids.enumerated().map { index, ids in
            let labels = ids.indices.map { $0 % 4 == 3 ? nil : $0 % 3 }
            // The third text is one of both heads.
            return Learner.Item(
                rows: ids,
                targets: (index % 2 == 0 ? [.sentence(head: 0, label: index)] : [])
                    + (index > 0 ? [.tokens(head: 1, labels: labels)] : []))
        }
    }

    @Test("a gradient predicts how the loss changes", arguments: cases)
    func directions(_ what: Case) throws {
        var options = TinyModel.options()
        options.dropout = 0.2
        options.labelSmoothing = 0.1
        options.temperature = 0.5
        what.prepare(&options)
        let network = try TinyModel.network(heads: Self.heads)
        let learner = Learner(
            network: network, heads: Self.heads, options: options, kernels: try TinyModel.kernels(.best()))
        let items = try items(mixed: what.mixed)
        let dropout = DropoutPlan(rate: options.dropout, seed: 3, step: 4)
        _ = learner.gradients(items, dropout: dropout)
        let gradients = network.gradients.numbers(0..<network.layout.count)
        let values = network.values.numbers(0..<network.layout.count)
        for tensor in network.layout.tensors {
            // Along its own gradient a tensor's loss changes most, and rounding matters least.
            let own = gradients[tensor.range]
            let norm = own.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            guard norm > 1e-3 else { continue }
            let size: Float = 2e-2
            func loss(_ sign: Float) -> Double {
                for index in tensor.range {
                    network.values.start[index] = values[index] + sign * size * gradients[index] / Float(norm)
                }
                defer { network.values.put(values, at: 0) }
                return learner.gradients(items, dropout: dropout)
            }
            let slope = (loss(1) - loss(-1)) / Double(2 * size)
            #expect(abs(slope - norm) < 0.01 * norm + 2e-4, "\(tensor.name): \(slope) instead of \(norm)")
        }
    }
}
