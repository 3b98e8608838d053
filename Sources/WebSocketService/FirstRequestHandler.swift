import ConversationDomain
import NIOCore
import NIOHTTP1

/// Stands before NIO's upgrade handler until the connection's first request has passed.
///
/// Upgrades that are not given (no valid key, another path, another protocol) lose their `Upgrade` header here and so become plain
/// requests, which are answered in HTTP: NIO's handler drops the head of a request whose upgrade fails. Also closes connections that
/// send nothing for too long or when the server shuts down, and answers what is not HTTP.
final class FirstRequestHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case waiting
        /// The key is being looked up; what arrives meanwhile is kept.
        case deciding([HTTPServerRequestPart])
        case passed
    }

    private static let patience = TimeAmount.seconds(30)
    /// Parts that may arrive before the decision; an upgrade request has two.
    private static let partLimit = 64

    private let service: WebSocketService
    private var state = State.waiting
    private var timeout: Scheduled<Void>?

    init(service: WebSocketService) {
        self.service = service
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        timeout = context.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timeout?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .passed: context.fireChannelRead(data)
        case .waiting: first(unwrapInboundIn(data), context)
        case .deciding(let parts):
            guard parts.count < Self.partLimit else { return context.close(promise: nil) }
            state = .deciding(parts + [unwrapInboundIn(data)])
        }
    }

    private func first(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        guard case .head(let head) = part, head.headers.contains(name: "Upgrade") else { return pass([part], context) }
        guard Self.isSocketRequest(head) else { return pass([.head(Self.plain(head))], context) }
        state = .deciding([part])
        let handshake = Handshake(headers: head.headers, address: context.channel.remoteAddress?.ipAddress ?? "unknown")
        let service = service
        let promise = context.eventLoop.makePromise(of: Bool.self)
        promise.completeWithTask { (try? await service.admit(handshake)) != nil }
        promise.futureResult.assumeIsolated().whenSuccess { isAdmitted in
            guard case .deciding(var parts) = self.state else { return }
            if !isAdmitted { parts[0] = .head(Self.plain(head)) }
            self.pass(parts, context)
            context.fireChannelReadComplete()
        }
    }

    private func pass(_ parts: [HTTPServerRequestPart], _ context: ChannelHandlerContext) {
        state = .passed
        timeout?.cancel()
        for part in parts { context.fireChannelRead(wrapInboundOut(part)) }
    }

    /// A handshake as RFC 6455 section 4.1 wants it, for the socket's path.
    private static func isSocketRequest(_ head: HTTPRequestHead) -> Bool {
        head.method == .GET && head.version == .http1_1
            && head.uri.prefix { $0 != "?" && $0 != "#" } == WebSocketService.path
            && head.headers[canonicalForm: "Upgrade"].contains { $0.lowercased() == "websocket" }
            && head.headers["Sec-WebSocket-Version"] == ["13"] && head.headers["Sec-WebSocket-Key"].count == 1
    }

    private static func plain(_ head: HTTPRequestHead) -> HTTPRequestHead {
        var head = head
        head.headers.remove(name: "Upgrade")
        return head
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .waiting = state, event is ChannelShouldQuiesceEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard case .waiting = state else { return context.fireErrorCaught(error) }
        state = .passed
        let head = HTTPResponseHead(
            version: .http1_1, status: .badRequest, headers: ["Connection": "close", "Content-Length": "0"])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }
}
