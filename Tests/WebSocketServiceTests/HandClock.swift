import Synchronization

@testable import WebSocketService

/// A clock that is moved by hand; whoever sleeps by it wakes when it is moved far enough.
final class HandClock: Sendable {
    private struct State {
        var now = ContinuousClock.now
        var sleepers: [Int: (until: ContinuousClock.Instant, continuation: CheckedContinuation<Void, any Error>)] = [:]
        var count = 0
    }

    private let state = Mutex(State())

    var time: SocketTime {
        SocketTime(now: { self.now }, sleep: { try await self.sleep(until: $0) })
    }

    private var now: ContinuousClock.Instant { state.withLock { $0.now } }

    func advance(by duration: Duration) {
        let woken = state.withLock { state in
            state.now += duration
            let woken = state.sleepers.filter { $0.value.until <= state.now }
            for number in woken.keys { state.sleepers[number] = nil }
            return woken
        }
        for sleeper in woken.values { sleeper.continuation.resume() }
    }

    /// Ends when the clock is put forward by hand; no time passes.
    private func sleep(until instant: ContinuousClock.Instant) async throws {
        let number = state.withLock { state in
            state.count += 1
            return state.count
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let mayGo = state.withLock { state in
                    if instant <= state.now || Task.isCancelled { return true }
                    state.sleepers[number] = (instant, continuation)
                    return false
                }
                if mayGo { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: number) }?.continuation.resume(
                throwing: CancellationError())
        }
    }
}
