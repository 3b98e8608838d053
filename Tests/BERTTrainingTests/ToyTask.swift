import BERT
import Foundation

@testable import BERTTraining

/// Sentences whose label is the kind of number that they begin with: learnt in seconds, not known by chance.
enum ToyTask {
    static let heads = [TrainedHead(name: "kind", labels: 3)]

    static func examples(_ count: Int, seed: UInt64) -> [TrainingExample] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { index in
            let label = index % 3
            let first = Int32(label * 10 + random.index(below: 3))
            let rest = (0..<random.index(below: 8)).map { _ in Int32(30 + random.index(below: 60)) }
            return TrainingExample(tokens: [99, first] + rest + [98], target: .sentence(head: 0, label: label))
        }
    }

    static func options(_ method: TrainingOptions.Method = .full) -> TrainingOptions {
        var options = TrainingOptions()
        options.method = method
        options.epochs = 12
        options.learningRate = 3e-3
        options.headRateFactor = 5
        options.batchSize = 16
        options.seed = 5
        return options
    }

    static func tuner(
        _ options: TrainingOptions = options(), training: [TrainingExample] = examples(150, seed: 1),
        heldOut: [TrainingExample] = examples(60, seed: 2), heads: [TrainedHead] = heads, overlay: WeightsOverlay? = nil
    ) throws -> FineTuner {
        try FineTuner(
            directory: TinyModel.directory, overlay: overlay, heads: heads, training: training, heldOut: heldOut,
            options: options)
    }
}

extension TrainingResult {
    /// Everything that a run's numbers are.
    var content: Content { Content(weights: weights, heads: heads, curves: curves, steps: steps) }

    struct Content: Equatable {
        let weights: TrainedWeights
        let heads: [TrainedHeadWeights]
        let curves: TrainingCurves
        let steps: Int
    }
}
