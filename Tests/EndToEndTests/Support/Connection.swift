import NIOCore
import NIOPosix
import Synchronization

/// The other side closed, or never was there.
struct ConnectionClosed: Error, CustomStringConvertible {
    var description: String { "the connection was closed" }
}

/// A plain TCP connection to a server on this machine; one task at a time may read.
final class Connection: Sendable {
    private let channel: any Channel
    private let mailbox: Mailbox

    private init(channel: any Channel, mailbox: Mailbox) {
        self.channel = channel
        self.mailbox = mailbox
    }

    static func open(port: Int) async throws -> Connection {
        let mailbox = Mailbox()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(MailboxHandler(mailbox))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return Connection(channel: channel, mailbox: mailbox)
    }

    /// Sends bytes; a connection that the server has closed already shows itself at the next read.
    func send(_ bytes: some Sequence<UInt8> & Sendable) async {
        var buffer = channel.allocator.buffer(capacity: bytes.underestimatedCount)
        buffer.writeBytes(bytes)
        try? await channel.writeAndFlush(buffer).get()
    }

    /// Puts bytes on their way; the server may answer before it has taken them all.
    func post(_ bytes: some Sequence<UInt8>) {
        var buffer = channel.allocator.buffer(capacity: bytes.underestimatedCount)
        buffer.writeBytes(bytes)
        channel.writeAndFlush(buffer, promise: nil)
    }

    /// Waits until `parse` finds something in what has arrived and was not taken yet.
    /// - Throws: ``ConnectionClosed`` when the server closes before, ``TooLate`` after `seconds`.
    func take<Value>(
        _ expectation: String, within seconds: Double, _ parse: (inout ByteBuffer) throws -> Value?
    ) async throws -> Value {
        let deadline = NIODeadline.now() + .milliseconds(Int64(seconds * 1000))
        while true {
            let (value, seen) = try mailbox.look(parse)
            if let value { return value }
            if seen.isClosed { throw ConnectionClosed() }
            guard NIODeadline.now() < deadline else {
                throw TooLate(description: "not within \(seconds) s: \(expectation)")
            }
            let alarm = channel.eventLoop.scheduleTask(deadline: deadline) { [mailbox] in mailbox.wake() }
            await mailbox.change(since: seen)
            alarm.cancel()
        }
    }

    /// Waits until the server has closed the connection; what arrives before is dropped.
    func waitForClose(within seconds: Double) async throws {
        do {
            try await take("the server closes the connection", within: seconds) { buffer -> Void? in
                buffer.clear()
                return nil
            }
        } catch is ConnectionClosed {}
    }

    /// Tells the server that nothing more will be sent, and goes on reading.
    func closeSendingSide() async { try? await channel.close(mode: .output).get() }

    func close() async { try? await channel.close().get() }
}

/// What has arrived on a connection and was not taken yet.
private final class Mailbox: Sendable {
    struct Seen: Equatable {
        var arrivals = 0
        var isClosed = false
    }

    private struct State {
        var buffer = ByteBuffer()
        var seen = Seen()
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func look<Value>(_ parse: (inout ByteBuffer) throws -> Value?) throws -> (Value?, Seen) {
        // The buffer is taken out for parsing: the closure need not be sendable, and only one task reads.
        var (buffer, seen) = state.withLock { state in
            let taken = (state.buffer, state.seen)
            state.buffer = ByteBuffer()
            return taken
        }
        defer {
            state.withLock { state in
                var rest = buffer
                rest.writeImmutableBuffer(state.buffer)
                state.buffer = rest
            }
        }
        return (try parse(&buffer), seen)
    }

    func change(since seen: Seen) async {
        await withCheckedContinuation { continuation in
            let isStale = state.withLock { state in
                if state.seen != seen { return true }
                state.waiter = continuation
                return false
            }
            if isStale { continuation.resume() }
        }
    }

    func append(_ bytes: ByteBuffer) {
        update { state in
            state.buffer.writeImmutableBuffer(bytes)
            state.seen.arrivals += 1
        }
    }

    func close() { update { $0.seen.isClosed = true } }

    func wake() { update { _ in } }

    private func update(_ change: (inout State) -> Void) {
        let waiter = state.withLock { state in
            change(&state)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}

private final class MailboxHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let mailbox: Mailbox

    init(_ mailbox: Mailbox) { self.mailbox = mailbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { mailbox.append(unwrapInboundIn(data)) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { mailbox.close() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) { mailbox.close() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        mailbox.close()
        context.close(promise: nil)
    }
}
