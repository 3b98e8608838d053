import ConversationDomain
import Foundation
import Logging
import NIOCore
import NIOWebSocket
import ServiceLifecycle
import Synchronization

/// One open socket, from its first frame to its last.
///
/// Three tasks: this one reads frames and runs their turns one after the other, so a client that sends faster than it is answered is
/// held up by TCP; a second one shows what is committed to the conversation; a third one watches that both get on.
final class SocketSession: Sendable {
    typealias Outbound = NIOAsyncChannelOutboundWriter<WebSocketFrame>

    /// What the session remembers; only ever touched under the lock.
    struct State {
        var subscription: FeedSubscription?
        var conversation: ConversationID?
        var lastHeard: ContinuousClock.Instant
        /// When the event that is being written came; nil while nothing is.
        var showingSince: ContinuousClock.Instant?
        var badFrames = 0
        var refusals = 0
        /// A client's message is being worked on.
        var isBusy = false
        /// The server is going away: what is being worked on is finished, nothing new is begun.
        var isLeaving = false
        var isClosing = false
    }

    /// The client cannot be reached any more.
    struct Gone: Error {}

    let service: WebSocketService
    let handshake: Handshake
    let logger: Logger
    let reader: RequestReader
    let state: Mutex<State>
    let delivered = DeliveryGate()
    private let channel: UpgradableHTTPChannel.SocketChannel

    init(service: WebSocketService, handshake: Handshake, channel: UpgradableHTTPChannel.SocketChannel, logger: Logger)
    {
        self.service = service
        self.handshake = handshake
        self.channel = channel
        self.logger = logger
        reader = RequestReader(limits: service.parts.limits)
        state = Mutex(State(lastHeard: service.parts.time.now()))
    }

    var now: ContinuousClock.Instant { service.parts.time.now() }

    /// Returns when the socket is closed and everything that it held is free.
    func run() async {
        await withGracefulShutdownHandler {
            _ = try? await channel.executeThenClose { inbound, outbound in
                await withTaskGroup { group in
                    group.addTask { await self.watch() }
                    try? await self.read(inbound, outbound, &group)
                    self.state.withLock { $0.isClosing = true }
                    self.subscribe(nil)
                    self.delivered.open()
                    group.cancelAll()
                }
            }
        } onGracefulShutdown: {
            self.leave()
        }
    }

    /// Replaces the subscription; the former one is freed.
    func subscribe(_ subscription: FeedSubscription?) {
        let former = state.withLock { state in
            defer { state.subscription = subscription }
            return state.subscription
        }
        former?.cancel()
    }

    /// Waits while the client reads slowly.
    /// - Throws: ``Gone``.
    func send(_ frame: ServerFrame, _ outbound: Outbound) async throws {
        let data = try JSONEncoder.frontdesk().encode(frame)
        try await send(WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(bytes: data)), outbound)
    }

    func send(_ frame: WebSocketFrame, _ outbound: Outbound) async throws {
        do {
            try await outbound.write(frame)
        } catch {
            throw Gone()
        }
    }
}

// MARK: - Closing

extension SocketSession {
    /// Sends a close frame and, since the client may not answer, cuts the connection a second later. Never waits.
    func close(_ code: CloseCode, _ reason: String) {
        let isFirst = state.withLock { state in
            defer { state.isClosing = true }
            return !state.isClosing
        }
        guard isFirst else { return }
        let channel = channel.channel
        channel.writeAndFlush(code.frame(reason: reason), promise: nil)
        channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
    }

    /// The server is going away: at once, or after the turn that is being worked on has been delivered.
    private func leave() {
        let isBusy = state.withLock { state in
            state.isLeaving = true
            return state.isBusy
        }
        guard isBusy else { return closeForLeave() }
        channel.channel.eventLoop.scheduleTask(in: TimeAmount(service.parts.shutdownPatience)) { [weak self] in
            self?.closeForLeave()
        }
    }

    private func closeForLeave() { close(.goingAway, "the server is going away; resume to go on") }

    /// - Returns: whether a client's message may be worked on now.
    func beginWork() -> Bool {
        state.withLock { state in
            guard !state.isLeaving, !state.isClosing else { return false }
            state.isBusy = true
            return true
        }
    }

    func endWork() {
        let now = now
        let isLeaving = state.withLock { state in
            state.isBusy = false
            // While it was worked on, nothing could be heard.
            state.lastHeard = now
            return state.isLeaving
        }
        if isLeaving { closeForLeave() }
    }

    /// Closes the socket when nothing was heard, or nothing could be written, for too long.
    private func watch() async {
        let patience = service.parts.patience
        while !Task.isCancelled {
            let (heard, showing) = state.withLock { ($0.lastHeard, $0.showingSince) }
            let now = now
            guard now - heard < patience else { return close(.noHeartbeat, "no heartbeat") }
            if let showing, now - showing >= patience { return close(.goingAway, "too slow; resume to go on") }
            try? await service.parts.time.sleep(min(heard, showing ?? heard) + patience)
        }
    }
}
