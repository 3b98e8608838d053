import ConversationDomain
import Evaluation
import Foundation
import IntentModel
import ModelRecords
import Synchronization

/// Keeps the record of a training run up to date in the data folder: when it begins, now and then, and when it ends. A
/// run that is killed leaves its record behind as far as it came.
final class TrainingJournal: Sendable {
    private let folder: TrainingRunFolder
    private let progress: any ProgressPort
    private let recorder = CurveRecorder()
    private let state: Mutex<State>

    private struct State {
        var record: TrainingRunRecord
        var lastKept = 0.0
        var hasWarned = false
    }

    /// Seconds between two times that the record is kept.
    private static let interval = 10.0

    init(_ directory: DataDirectory, settings: TrainingRunRecord.Settings, progress: any ProgressPort) {
        folder = TrainingRunFolder(directory.runsDirectory)
        self.progress = progress
        state = Mutex(
            State(record: TrainingRunRecord(id: IdentifierGenerator().next(), startedAt: Date(), settings: settings)))
        keep { _ in }
    }

    /// Hears how far the training is; on any thread.
    func hear(_ progress: TrainingProgress, isAdapting: Bool = false) {
        recorder.hear(progress, isAdapting: isAdapting)
        let isDue = state.withLock { recorder.seconds - $0.lastKept >= Self.interval }
        if isDue { keep { _ in } }
    }

    /// Takes what the encoder's training kept of itself.
    func finish(_ result: TrainingResult, plan: TuningPlan, tuned: EncoderTuner.Tuned?) {
        var curves = recorder.curves
        if let tuned, let index = curves.firstIndex(where: { $0.name == "encoder" }) {
            curves[index] = RunCurve(name: "encoder", curves: tuned.curves, recorded: curves[index])
        }
        keep(curves) { record in
            record.outcome = .finished
            record.version = result.model.id
            record.method = plan.method.rawValue
            record.reason = plan.reason
            record.dataHash = result.model.dataHash
            record.intents = result.model.labels.count
            record.metrics = result.model.metrics
        }
    }

    func fail(_ error: any Error) {
        keep {
            $0.outcome = .failed
            $0.failure = CommandFailure(error).message
        }
    }

    /// A record that cannot be kept is no reason to lose the training.
    private func keep(_ curves: [RunCurve]? = nil, _ change: (inout TrainingRunRecord) -> Void) {
        let failure: String? = state.withLock { state in
            state.lastKept = recorder.seconds
            state.record.seconds = recorder.seconds
            state.record.curves = curves ?? recorder.curves
            change(&state.record)
            do {
                try folder.keep(state.record)
                return nil
            } catch {
                defer { state.hasWarned = true }
                return state.hasWarned ? nil : "the curves of this run cannot be kept"
            }
        }
        if let failure { progress.note("warning: \(failure)") }
    }
}
