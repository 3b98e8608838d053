import Synchronization

/// Holds up whoever comes until it is opened; a test awaits the arrivals instead of sleeping.
public final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let (arrived, announce) = AsyncStream.makeStream(of: Void.self)

    public init() {}

    /// Returns once the gate is open.
    public func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            announce.yield()
            if isOpen { continuation.resume() }
        }
    }

    /// Returns when `count` more have come to the gate; one caller at a time.
    public func arrivals(_ count: Int = 1) async {
        guard count > 0 else { return }
        var seen = 0
        for await _ in arrived {
            seen += 1
            if seen == count { return }
        }
    }

    public func open() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            state.isOpen = true
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
