import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Why a test's connection gave no answer.
public enum TestConnectionError: Error, Equatable {
    case timedOut
    case ended
    case malformed(String)
}

/// A plain TCP connection to a server under test. Waiting ends with an error after ten seconds, so that a test fails rather than hangs.
public final class TestConnection: Sendable {
    private let channel: any Channel
    private let inbox: Inbox

    private init(channel: any Channel, inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    /// - Parameters:
    ///   - certificate: begins TLS with a server that shows it, and with no other.
    ///   - isOld: offers nothing newer than TLS 1.1.
    public static func open(port: Int, trusting certificate: TestCertificate? = nil, isOld: Bool = false) async throws
        -> TestConnection
    {
        let inbox = Inbox()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let certificate {
                        try channel.pipeline.syncOperations.addHandler(certificate.client(isOld: isOld))
                    }
                    try channel.pipeline.syncOperations.addHandler(InboxHandler(inbox: inbox))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return TestConnection(channel: channel, inbox: inbox)
    }

    public func write(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    public func write(_ text: String) async throws {
        try await write(Array(text.utf8))
    }

    /// Leaves what the server sends in the kernel's buffers, as a client does that is stuck.
    public func pauseReading() async throws {
        try await channel.setOption(.autoRead, value: false).get()
    }

    public func resumeReading() async throws {
        try await channel.setOption(.autoRead, value: true).get()
        channel.read()
    }

    /// Makes the kernel's buffers small, so that a paused client is felt soon.
    public func shrinkReceiveBuffer() async throws {
        try await channel.setOption(.socketOption(.so_rcvbuf), value: 4096).get()
    }

    public func closeOutput() async throws { try await channel.close(mode: .output).get() }

    public func close() async throws { try await channel.close().get() }

    /// Ends a connection that began with TLS without telling the server so within it, as many clients do.
    public func cut() async throws {
        let channel = channel
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.context(handlerType: NIOSSLClientHandler.self).close(promise: nil)
        }.get()
    }

    /// Waits until `parse` finds what it looks for in the bytes that have come, and takes that out of them.
    /// - Returns: nil when the server closed before.
    public func take<Value>(_ parse: (inout [UInt8]) throws -> Value?) async throws -> Value? {
        while true {
            if let value = try inbox.withBytes(parse) { return value }
            guard try await inbox.waitForMore(on: channel.eventLoop) else {
                return try inbox.withBytes(parse)
            }
        }
    }

    /// Waits until the server closes, and gives everything that it sent.
    public func rest() async throws -> [UInt8] {
        while try await inbox.waitForMore(on: channel.eventLoop) {}
        return inbox.withBytes { bytes in
            defer { bytes = [] }
            return bytes
        }
    }
}

/// What has come and was not taken yet.
private final class Inbox: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        /// Counts arrivals, so that a waiter does not miss one.
        var arrivals = 0
        var seen = 0
        var hasEnded = false
        var waiter: CheckedContinuation<Bool, any Error>?
    }

    private let state = Mutex(State())

    func withBytes<Value>(_ body: (inout [UInt8]) throws -> Value) rethrows -> Value {
        try state.withLock { state in
            state.seen = state.arrivals
            return try body(&state.bytes)
        }
    }

    func append(_ bytes: [UInt8]) {
        wake { state in
            state.bytes += bytes
            state.arrivals += 1
        }
    }

    func end() { wake { $0.hasEnded = true } }

    private func wake(_ change: (inout State) -> Void) {
        let waiter = state.withLock { state in
            change(&state)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: true)
    }

    /// After so long nothing will come any more. Long, since other tests may keep every core busy for seconds.
    private static let patience = TimeAmount.seconds(60)

    /// - Returns: false when nothing can come any more.
    func waitForMore(on eventLoop: any EventLoop) async throws -> Bool {
        let timeout = eventLoop.scheduleTask(in: Self.patience) { self.fail() }
        defer { timeout.cancel() }
        return try await withCheckedThrowingContinuation { continuation in
            let answer: Bool? = state.withLock { state in
                if state.arrivals > state.seen {
                    state.seen = state.arrivals
                    return true
                }
                if state.hasEnded { return false }
                state.waiter = continuation
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    private func fail() {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(throwing: TestConnectionError.timedOut)
    }
}

private final class InboxHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    let inbox: Inbox

    init(inbox: Inbox) {
        self.inbox = inbox
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        inbox.append(Array(unwrapInboundIn(data).readableBytesView))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { inbox.end() }
    }

    func channelInactive(context: ChannelHandlerContext) { inbox.end() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
