internal import Foundation
internal import Synchronization

/// Counts the commits that stored events.
final class EventCommits: Sendable {
    private let number = Atomic(0)

    var count: Int { number.load(ordering: .relaxed) }
    func note() { number.wrappingAdd(1, ordering: .relaxed) }
}

/// Wakes one worker: a ring while it works is kept for its next wait.
final class Doorbell: Sendable {
    private struct State {
        var isRung = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func ring() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard let waiter = state.waiter else {
                state.isRung = true
                return nil
            }
            state.waiter = nil
            return waiter
        }
        waiter?.resume()
    }

    /// Returns at a ring, after the time, or when the task is cancelled. One task at a time may wait.
    func wait(seconds: TimeInterval) async {
        let alarm = Task {
            try? await Task.sleep(for: .seconds(max(0, seconds)))
            if !Task.isCancelled { ring() }
        }
        defer { alarm.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let isRung = state.withLock { state in
                    guard state.isRung else {
                        state.waiter = waiter
                        return false
                    }
                    state.isRung = false
                    return true
                }
                if isRung { waiter.resume() }
            }
        } onCancel: {
            ring()
        }
    }
}
