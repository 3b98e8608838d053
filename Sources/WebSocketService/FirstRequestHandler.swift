import Access
import ConversationDomain
import Logging
import NIOCore
import NIOHTTP1
import NIOWebSocket
import Synchronization

/// Decides by the first request of a connection what becomes of it: a socket, or plain HTTP.
///
/// NIO's own `NIOTypedHTTPServerUpgradeHandler` drops a request whose upgrade is refused (and any request with `Upgrade: h2c`, which some
/// HTTP clients send at first), so nobody could answer it; here it is passed on. Until the request has come, the connection is closed when
/// the server shuts down or the client takes too long, and what is not HTTP is answered with 400.
final class FirstRequestHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case waiting
        /// The request asks for a socket; whether it is given is being found out.
        case deciding(hasEnded: Bool, response: HTTPHeaders?)
        case upgrading
        case forwarding
        case done
    }

    private static let patience = TimeAmount.seconds(30)
    /// Parts of a request that may come while it is decided on; a request for a socket has two.
    private static let pendingLimit = 16

    private let service: WebSocketService
    private let codec: HTTPCodec
    private let negotiated: EventLoopPromise<UpgradableHTTPChannel.Negotiated>
    private let logger: Logger
    private var state = State.waiting
    /// What has come and was not passed on yet: request parts, or bytes once the decoder is gone.
    private var pending: [NIOAny] = []
    private var timeout: Scheduled<Void>?

    /// The handlers that stand before this one.
    struct HTTPCodec {
        let encoder = HTTPResponseEncoder()
        let decoder: ByteToMessageHandler<HTTPRequestDecoder>
        let guardian: RequestHeadGuard

        /// Bytes that may wait to be decoded: a head, or what a client sends at once behind its handshake.
        private static let undecoded = 128 * 1024

        init(ids: IdentifierGenerator) {
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderListSize = HeadLimits.bytes
            limits.maxHeaderFieldSize = HeadLimits.bytes
            limits.maxHeaderFieldCount = HeadLimits.fields
            decoder = ByteToMessageHandler(
                HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits),
                maximumBufferSize: Self.undecoded)
            guardian = RequestHeadGuard(ids: ids)
        }

        func add(to pipeline: ChannelPipeline.SynchronousOperations) throws {
            try pipeline.addHandler(encoder)
            try pipeline.addHandler(decoder)
            try pipeline.addHandler(guardian)
        }
    }

    /// - Parameter negotiated: is completed with what became of the connection.
    init(
        service: WebSocketService, codec: HTTPCodec, logger: Logger,
        negotiated: EventLoopPromise<UpgradableHTTPChannel.Negotiated>
    ) {
        self.service = service
        self.codec = codec
        self.logger = logger
        self.negotiated = negotiated
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        timeout = context.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timeout?.cancel()
        if case .done = state { return }
        state = .done
        negotiated.fail(ChannelError.eof)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .waiting:
            pending.append(data)
            guard case .head(let head) = unwrapInboundIn(data), asksForSocket(head) else {
                return becomePlain(context, refusal: nil)
            }
            state = .deciding(hasEnded: false, response: nil)
            decide(head, context)
        case .deciding(_, let response):
            guard pending.count < Self.pendingLimit else { return context.close(promise: nil) }
            pending.append(data)
            guard case .end = unwrapInboundIn(data) else { return }
            state = .deciding(hasEnded: true, response: response)
            if let response { upgrade(response, context) }
        case .upgrading, .forwarding: pending.append(data)
        case .done: context.fireChannelRead(data)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent || (event as? ChannelEvent) == .inputClosed {
            switch state {
            case .waiting, .deciding, .upgrading: context.close(promise: nil)
            case .forwarding, .done: break
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError else { return context.fireErrorCaught(error) }
        guard case .waiting = state else { return context.close(promise: nil) }
        let head = HTTPResponseHead(
            version: .http1_1, status: .badRequest, headers: ["Connection": "close", "Content-Length": "0"])
        let channel = context.channel
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }
}

// MARK: - Deciding

extension FirstRequestHandler {
    private func asksForSocket(_ head: HTTPRequestHead) -> Bool {
        guard head.method == .GET, head.version == .http1_1 else { return false }
        let target = UTF8Text(head.uri)
        return (target.divided(at: "?")?.head ?? target) == WebSocketService.path
            && head.headers.list("Upgrade").contains { $0.lowercasedASCII == "websocket" }
            && head.headers.list("Connection").contains { $0.lowercasedASCII == "upgrade" }
    }

    private func decide(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let refusal = RefusalBox()
        upgrader(refusal)
            .buildUpgradeResponse(channel: context.channel, upgradeRequest: head, initialResponseHeaders: [:])
            .hop(to: context.eventLoop).assumeIsolated()
            .whenComplete { result in
                guard case .deciding(let hasEnded, nil) = self.state else { return }
                switch result {
                case .failure: self.becomePlain(context, refusal: refusal.error.withLock { $0 })
                case .success(let response):
                    self.state = .deciding(hasEnded: hasEnded, response: response)
                    if hasEnded { self.upgrade(response, context) }
                }
            }
    }

    /// Why the socket is not given.
    private final class RefusalBox: Sendable {
        let error = Mutex<ChatError?>(nil)
    }

    /// Checks the handshake's headers and makes those of the answer.
    private func upgrader(_ refusal: RefusalBox) -> NIOWebSocketServerUpgrader {
        let service = service
        return NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, head in
                let promise = channel.eventLoop.makePromise(of: HTTPHeaders?.self)
                promise.completeWithTask {
                    do {
                        try await service.admit(Handshake(head, channel))
                        return ["Sec-WebSocket-Protocol": WebSocketService.subprotocol.string]
                    } catch {
                        refusal.error.withLock { $0 = error as? ChatError ?? ChatError(.internal, "no socket now") }
                        return nil
                    }
                }
                return promise.futureResult
            },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
    }
}

