public import Foundation

/// How much is asked of a target, and when it is left alone.
public struct ActionPolicy: Hashable, Sendable {
    /// Calls of one target at once, and those that may wait for a place, within their own time.
    public var concurrency = 32
    public var waiting = 256
    /// Failures in a row after which a target rests.
    public var failuresBeforeRest = 5
    /// How many seconds it rests: at first, and at most; each rest is twice as long as the one before.
    public var firstRest: TimeInterval = 10
    public var longestRest: TimeInterval = 300
    /// Seconds before the second try of what may be called twice.
    public var pauseBeforeRetry = 0.1

    public init() {}
}

/// Tells whether a target may be called: after failures in a row it rests, then one call is a trial. Knows no clock.
struct CircuitBreaker: Hashable, Sendable {
    private let policy: ActionPolicy
    private var failures = 0
    private var rests = 0
    private var restsUntil: Date?
    private var isOnTrial = false

    init(_ policy: ActionPolicy) { self.policy = policy }

    /// Whether a call may be made now; to be followed by ``ended(_:at:)``.
    mutating func admits(at now: Date) -> Bool {
        guard let restsUntil else { return true }
        guard now >= restsUntil, !isOnTrial else { return false }
        isOnTrial = true
        return true
    }

    /// - Parameter answered: whether the service is there; nil when the call was not made, and says nothing of it.
    mutating func ended(_ answered: Bool?, at now: Date) {
        guard let answered else {
            isOnTrial = false
            return
        }
        guard !answered else {
            self = CircuitBreaker(policy)
            return
        }
        // Calls that were under way when the rest began say nothing new.
        if let restsUntil, now < restsUntil { return }
        failures += 1
        guard isOnTrial || failures >= policy.failuresBeforeRest else { return }
        isOnTrial = false
        restsUntil = now.addingTimeInterval(min(policy.firstRest * pow(2, Double(min(rests, 30))), policy.longestRest))
        rests += 1
    }

    /// Whether it rests at this time.
    func rests(at now: Date) -> Bool { restsUntil.map { now < $0 } ?? false }
}
