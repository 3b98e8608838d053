import Foundation
package import IntentModel

/// Where a use case tells how far it is and what it found on its way. The program shows it, tests keep it.
package protocol ProgressPort: Sendable {
    /// `done` of `total` steps of `subject` are done. On any thread.
    /// - Parameter detail: what else there is to tell, such as the time that is left; may be empty.
    func step(_ subject: String, _ done: Int, _ total: Int, detail: String)

    /// A line for whoever began it: a warning, a decision, a finding.
    func note(_ text: String)
}

extension ProgressPort {
    package func step(_ subject: String, _ done: Int, _ total: Int) { step(subject, done, total, detail: "") }

    /// How far a training is.
    package func show(_ progress: TrainingProgress) {
        switch progress {
        case .embedding(let done, let total): step("embedding", done, total)
        case .fitting(let done, let total): step("training", done, total)
        case .fit: break
        case .tuning(let progress):
            let run = progress.runs > 1 ? " (\(progress.run) of \(progress.runs))" : ""
            step("encoder\(run)", progress.step, progress.steps, detail: progress.detail)
        }
    }
}

extension TuningProgress {
    fileprivate var detail: String {
        let accuracy = accuracy.map { String(format: ", held out %.3f", $0) } ?? ""
        return String(
            format: "loss %.3f%@, %.0f tokens/s, %@ left", loss, accuracy, tokensPerSecond, Self.duration(secondsLeft))
    }

    private static func duration(_ seconds: Double) -> String {
        let whole = Int(max(0, min(seconds, 1e7)).rounded())
        return whole < 60 ? "\(whole) s" : String(format: "%d min %02d s", whole / 60, whole % 60)
    }
}
