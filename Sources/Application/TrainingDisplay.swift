import Foundation
import Hosting
package import IntentModel

/// How far a training is, on the terminal.
package struct TrainingDisplay: Sendable {
    private let embedding = ProgressLine("embedding")
    private let fitting = ProgressLine("training")
    private let tuning = ProgressLine(nil)

    package init() {}

    package func show(_ progress: TrainingProgress) {
        switch progress {
        case .embedding(let done, let total): embedding.update(done, total)
        case .fitting(let done, let total): fitting.update(done, total)
        case .fit: break
        case .tuning(let progress):
            let run = progress.runs > 1 ? " (\(progress.run) of \(progress.runs))" : ""
            tuning.update("encoder\(run)", progress.step, progress.steps, detail: Self.detail(progress))
        }
    }

    private static func detail(_ progress: TuningProgress) -> String {
        let accuracy = progress.accuracy.map { String(format: ", held out %.3f", $0) } ?? ""
        return String(
            format: "loss %.3f%@, %.0f tokens/s, %@ left", progress.loss, accuracy, progress.tokensPerSecond,
            duration(progress.secondsLeft))
    }

    private static func duration(_ seconds: Double) -> String {
        let whole = Int(max(0, min(seconds, 1e7)).rounded())
        return whole < 60 ? "\(whole) s" : String(format: "%d min %02d s", whole / 60, whole % 60)
    }
}
