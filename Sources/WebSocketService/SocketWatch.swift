import ConversationDomain
import NIOCore

/// Looks after the sockets of one event loop: one timer for all of them.
final class SocketWatch: Sendable {
    private struct State {
        var sockets: [ObjectIdentifier: SocketSession] = [:]
        /// Runs while there are sockets.
        var task: Task<Void, Never>?
    }

    /// Sockets are looked at at most so often.
    private static let pause = Duration.seconds(1)

    private let eventLoop: any EventLoop
    private let time: SocketTime
    private let state: NIOLoopBoundBox<State>

    init(eventLoop: any EventLoop, time: SocketTime) {
        self.eventLoop = eventLoop
        self.time = time
        state = .makeBoxSendingValue(State(), eventLoop: eventLoop)
    }

    /// On the event loop only, as ``remove(_:)``.
    func add(_ socket: SocketSession) {
        state.value.sockets[ObjectIdentifier(socket)] = socket
        guard state.value.task == nil else { return }
        state.value.task = Task { await self.run() }
    }

    func remove(_ socket: SocketSession) {
        state.value.sockets[ObjectIdentifier(socket)] = nil
        guard state.value.sockets.isEmpty else { return }
        state.value.task?.cancel()
        state.value.task = nil
    }

    /// Ends all sockets without waiting for anything.
    func closeAll() {
        eventLoop.execute {
            let sockets = self.state.value.sockets
            for socket in sockets.values { socket.context?.close(promise: nil) }
        }
    }

    /// Ends the sockets whose key is not among these.
    func close(unlessKeyIn usable: Set<KeyID>) {
        eventLoop.execute {
            // The list is copied: a socket that ends leaves it.
            for socket in Array(self.state.value.sockets.values) { socket.check(usable) }
        }
    }

    private func run() async {
        while !Task.isCancelled, let next = try? await eventLoop.submit({ self.check() }).get() {
            try? await time.sleep(next)
        }
    }

    /// A socket's time only ever moves to later, and that of a new one is later than those of all others: so none runs out before
    /// the earliest that is found now.
    /// - Returns: when to look again.
    private func check() -> ContinuousClock.Instant {
        let now = time.now()
        let sockets = state.value.sockets
        return max(sockets.values.map { $0.check(now) }.min() ?? now, now + Self.pause)
    }
}
