public import IntentModel
import LinearModels
import Synchronization

/// Keeps the curves of a training while it runs, from what it tells of its progress. At most ``pointLimit`` points a curve:
/// beyond that every second one is dropped, and from then on only as many are taken.
public final class CurveRecorder: Sendable {
    public static let pointLimit = 1000

    private struct Trace {
        var curve: RunCurve
        /// Takes one point of so many.
        var stride = 1
        var heard = 0
    }

    private struct State {
        var traces: [Trace] = []
        var lastAccuracy: Double?
    }

    private let state = Mutex(State())
    private let started: ContinuousClock.Instant
    private let now: @Sendable () -> ContinuousClock.Instant

    public init(now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }) {
        self.now = now
        started = now()
    }

    /// Seconds since the recorder was made.
    public var seconds: Double { (now() - started) / .seconds(1) }

    /// The curves so far, in the order in which they began.
    public var curves: [RunCurve] { state.withLock { $0.traces.map(\.curve) } }

    /// - Parameter isAdapting: whether the encoder learns from unlabelled texts, before the training itself.
    public func hear(_ progress: TrainingProgress, isAdapting: Bool = false) {
        switch progress {
        case .embedding, .fitting: break
        case .fit(let fit):
            add(
                RunCurve.Point(step: fit.iteration, seconds: seconds, loss: fit.loss, accuracy: fit.accuracy),
                to: "head")
        case .tuning(let tuning):
            let name = isAdapting ? "adaptation" : tuning.run < tuning.runs ? "fold-\(tuning.run)" : "encoder"
            // An accuracy stands until the next one is measured; it belongs to the step where it came.
            let accuracy = state.withLock { state in
                defer { state.lastAccuracy = tuning.accuracy }
                return tuning.accuracy == state.lastAccuracy ? nil : tuning.accuracy
            }
            add(
                RunCurve.Point(
                    step: tuning.step, seconds: seconds, loss: tuning.loss, accuracy: accuracy,
                    learningRate: tuning.learningRate), to: name)
        }
    }

    private func add(_ point: RunCurve.Point, to name: String) {
        state.withLock { state in
            if state.traces.last?.curve.name != name { state.traces.append(Trace(curve: RunCurve(name: name))) }
            let index = state.traces.count - 1
            state.traces[index].heard += 1
            let isDue = (state.traces[index].heard - 1) % state.traces[index].stride == 0
            guard isDue || point.accuracy != nil else { return }
            state.traces[index].curve.points.append(point)
            if state.traces[index].curve.points.count > Self.pointLimit { Self.thin(&state.traces[index]) }
        }
    }

    /// Drops every second point, but none with an accuracy as long as they are few.
    private static func thin(_ trace: inout Trace) {
        let points = trace.curve.points
        let keepsAccuracies = points.count { $0.accuracy != nil } <= pointLimit / 4
        trace.curve.points = points.indices.filter {
            $0 % 2 == 0 || $0 == points.count - 1 || (keepsAccuracies && points[$0].accuracy != nil)
        }.map { points[$0] }
        trace.stride *= 2
    }
}
