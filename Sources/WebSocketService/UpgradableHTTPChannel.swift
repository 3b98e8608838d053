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
            let upgrade = NIOTypedHTTPServerUpgradeConfiguration<Negotiated>(
                upgraders: [upgrader()],
                notUpgradingCompletionHandler: { channel in
                    channel.eventLoop.makeCompletedFuture {
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
            let upgradeHandler = try channel.pipeline.syncOperations.handler(
                type: NIOTypedHTTPServerUpgradeHandler<Negotiated>.self)
            try channel.pipeline.syncOperations.addHandler(
                FirstRequestHandler(service: service), position: .before(upgradeHandler))
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
            shouldUpgrade: { channel, _ in
                // Only admitted requests for the socket get here, see FirstRequestHandler.
                channel.eventLoop.makeSucceededFuture(["Sec-WebSocket-Protocol": WebSocketService.subprotocol])
            },
            upgradePipelineHandler: { channel, head in
                channel.eventLoop.makeCompletedFuture {
                    // After the upgrade the socket's bytes pass here, and nothing of HTTP.
                    let handler = try channel.pipeline.syncOperations.handler(type: FirstRequestHandler.self)
                    channel.pipeline.syncOperations.removeHandler(handler, promise: nil)
                    return .socket(
                        try SocketChannel(wrappingChannelSynchronously: channel), Self.handshake(head, channel))
                }
            })
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
