import Access
import ConversationDomain
import Foundation
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket

/// A connection that begins as HTTP/1.1 and may become a WebSocket with its first request.
struct UpgradableHTTPChannel: HTTPChannelHandler {
    typealias HTTPChannel = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>
    typealias SocketChannel = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

    /// What the first request made of the connection.
    enum Negotiated: Sendable {
        case http(HTTPChannel)
        case socket(SocketChannel, Handshake)
    }

    struct Value: ServerChildChannelValue {
        let negotiated: EventLoopFuture<Negotiated>
        let channel: any Channel
    }

    let service: WebSocketService
    let responder: Responder

    init(service: WebSocketService, responder: @escaping Responder) {
        self.service = service
        self.responder = { request, writer, channel in
            guard request.uri.path == WebSocketService.path else {
                return try await responder(request, writer, channel)
            }
            try await Self.refuse(request, writer, channel, service)
        }
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let pending = PendingRequestHandler()
            try channel.pipeline.syncOperations.addHandler(pending)
            let upgrade = NIOTypedHTTPServerUpgradeConfiguration<Negotiated>(
                upgraders: [upgrader()],
                notUpgradingCompletionHandler: { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try Self.removePending(channel)
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
                        // Closes idle keep-alive connections when the server shuts down.
                        try pipeline.addHandler(HTTPConnectionStateHandler(idleTimeout: .seconds(120), logger: logger))
                        return .http(
                            try HTTPChannel(
                                wrappingChannelSynchronously: channel,
                                configuration: .init(isOutboundHalfClosureEnabled: true)))
                    }
                })
            var configuration = NIOUpgradableHTTPServerPipelineConfiguration(upgradeConfiguration: upgrade)
            configuration.enablePipelining = false
            configuration.enableErrorHandling = false
            configuration.enableResponseHeaderValidation = false
            let negotiated = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
                configuration: configuration)
            return Value(negotiated: negotiated, channel: channel)
        }
    }

    func handle(value: Value, logger: Logger) async {
        guard let negotiated = try? await value.negotiated.get() else {
            try? await value.channel.close().get()
            return
        }
        switch negotiated {
        case .http(let channel): await handleHTTP(asyncChannel: channel, logger: logger)
        case .socket(let channel, let handshake):
            await service.counted {
                await SocketSession(service: service, handshake: handshake, channel: channel, logger: logger).run()
            }
        }
    }
}

// MARK: - Upgrade

extension UpgradableHTTPChannel {
    private func upgrader() -> NIOTypedWebSocketServerUpgrader<Negotiated> {
        NIOTypedWebSocketServerUpgrader(
            maxFrameSize: service.parts.limits.body,
            shouldUpgrade: { channel, head in
                guard Self.path(of: head) == WebSocketService.path else {
                    return channel.eventLoop.makeSucceededFuture(nil)
                }
                let handshake = Self.handshake(head, channel)
                let promise = channel.eventLoop.makePromise(of: HTTPHeaders?.self)
                promise.completeWithTask {
                    // A refusal is answered as plain HTTP, by the responder.
                    guard (try? await service.admit(handshake)) != nil else { return nil }
                    return ["Sec-WebSocket-Protocol": WebSocketService.subprotocol]
                }
                return promise.futureResult
            },
            upgradePipelineHandler: { channel, head in
                channel.eventLoop.makeCompletedFuture {
                    try Self.removePending(channel)
                    return .socket(
                        try SocketChannel(wrappingChannelSynchronously: channel), Self.handshake(head, channel))
                }
            })
    }

    private static func removePending(_ channel: any Channel) throws {
        let handler = try channel.pipeline.syncOperations.handler(type: PendingRequestHandler.self)
        channel.pipeline.syncOperations.removeHandler(handler, promise: nil)
    }

    private static func path(of head: HTTPRequestHead) -> String {
        String(head.uri.prefix { $0 != "?" && $0 != "#" })
    }

    private static func handshake(_ head: HTTPRequestHead, _ channel: any Channel) -> Handshake {
        Handshake(headers: head.headers, address: channel.remoteAddress?.ipAddress ?? "unknown")
    }

    /// Says in plain HTTP why there is no socket.
    private static func refuse(
        _ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel, _ service: WebSocketService
    ) async throws {
        var headers = HTTPHeaders()
        for field in request.headers { headers.add(name: field.name.rawName, value: field.value) }
        if let host = request.head.authority { headers.replaceOrAdd(name: "Host", value: host) }
        let handshake = Handshake(headers: headers, address: channel.remoteAddress?.ipAddress ?? "unknown")
        var error = ChatError(
            .invalidRequest, "expected a WebSocket upgrade (GET, Upgrade: websocket, Sec-WebSocket-Version: 13)")
        do {
            _ = try await service.admit(handshake)
        } catch let refusal as ChatError {
            error = refusal
        }
        let id = request.headers[HTTPField.Name("X-Request-Id") ?? .date].flatMap { $0.utf8.count <= 128 ? $0 : nil }
        let refusal = UpgradeRefusal(error, requestID: id ?? "req_" + UUID().uuidString.lowercased())
        try await writer.write(response: refusal.head, body: refusal.body)
    }
}

/// The answer to a request for a socket that is not given.
private struct UpgradeRefusal {
    let head: HTTPResponse
    let body: ResponseBody

    private struct Problem: Encodable {
        let type = "about:blank"
        let title: String
        let status: Int
        let detail: String
        let code: String
        let request_id: String
    }

    init(_ error: ChatError, requestID: String) {
        let status: HTTPResponse.Status =
            switch error.code {
            case .invalidRequest: .badRequest
            case .unauthorized: .unauthorized
            case .forbidden: .forbidden
            case .notFound: .notFound
            case .conflict: .conflict
            case .tooLarge: .contentTooLarge
            case .unsupportedMediaType: .unsupportedMediaType
            case .rateLimited, .overloaded: .tooManyRequests
            case .notReady: .serviceUnavailable
            case .internal: .internalServerError
            }
        let problem = Problem(
            title: status.reasonPhrase, status: status.code, detail: error.message, code: error.code.rawValue,
            request_id: requestID)
        let bytes = (try? JSONEncoder.frontdesk().encode(problem)) ?? Data()
        var head = HTTPResponse(status: status)
        head.headerFields[.contentType] = "application/problem+json"
        head.headerFields[.contentLength] = "\(bytes.count)"
        head.headerFields[.connection] = "close"
        if let name = HTTPField.Name("X-Request-Id") { head.headerFields[name] = requestID }
        if error.code == .unauthorized { head.headerFields[.wwwAuthenticate] = "Bearer" }
        if let seconds = error.retryAfter { head.headerFields[.retryAfter] = "\(seconds)" }
        self.head = head
        body = ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
    }
}

/// Closes a connection that has sent no request yet when the server shuts down or the client takes too long.
private final class PendingRequestHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private static let patience = TimeAmount.seconds(30)
    private var timeout: Scheduled<Void>?

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        timeout = context.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timeout?.cancel()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }
}
