import ConversationDomain
import Foundation
import Logging
import NIOCore
import NIOWebSocket

/// One open socket, from its first frame to its last: the last handler of its channel.
///
/// Everything here happens on the channel's event loop. Nothing waits in a task while a socket is idle, since a suspended task
/// costs more than all the rest of a socket; one runs only while a frame is being worked on (``SocketWork``). Meanwhile no other
/// frame is looked at, so a client that sends faster than it is answered is held up by TCP. What is committed to the
/// conversation is shown when the feed tells that there is something, and as fast as the client takes it.
final class SocketSession: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = Never
    typealias OutboundOut = WebSocketFrame

    let service: WebSocketService
    let handshake: Handshake
    /// Whose key the socket was opened with.
    let principal: Principal
    let logger: Logger
    /// Nil before the socket is open and after it is closed.
    private(set) var context: ChannelHandlerContext?
    /// Frames that wait until they can be looked at; nil if there are none.
    private var waiting: CircularBuffer<WebSocketFrame>?
    private var isReadHeld = false
    private var isInputClosed = false
    private var hasUnflushed = false
    private var onWritable: (@Sendable () -> Void)?
    var joiner: FrameJoiner

    var conversation: ConversationID?
    var subscription: FeedSubscription?
    /// What an agent follows; nil for whoever follows nothing.
    var desk: SocketDesk?
    var typing = TypingPace()
    /// Of the key that the conversation was opened with; how much of decisions is shown depends on it.
    var keyKind = KeyKind.publishable
    /// What the client has shown for the conversation.
    var proven = Proven()
    /// Messages up to this seq were sent before the subscription's own.
    var sentSeq = 0
    /// Whether the feed has shown what came of the frame that is being worked on.
    var acknowledgement = Acknowledgement.wanted

    private var lastHeard: ContinuousClock.Instant
    /// Since when the client takes nothing; nil while it does.
    private var stuckSince: ContinuousClock.Instant?
    var badFrames = 0
    var smallFrames = SmallFrames()
    var refusals = 0
    /// A client's frame is being worked on.
    var isBusy = false
    /// The server is going away: what is being worked on is finished, nothing new is begun.
    var isLeaving = false
    /// A close frame was written; nothing follows it.
    private(set) var isClosing = false

    init(service: WebSocketService, handshake: Handshake, principal: Principal, logger: Logger) {
        self.service = service
        self.handshake = handshake
        self.principal = principal
        self.logger = logger
        joiner = FrameJoiner(limit: service.parts.limits.body)
        lastHeard = service.parts.time.now()
    }

    var now: ContinuousClock.Instant { service.parts.time.now() }
    var isWritable: Bool { context?.channel.isWritable == true }
    private var isHeldUp: Bool { isBusy || !isWritable }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        service.open.opened()
        if let client = principal.client { service.ledger.openedSocket(client) }
        service.open.watch(context.eventLoop).add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        isClosing = true
        letGo()
        service.open.watch(context.eventLoop).remove(self)
        if let client = principal.client { service.ledger.closedSocket(client) }
        service.open.closed()
    }

    /// Frees what is only of use while the client can be reached.
    private func letGo() {
        waiting = nil
        subscription?.cancel()
        subscription = nil
        desk?.end()
        desk = nil
        onWritable?()
        onWritable = nil
        if acknowledgement == .awaited { endWork() }
    }
}

// MARK: - Reading

extension SocketSession {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastHeard = now
        let frame = unwrapInboundIn(data)
        if isClosing {
            drop(frame)
        } else if isHeldUp || waiting != nil {
            waiting = waiting ?? CircularBuffer(initialCapacity: 4)
            waiting?.append(frame)
        } else {
            handle(frame)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush()
        context.fireChannelReadComplete()
    }

    /// Does not read on while too many frames wait.
    func read(context: ChannelHandlerContext) {
        if (waiting?.count ?? 0) < service.parts.queueLimit { context.read() } else { isReadHeld = true }
    }

    /// Looks at the frames that waited, as far as that is possible now.
    func advance() {
        while !isHeldUp, !isClosing, let frame = waiting?.popFirst() { handle(frame) }
        if waiting?.isEmpty == true { waiting = nil }
        if isReadHeld, (waiting?.count ?? 0) <= service.parts.queueLimit / 4 {
            isReadHeld = false
            lastHeard = now
            context?.read()
        }
        if isInputClosed, !isBusy, waiting == nil { context?.close(promise: nil) }
    }

    /// What comes after our close frame is read, so that the connection is not reset, and dropped.
    private func drop(_ frame: WebSocketFrame) {
        if frame.opcode == .connectionClose { context?.close(promise: nil) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            stuckSince = nil
            onWritable?()
            onWritable = nil
            showFeed()
            showFollowed()
            advance()
            flush()
        } else {
            stuckSince = now
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            leave()
        } else if (event as? ChannelEvent) == .inputClosed {
            isInputClosed = true
            if isClosing { context.close(promise: nil) } else { advance() }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? NIOWebSocketError else { return context.close(promise: nil) }
        close(error == .invalidFrameLength ? .tooBig : .protocolError, "")
    }
}

// MARK: - Writing

extension SocketSession {
    func write(_ frame: ServerFrame) {
        guard !isClosing else { return }
        do {
            write(try frame.webSocketFrame())
        } catch {
            log(error)
            close(.goingAway, "resume to go on")
        }
    }

