import BERTTraining
import ConversationDomain
import Foundation
import IntentModel
import Wire

/// How a version's encoder was trained, kept beside its weights as `training.json`.
struct TrainingRecord: Codable {
    static let fileName = "training.json"

    /// What adapting to unlabelled texts did.
    struct Adaptation: Codable {
        let texts: Int
        let accuracyBefore: Double
        let accuracyAfter: Double
        let isKept: Bool
    }

    let method: TuningMethod
    let reason: String
    let steps: Int
    let stoppedEarly: Bool
    /// Loss, learning rate and held-out accuracy over the steps.
    let curves: TrainingCurves
    let adaptation: Adaptation?
    /// What learning from unlabelled texts as the encoder itself judged them did.
    let selfTraining: Adaptation?

    /// Nil when the encoder stayed as it was published.
    init?(_ result: TunedResult, adaptation: EncoderAdaptation?) {
        guard let tuned = result.tuned ?? adaptation?.tuned else { return nil }
        method = result.plan.method
        reason = result.plan.reason
        steps = tuned.steps
        stoppedEarly = tuned.stoppedEarly
        curves = tuned.curves
        self.adaptation = adaptation.map {
            Adaptation(
                texts: $0.texts, accuracyBefore: $0.accuracyBefore, accuracyAfter: $0.accuracyAfter,
                isKept: $0.isWorthKeeping)
        }
        selfTraining = result.selfTraining.map {
            Adaptation(
                texts: $0.used, accuracyBefore: $0.accuracyBefore, accuracyAfter: $0.accuracyAfter,
                isKept: $0.isWorthKeeping)
        }
    }

    func write(to folder: URL) throws {
        try JSONEncoder.frontdesk().encode(self).write(to: folder.appending(path: Self.fileName), options: .atomic)
    }
}
