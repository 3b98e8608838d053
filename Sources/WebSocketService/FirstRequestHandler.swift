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
/// the server shuts down, and what is not HTTP is answered with 400.
final class FirstRequestHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case waiting
        /// The request asks for a socket; whether it is given is being found out.
        case deciding(hasEnded: Bool, admitted: Admitted?)
        case upgrading
        case forwarding
        case done
    }

    /// Parts of a request that may come while it is decided on; a request for a socket has two.
    private static let pendingLimit = 16

    private let service: WebSocketService
    private let ticket: ConnectionTicket
    private let codec: HTTPCodec
    private let negotiated: EventLoopPromise<UpgradableHTTPChannel.Negotiated>
    private let logger: Logger
    private var state = State.waiting
    /// What has come and was not passed on yet: request parts, or bytes once the decoder is gone.
    private var pending: [NIOAny] = []

    /// A handshake that is answered with a socket.
    struct Admitted {
        let principal: Principal
        let response: HTTPHeaders
    }

    /// The handlers that stand before this one.
    struct HTTPCodec {
        let connection: ConnectionGuard
        let encoder = HTTPResponseEncoder()
        let decoder: ByteToMessageHandler<HTTPRequestDecoder>
        let guardian: RequestHeadGuard

        /// Bytes that may wait to be decoded: a head, or what a client sends at once behind its handshake.
        private static let undecoded = 128 * 1024

        /// - Parameter client: who the connection is counted for; nil for a proxy.
        init(_ service: WebSocketService, client: ClientNetwork?, eventLoop: any EventLoop) {
            let deadline = RequestDeadline(limits: service.ledger.limits, eventLoop: eventLoop)
            connection = ConnectionGuard(ledger: service.ledger, client: client, deadline: deadline)
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderListSize = HeadLimits.bytes
            limits.maxHeaderFieldSize = HeadLimits.bytes
            limits.maxHeaderFieldCount = HeadLimits.fields
            decoder = ByteToMessageHandler(
                HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits),
                maximumBufferSize: Self.undecoded)
            guardian = RequestHeadGuard(
                service.parts, isProxy: client == nil, ledger: service.ledger, deadline: deadline)
        }

        func add(to pipeline: ChannelPipeline.SynchronousOperations) throws {
            try pipeline.addHandler(connection)
            try pipeline.addHandler(encoder)
            try pipeline.addHandler(decoder)
            try pipeline.addHandler(guardian)
        }
    }

    /// - Parameter negotiated: is completed with what became of the connection.
    init(
        service: WebSocketService, ticket: ConnectionTicket, codec: HTTPCodec, logger: Logger,
        negotiated: EventLoopPromise<UpgradableHTTPChannel.Negotiated>
    ) {
        self.service = service
        self.ticket = ticket
        self.codec = codec
        self.logger = logger
        self.negotiated = negotiated
    }

    func handlerRemoved(context: ChannelHandlerContext) {
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
            state = .deciding(hasEnded: false, admitted: nil)
            decide(head, context)
        case .deciding(_, let admitted):
            guard pending.count < Self.pendingLimit else { return context.close(promise: nil) }
            pending.append(data)
            guard case .end = unwrapInboundIn(data) else { return }
            state = .deciding(hasEnded: true, admitted: admitted)
            if let admitted { upgrade(admitted, context) }
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
        return (target.divided(at: "?")?.head ?? target) == WebSocketService.path && !hasBody(head)
            && head.headers.list("Upgrade").contains { $0.lowercasedASCII == "websocket" }
            && head.headers.list("Connection").contains { $0.lowercasedASCII == "upgrade" }
    }

    private func hasBody(_ head: HTTPRequestHead) -> Bool {
        head.headers.contains(name: "Transfer-Encoding")
            || head.headers.first(name: "Content-Length").map { UTF8Text($0) != "0" } ?? false
    }

    private func decide(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let verdict = Verdict()
        upgrader(verdict)
            .buildUpgradeResponse(channel: context.channel, upgradeRequest: head, initialResponseHeaders: [:])
            .hop(to: context.eventLoop).assumeIsolated()
            .whenComplete { result in
                guard case .deciding(let hasEnded, nil) = self.state else { return }
                switch (result, verdict.result.withLock { $0 }) {
                case (.success(let response), .success(let principal)):
                    let admitted = Admitted(principal: principal, response: response)
                    self.state = .deciding(hasEnded: hasEnded, admitted: admitted)
                    if hasEnded { self.upgrade(admitted, context) }
                case (_, .failure(let refusal)): self.becomePlain(context, refusal: refusal)
                case (.failure, .success), (_, nil): self.becomePlain(context, refusal: nil)
                }
            }
    }

    /// What the service has decided; nil until then.
    private final class Verdict: Sendable {
        let result = Mutex<Result<Principal, ChatError>?>(nil)
    }

    /// Checks the handshake's headers and makes those of the answer.
    private func upgrader(_ verdict: Verdict) -> NIOWebSocketServerUpgrader {
        let service = service
        return NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, head in
                let promise = channel.eventLoop.makePromise(of: HTTPHeaders?.self)
                promise.completeWithTask {
                    do {
                        let principal = try await service.admit(Handshake(head, channel, service))
                        verdict.result.withLock { $0 = .success(principal) }
                        return ["Sec-WebSocket-Protocol": WebSocketService.subprotocol.string]
                    } catch {
                        let refusal = error as? ChatError ?? ChatError(.internal, "no socket now")
                        verdict.result.withLock { $0 = .failure(refusal) }
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
            let channel = try UpgradableHTTPChannel.httpChannel(
                context.channel, isEncrypted: service.isEncrypted, logger)
            settle(.http(channel, refusal: refusal), context)
        } catch {
            context.close(promise: nil)
        }
    }

    private func upgrade(_ admitted: Admitted, _ context: ChannelHandlerContext) {
        guard case .head(let request) = pending.first.map(unwrapInboundIn) else { return context.close(promise: nil) }
        state = .upgrading
        pending = []
        let pipeline = context.pipeline.syncOperations
        let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: admitted.response)
        pipeline.removeHandler(codec.guardian).assumeIsolated()
            .flatMap { pipeline.removeHandler(self.codec.decoder) }
            .flatMap { context.writeAndFlush(self.wrapOutboundOut(.head(head))) }
            .flatMap { pipeline.removeHandler(self.codec.encoder) }
            .flatMap { pipeline.removeHandler(self.codec.connection) }
            .flatMapThrowing {
                self.ticket.becameSocket()
                let session = SocketSession(
                    service: self.service, handshake: Handshake(request, context.channel, self.service),
                    principal: admitted.principal, logger: self.logger)
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
    fileprivate init(_ head: HTTPRequestHead, _ channel: any Channel, _ service: WebSocketService) {
        self.init(
            uri: head.uri, headers: head.headers, peer: channel.remoteAddress?.ipAddress ?? "unknown",
            isEncrypted: service.isEncrypted, proxies: service.parts.proxies)
    }
}