    /// Does nothing once a close frame was written. Whoever writes last flushes.
    func write(_ frame: WebSocketFrame) {
        guard !isClosing else { return }
        hasUnflushed = true
        context?.write(wrapOutboundOut(frame), promise: nil)
    }

    func flush() {
        guard hasUnflushed else { return }
        hasUnflushed = false
        context?.flush()
    }

    /// Calls `body` once as soon as more can be written, or nothing any more. One may wait at a time.
    func whenWritable(_ body: @escaping @Sendable () -> Void) {
        if isWritable || isClosing { body() } else { onWritable = body }
    }

    func log(_ error: any Error) {
        logger.error("socket request failed", metadata: ["error": .string(String(describing: error))])
    }
}

// MARK: - Closing

extension SocketSession {
    /// Sends a close frame as the last one and, since the client may not answer, cuts the connection a second later. Until then what the
    /// client still writes is read and dropped: a connection that is cut before would be reset, and the client could not read why.
    func close(_ code: CloseCode, _ reason: String) {
        guard !isClosing else { return }
        // Perhaps the client's own is among what waits.
        let waiting = waiting
        sendLast(code.frame(reason: reason))
        waiting?.forEach(drop)
        if isReadHeld {
            isReadHeld = false
            context?.read()
        }
    }

    /// - Returns: is completed when it was written.
    @discardableResult
    private func sendLast(_ frame: WebSocketFrame) -> EventLoopFuture<Void>? {
        guard let context else { return nil }
        let channel = context.channel
        hasUnflushed = false
        isClosing = true
        let written = context.writeAndFlush(wrapOutboundOut(frame))
        channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
        letGo()
        return written
    }

    /// Answers a close with its own code, if that is one that a client may send.
    func answerClose(_ frame: WebSocketFrame) {
        var data = frame.unmaskedData
        let code = data.readSlice(length: min(2, data.readableBytes)) ?? ByteBuffer()
        if let fault = Self.fault(ofCloseCode: code) { return close(.protocolError, fault) }
        guard String(validating: data.readableBytesView, as: UTF8.self) != nil else {
            return close(.invalidText, "the reason is not UTF-8")
        }
        let channel = context?.channel
        sendLast(WebSocketFrame(fin: true, opcode: .connectionClose, data: code))?
            .whenComplete { _ in channel?.close(promise: nil) }
    }

    /// RFC 6455, section 7.4: those below 1000 are not used, some others must not be sent, and what the RFC leaves open is refused.
    private static func fault(ofCloseCode bytes: ByteBuffer) -> String? {
        switch bytes.readableBytes {
        case 0: return nil
        case 1: return "a close code has two bytes"
        default: break
        }
        switch bytes.getInteger(at: bytes.readerIndex, as: UInt16.self) ?? 0 {
        case 1000...1003, 1007...1014, 3000...4999: return nil
        default: return "this close code must not be sent"
        }
    }

    /// The server is going away: at once, or after the turn that is being worked on has been delivered.
    private func leave() {
        guard !isLeaving else { return }
        isLeaving = true
        guard isBusy else { return closeForLeave() }
        context?.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(service.parts.shutdownPatience)) {
            [weak self] in
            self?.closeForLeave()
        }
    }

    private func closeForLeave() { close(.goingAway, "the server is going away; resume to go on") }

    func endWork() {
        isBusy = false
        acknowledgement = .wanted
        if isLeaving { closeForLeave() }
        advance()
    }

    /// Closes the socket when nothing was heard, or nothing could be written, for too long.
    /// - Returns: when to look again at the earliest.
    func check(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        let patience = service.parts.patience
        // What is not read cannot be heard.
        if !isReadHeld, now - lastHeard >= patience { close(.noHeartbeat, "no heartbeat") }
        if let stuckSince, now - stuckSince >= patience { close(.goingAway, "too slow; resume to go on") }
        return min(lastHeard, stuckSince ?? lastHeard) + patience
    }
}

/// How far the acknowledgement of a frame is, which the conversation's feed tells of: perhaps before the work is done, perhaps after.
enum Acknowledgement {
    case wanted, shown
    /// The work is done, and ends when it is shown.
    case awaited
}

/// Bounds the frames that are answered at once, and so would be taken as fast as they come.
struct SmallFrames {
    /// So many a second, and so many at once.
    static let rate = 50.0
    static let burst = 500.0

    private var tokens = burst
    private var filledAt: ContinuousClock.Instant?

    /// - Returns: false for one too many.
    mutating func count(_ now: ContinuousClock.Instant) -> Bool {
        let passed = filledAt.map { (now - $0) / .seconds(1) } ?? 0
        filledAt = now
        tokens = min(Self.burst, tokens + passed * Self.rate) - 1
        return tokens >= 0
    }
}
