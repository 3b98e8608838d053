import NIOCore
import Synchronization

/// Counts the open sockets of a service, and the frames that are worked on for them.
final class OpenSockets: Sendable {
    private struct State {
        var sockets = 0
        var working = 0
        var watches: [ObjectIdentifier: SocketWatch] = [:]
        var hasKeeper = false
        var keeper: CheckedContinuation<Void, Never>?

        /// Takes the keeper out when it has nothing to wait for any more.
        mutating func relieved() -> CheckedContinuation<Void, Never>? {
            guard sockets == 0, working == 0 else { return nil }
            defer { keeper = nil }
            if keeper != nil { hasKeeper = false }
            return keeper
        }
    }

    private let time: SocketTime
    private let state = Mutex(State())

    init(time: SocketTime) {
        self.time = time
    }

    var count: Int { state.withLock { $0.sockets } }

    var watches: [SocketWatch] { state.withLock { Array($0.watches.values) } }

    /// The watch over the sockets of one event loop.
    func watch(_ eventLoop: any EventLoop) -> SocketWatch {
        state.withLock { state in
            if let watch = state.watches[ObjectIdentifier(eventLoop)] { return watch }
            let watch = SocketWatch(eventLoop: eventLoop, time: time)
            state.watches[ObjectIdentifier(eventLoop)] = watch
            return watch
        }
    }

    func opened() { state.withLock { $0.sockets += 1 } }

    func closed() {
        let keeper = state.withLock { state in
            state.sockets -= 1
            return state.relieved()
        }
        keeper?.resume()
    }

    func beganWork() { state.withLock { $0.working += 1 } }

    func endedWork() {
        let keeper = state.withLock { state in
            state.working -= 1
            return state.relieved()
        }
        keeper?.resume()
    }

    /// Lets one task, and that is whichever comes first, wait until no socket is open and nothing is worked on; all others return at once.
    ///
    /// The server waits for the tasks of its connections before it ends. A task for each socket would take more memory than the
    /// socket itself, so one stays for all of them. When it is cancelled, so are the sockets.
    func keep() async {
        let isKeeper = state.withLock { state in
            defer { state.hasKeeper = true }
            return !state.hasKeeper
        }
        guard isKeeper else { return }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let keeper = state.withLock { state in
                    state.keeper = continuation
                    return state.relieved()
                }
                keeper?.resume()
            }
        } onCancel: {
            for watch in watches { watch.closeAll() }
        }
    }
}
