internal import Synchronization

/// Keeps what deliveries take of the machine small while visitors are answered: as long as there is such work, requests begin only as far
/// as a share of one core lasts, and wait in line otherwise. When nobody is being answered they begin at once.
///
/// A lower priority alone does not do that: on a machine with two cores the encoder's threads wait for the slowest of them.
final class DeliveryPacer: Sendable {
    /// Grows with every piece of work that is done for visitors.
    typealias Activity = @Sendable () -> Int

    fileprivate struct State {
        var line: [CheckedContinuation<Void, Never>] = []
        var isTicking = false
        var activity = 0
        var busyUntil = ContinuousClock.now
        var ledger = PacingLedger()
    }

    private let state = Mutex(State())
    private let thread: DeliveryThread
    private let activity: Activity

    /// How long visitors count as being answered after the last sign of it.
    fileprivate static let afterglow = Duration.milliseconds(30)
    /// How often the line is looked at.
    private static let tick: Int64 = 5

    init(_ thread: DeliveryThread, activity: @escaping Activity) {
        self.thread = thread
        self.activity = activity
    }

    /// Whether visitors are being answered.
    var isBusy: Bool {
        let (sign, now) = (activity(), ContinuousClock.now)
        return state.withLock { $0.note(sign, now) }
    }

    /// Returns when a request may begin.
    func enter() async {
        guard isBusy else { return }
        await withTaskCancellationHandler {
            await withCheckedContinuation { place in
                let mustStart = state.withLock { state in
                    state.line.append(place)
                    defer { state.isTicking = true }
                    return !state.isTicking
                }
                if mustStart { thread.run(after: 0) { self.look(isFirst: true) } }
                // Whoever was cancelled before it stood in line waits for nobody.
                if Task.isCancelled { releaseAll() }
            }
        } onCancel: {
            releaseAll()
        }
    }

    private func releaseAll() {
        let line = state.withLock { state in
            defer { state.line = [] }
            return state.line
        }
        for place in line { place.resume() }
    }

    /// On the deliveries' own thread.
    private func look(isFirst: Bool) {
        let (sign, now, used) = (activity(), ContinuousClock.now, DeliveryThread.secondsOfCPU())
        let (released, goesOn) = state.withLock { state in
            let isBusy = state.note(sign, now)
            if isFirst { state.ledger.begin(at: now, used: used) }
            let most = state.ledger.requests(at: now, used: used)
            let count = isBusy ? min(most, state.line.count) : state.line.count
            let released = Array(state.line.prefix(count))
            state.line.removeFirst(count)
            state.isTicking = !state.line.isEmpty
            return (released, state.isTicking)
        }
        for place in released { place.resume() }
        if goesOn { thread.run(after: Self.tick) { self.look(isFirst: false) } }
    }
}

extension DeliveryPacer.State {
    /// Takes note of a sign of work; whether there is some.
    fileprivate mutating func note(_ sign: Int, _ now: ContinuousClock.Instant) -> Bool {
        if sign != activity { (activity, busyUntil) = (sign, now + DeliveryPacer.afterglow) }
        return now < busyUntil
    }
}

/// How many requests may begin so that a thread takes a share of one core. Knows no clock.
struct PacingLedger: Hashable, Sendable {
    /// Of one core.
    static let share = 0.03
    /// Seconds of the core that may be saved up, and owed.
    private static let most = 0.002
    private static let debt = -0.05
    /// Seconds that a request takes at least.
    private static let request = 0.000_1

    /// Nothing is saved up before the first request has told what one costs.
    private var credit = 0.0
    private var lookedAt: ContinuousClock.Instant?
    private var used = 0.0

    init() {}

    /// Begins to count; what was used before is nobody's business.
    mutating func begin(at now: ContinuousClock.Instant, used: Double) { (lookedAt, self.used) = (now, used) }

    /// - Parameter used: seconds of the core that the thread has taken so far.
    mutating func requests(at now: ContinuousClock.Instant, used: Double) -> Int {
        let passed = lookedAt.map { ($0.duration(to: now)) / .seconds(1) } ?? 0
        credit = min(Self.most, max(Self.debt, credit + passed * Self.share - (used - self.used)))
        (lookedAt, self.used) = (now, used)
        return credit > 0 ? max(1, Int(credit / Self.request)) : 0
    }
}
