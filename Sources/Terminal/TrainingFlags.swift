import Application
package import ArgumentParser
import Foundation
package import IntentModel

/// Options of everything that trains.
package struct TrainingFlags: ParsableArguments {
    @Option(help: "Seed of the folds: the same data and seed give the same model.")
    package var seed: UInt64 = 1

    @Option(help: "The precision that accepted answers should reach, 0.5 to 0.999.")
    package var targetPrecision = 0.95

    @Option(
        name: .customLong("c"),
        help:
            "Inverse strength of the head's L2 regularisation, 0.0001 to 1000: smaller is smoother (default: 1, on a trained encoder 0.2)."
    )
    package var inverseRegularisation: Double?

    package init() {}

    package func options(folds: Int = 5) throws -> TrainingOptions {
        guard (0.5...0.999).contains(targetPrecision) else {
            throw CommandFailure(.data, "--target-precision: \(targetPrecision) is not between 0.5 and 0.999")
        }
        var options = TrainingOptions()
        options.seed = seed
        options.folds = folds
        options.targetPrecision = targetPrecision
        if let inverseRegularisation, !(0.0001...1000).contains(inverseRegularisation) {
            throw CommandFailure(.data, "--c: \(inverseRegularisation) is not between 0.0001 and 1000")
        }
        options.inverseRegularisation = inverseRegularisation
        options.threads = ProcessInfo.processInfo.activeProcessorCount
        return options
    }
}
