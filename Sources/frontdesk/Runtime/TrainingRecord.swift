import BERTTraining
import ConversationDomain
import Foundation
import Understanding

/// How a version's encoder was trained, kept beside its weights as `training.json`.
struct TrainingRecord: Codable {
    static let fileName = "training.json"

    let method: TuningMethod
    let reason: String
    let steps: Int
    let stoppedEarly: Bool
    /// Loss, learning rate and held-out accuracy over the steps.
    let curves: TrainingCurves

    init?(_ result: TunedResult) {
        guard let tuned = result.tuned else { return nil }
        method = result.plan.method
        reason = result.plan.reason
        steps = tuned.steps
        stoppedEarly = tuned.stoppedEarly
        curves = tuned.curves
    }

    func write(to folder: URL) throws {
        try JSONEncoder.frontdesk().encode(self).write(to: folder.appending(path: Self.fileName), options: .atomic)
    }
}
