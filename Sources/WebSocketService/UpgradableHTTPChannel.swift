import Access
import ConversationDomain
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket
import ServerTLS

/// A connection that begins as HTTP/1.1 and may become a WebSocket with its first request.
struct UpgradableHTTPChannel: HTTPChannelHandler {
    typealias HTTPChannel = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    /// What the first request made of the connection.
    enum Negotiated: Sendable {
        /// Plain HTTP; if the request was for a socket, with why there is none.
        case http(HTTPChannel, refusal: ChatError?)
        /// A ``SocketSession`` has taken over.
        case socket
        /// One connection too many.
        case refused
    }

    struct Value: ServerChildChannelValue {
        let negotiated: EventLoopFuture<Negotiated>
        let channel: any Channel
    }

    private static let notAnUpgrade = ChatError(
        .invalidRequest,
        "expected a WebSocket upgrade as the connection's first request (GET, Upgrade: websocket, Sec-WebSocket-Version: 13)"
    )

    let service: WebSocketService
    let responder: Responder
    private let application: Responder

    /// - Parameters:
    ///   - application: answers all requests but those for a socket.
    ///   - refusal: the answer to those, on this connection.
    init(service: WebSocketService, application: @escaping Responder, refusal: ChatError? = nil) {
        self.service = service
        self.application = application
        responder = { request, writer, channel in
            guard UTF8Text(request.uri.path) == WebSocketService.path else {
                return try await application(request, writer, channel)
            }
            let answer = UpgradeRefusal(refusal ?? Self.notAnUpgrade, to: request, ids: service.parts.ids)
            try await writer.write(response: answer.head, body: answer.body)
        }
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let peer = channel.remoteAddress?.ipAddress ?? "unknown"
        let client = service.parts.proxies.contains(peer) ? nil : ClientNetwork(peer)
        guard mayBegin(client), let ticket = service.ledger.open(client) else {
            let refused = channel.eventLoop.makeSucceededFuture(Negotiated.refused)
            return channel.eventLoop.makeSucceededFuture(Value(negotiated: refused, channel: channel))
        }
        channel.closeFuture.whenComplete { _ in ticket.closed() }
        return channel.eventLoop.makeCompletedFuture {
            let negotiated = channel.eventLoop.makePromise(of: Negotiated.self)
            let codec = FirstRequestHandler.HTTPCodec(service, client: client, eventLoop: channel.eventLoop)
            let pipeline = channel.pipeline.syncOperations
            // The channel keeps its first buffer as long as it lives, so it begins with a small one.
            try channel.syncOptions?.setOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 512, maximum: 65_536))
            // What a client does not read waits here, where it counts, rather than in megabytes of the kernel's.
            try channel.syncOptions?.setOption(.socketOption(.so_sndbuf), value: Self.kernelBytes)
            try service.parts.certificate?.addHandlers(to: pipeline)
            try codec.add(to: pipeline)
            try pipeline.addHandler(
                FirstRequestHandler(
                    service: service, ticket: ticket, codec: codec, logger: logger, negotiated: negotiated))
            return Value(negotiated: negotiated.futureResult, channel: channel)
        }
    }

    /// Whether the address has a handshake left, where connections begin with one; a proxy's are those of many.
    private func mayBegin(_ client: ClientNetwork?) -> Bool {
        guard service.isEncrypted, let client else { return true }
        guard (try? service.parts.limiter.admitHandshake(client)) == nil else { return true }
        service.ledger.refusedHandshake()
        return false
    }

    func handle(value: Value, logger: Logger) async {
        guard let negotiated = try? await value.negotiated.get() else {
            try? await value.channel.close().get()
            return
        }
        switch negotiated {
        case .http(let channel, let refusal):
            await Self(service: service, application: application, refusal: refusal)
                .handleHTTP(asyncChannel: channel, logger: logger)
        case .socket: await service.open.keep()
        case .refused:
            // Over TLS that would be read by nobody, and a handshake is more than a refusal may cost.
            if service.parts.certificate == nil {
                try? await value.channel.writeAndFlush(ByteBuffer(string: Self.tooMany)).get()
            }
            try? await value.channel.close().get()
        }
    }

    /// Bytes of an answer that the kernel may keep for a client; it doubles them.
    private static let kernelBytes: SocketOptionValue = 128 * 1024

    private static let tooMany =
        "HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n"

    /// What follows the HTTP/1.1 codec of a connection that stays HTTP.
    static func httpChannel(_ channel: any Channel, isEncrypted: Bool, _ logger: Logger) throws -> HTTPChannel {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: isEncrypted))
        // Closes idle keep-alive connections when the server shuts down.
        try pipeline.addHandler(HTTPConnectionStateHandler(idleTimeout: .seconds(120), logger: logger))
        return try HTTPChannel(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
    }

    /// What takes the place of the HTTP/1.1 codec in a connection that becomes a socket.
    static func addSocket(_ session: SocketSession, to channel: any Channel) throws {
        // One buffer for reading, of a few kilobytes at most.
        try channel.syncOptions?.setOption(.maxMessagesPerRead, value: 1)
        try channel.syncOptions?.setOption(
            .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 512, maximum: 4_096))
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(WebSocketFrameEncoder())
        try pipeline.addHandler(
            ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: session.service.parts.limits.body)))
        try pipeline.addHandler(session)
    }
}