// MARK: - Becoming

extension FirstRequestHandler {
    private func becomePlain(_ context: ChannelHandlerContext, refusal: ChatError?) {
        do {
            let channel = try UpgradableHTTPChannel.httpChannel(context.channel, logger)
            settle(.http(channel, refusal: refusal), context)
        } catch {
            context.close(promise: nil)
        }
    }

    private func upgrade(_ response: HTTPHeaders, _ context: ChannelHandlerContext) {
        guard case .head(let request) = pending.first.map(unwrapInboundIn) else { return context.close(promise: nil) }
        state = .upgrading
        pending = []
        let pipeline = context.pipeline.syncOperations
        let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: response)
        pipeline.removeHandler(codec.guardian).assumeIsolated()
            .flatMap { pipeline.removeHandler(self.codec.decoder) }
            .flatMap { context.writeAndFlush(self.wrapOutboundOut(.head(head))) }
            .flatMap { pipeline.removeHandler(self.codec.encoder) }
            .flatMapThrowing {
                let session = SocketSession(
                    service: self.service, handshake: Handshake(request, context.channel), logger: self.logger)
                try UpgradableHTTPChannel.addSocket(session, to: context.channel)
                self.settle(.socket, context)
            }
            .whenFailure { _ in context.close(promise: nil) }
    }

    /// Passes on what has come for the handlers that have just been added, and steps out of the way.
    private func settle(_ outcome: UpgradableHTTPChannel.Negotiated, _ context: ChannelHandlerContext) {
        state = .forwarding
        negotiated.succeed(outcome)
        while !pending.isEmpty { context.fireChannelRead(pending.removeFirst()) }
        context.fireChannelReadComplete()
        state = .done
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}

extension Handshake {
    fileprivate init(_ head: HTTPRequestHead, _ channel: any Channel) {
        self.init(uri: head.uri, headers: head.headers, address: channel.remoteAddress?.ipAddress ?? "unknown")
    }
}
