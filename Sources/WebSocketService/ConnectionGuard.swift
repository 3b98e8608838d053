import ConversationDomain
import NIOCore

/// Which part of a connection's requests is being waited for, and until when. On the connection's event loop only.
///
/// The bytes are seen by ``ConnectionGuard``, what they mean by ``RequestHeadGuard``; what the two know together is here. A
/// deadline is never moved by a byte that comes, so a client that drips has no more time than one that sends nothing.
final class RequestDeadline {
    enum Phase: Hashable {
        /// A head has begun, or the connection has.
        case head
        case body
        /// Everything was received; the server's turn.
        case answering
        /// Between two requests; the connection's idle time is looked after elsewhere.
        case idle
    }

    private let limits: ConnectionLimits
    private let eventLoop: any EventLoop
    private(set) var phase = Phase.head
    /// Requests that were begun and are not answered.
    private(set) var unanswered = 0
    /// Nothing has come at all.
    private(set) var isUnused = true
    /// Whether bytes of another request have come behind what was understood.
    private var hasMore = false
    /// Whether the last request that ended had a body, so that its last bytes do not tell whether more has come.
    private var hadBody = false
    private var deadline: NIODeadline?
    private var timer: Scheduled<Void>?
    /// What is done when the client is late.
    var onLate: ((Phase) -> Void)?

    init(limits: ConnectionLimits, eventLoop: any EventLoop) {
        self.limits = limits
        self.eventLoop = eventLoop
        expect(within: limits.head)
    }

    /// Bytes have come.
    func received() {
        isUnused = false
        guard phase == .idle else { return }
        phase = .head
        expect(within: limits.head)
    }

    /// The bytes that had come were understood.
    /// - Parameter endsWithLine: whether they end with an empty line, as a head does.
    func understood(endsWithLine: Bool) {
        guard phase == .answering || phase == .idle, !hadBody else { return }
        hasMore = !endsWithLine
        if phase == .idle, hasMore { received() }
    }

    func headEnded() {
        unanswered += 1
        hasMore = false
        hadBody = false
        phase = .body
        // While those before it are answered, nobody reads on, and the client cannot be blamed.
        if unanswered == 1 { expect(within: limits.body) } else { deadline = nil }
    }

    func bodyCame() { hadBody = true }

    func requestEnded() {
        phase = .answering
        deadline = nil
    }

    func answered() {
        // What is no request is answered too, once.
        guard unanswered > 0 else { return }
        unanswered -= 1
        switch phase {
        case .body where unanswered == 1: expect(within: limits.body)
        case .answering where unanswered == 0:
            phase = .idle
            if hasMore { received() }
        default: break
        }
    }

    func stop() {
        onLate = nil
        deadline = nil
        timer?.cancel()
        timer = nil
    }

    private func expect(within time: Duration) {
        deadline = .now() + TimeAmount(time)
        if timer == nil { schedule() }
    }

    /// One timer at a time: a deadline that has moved to later is waited for when the timer has fired.
    private func schedule() {
        guard let deadline else { return }
        timer = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in self?.fire() }
    }

    private func fire() {
        timer = nil
        guard let deadline else { return }
        guard deadline <= .now() else { return schedule() }
        self.deadline = nil
        onLate?(phase)
    }
}

/// Stands before everything else on a plain connection, where bytes are still bytes: notices when they come, counts large answers
/// for the address that they go to, and cuts a client that does not take what it asked for.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    /// Answers from this size on are counted; smaller ones are bounded by the number of connections.
    private static let large = 32 * 1024
    /// What a client must have taken in each ``ConnectionLimits/reading``, or all that there is.
    private static let progress = 32 * 1024

    private let ledger: ConnectionLedger
    private let client: ClientNetwork?
    private let deadline: RequestDeadline
    private var stuckTimer: Scheduled<Void>?
    /// Bytes that waited to be taken when the timer was started.
    private var waitingBytes = 0
    private var closing: Scheduled<Void>?

    /// - Parameter client: who large answers are counted for; nil for a proxy.
    init(ledger: ConnectionLedger, client: ClientNetwork?, deadline: RequestDeadline) {
        self.ledger = ledger
        self.client = client
        self.deadline = deadline
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        stuckTimer?.cancel()
        closing?.cancel()
        deadline.stop()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        deadline.received()
        let endsWithLine = Self.endsWithLine(bytes)
        context.fireChannelRead(data)
        deadline.understood(endsWithLine: endsWithLine)
    }

    /// Whether there is an empty line at the end: `\n\n` or `\n\r\n`.
    private static func endsWithLine(_ bytes: ByteBuffer) -> Bool {
        let tail = bytes.readableBytesView.suffix(3)
        return tail.last == 0x0A && (tail.dropLast().last == 0x0A || tail.elementsEqual([0x0A, 0x0D, 0x0A]))
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = unwrapOutboundIn(data).readableBytes
        guard let client, bytes >= Self.large else { return context.write(data, promise: promise) }
        guard ledger.hold(bytes, of: client) else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return context.close(promise: nil)
        }
        let written = promise ?? context.eventLoop.makePromise()
        let ledger = ledger
        written.futureResult.whenComplete { _ in ledger.released(bytes, of: client) }
        context.write(data, promise: written)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            stuckTimer?.cancel()
            stuckTimer = nil
        } else if stuckTimer == nil {
            watch(context)
        }
        context.fireChannelWritabilityChanged()
    }

    private func watch(_ context: ChannelHandlerContext) {
        waitingBytes = Self.waitingBytes(context)
        stuckTimer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(ledger.limits.reading)) {
            self.stuckTimer = nil
            guard !context.channel.isWritable else { return }
            guard Self.waitingBytes(context) <= self.waitingBytes - Self.progress else {
                self.ledger.wasLate()
                return context.close(promise: nil)
            }
            self.watch(context)
        }
    }

    private static func waitingBytes(_ context: ChannelHandlerContext) -> Int {
        ((try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? nil) ?? 0
    }

    /// After the last answer the client should close too; it is not waited for without end.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .output, closing == nil {
            let channel = context.channel
            closing = context.eventLoop.scheduleTask(in: TimeAmount(ledger.limits.reading)) {
                channel.close(promise: nil)
            }
        }
        context.close(mode: mode, promise: promise)
    }
}
