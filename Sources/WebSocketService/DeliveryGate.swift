import Synchronization

/// Lets a task wait until the feed has shown everything up to a seq.
final class DeliveryGate: Sendable {
    private struct State {
        var reached = 0
        var isOpen = false
        var waiter: (seq: Int, continuation: CheckedContinuation<Void, Never>)?
    }

    private let state = Mutex(State())

    func reach(_ seq: Int) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.reached = max(state.reached, seq)
            guard let waiter = state.waiter, waiter.seq <= state.reached else { return nil }
            state.waiter = nil
            return waiter.continuation
        }
        waiter?.resume()
    }

    /// Lets everyone through, now and later.
    func open() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.isOpen = true
            defer { state.waiter = nil }
            return state.waiter?.continuation
        }
        waiter?.resume()
    }

    /// Only one task may wait at a time.
    func wait(for seq: Int) async {
        await withCheckedContinuation { continuation in
            let mayPass = state.withLock { state in
                if state.isOpen || state.reached >= seq { return true }
                state.waiter = (seq, continuation)
                return false
            }
            if mayPass { continuation.resume() }
        }
    }
}
