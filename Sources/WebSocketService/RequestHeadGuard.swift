import Access
import ConversationDomain
import Foundation
import NIOCore
import NIOHTTP1
import Wire

/// Stands right behind the HTTP/1.1 decoder, on plain connections as before an upgrade: lets no head pass that is larger than
/// ``Access/HeadLimits`` allow, answers it with 431 or 400 and a problem, and closes the connection.
///
/// Bytes and fields are counted by the decoder while they come, so a head is never held whole to find that it is too large.
final class RequestHeadGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case open
        /// Waits until the requests before it are answered.
        case refusing(HeadLimits.Fault)
        case refused
    }

    /// How long a refused client may go on sending: a connection that is closed before all was read is reset, and the client may
    /// not see why.
    private static let patience = TimeAmount.seconds(1)

    private let ids: IdentifierGenerator
    private var state = State.open
    /// Requests that were let through and are not answered yet.
    private var unanswered = 0
    /// A head was let through, its end has not come.
    private var isInRequest = false

    init(ids: IdentifierGenerator) { self.ids = ids }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .open = state else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            let fields = head.headers.lazy.map { (name: $0.name, value: $0.value) }
            if let fault = HeadLimits.fault(target: head.uri, fields: fields) { return refuse(fault, context) }
            unanswered += 1
            isInRequest = true
        case .body: break
        case .end: isInRequest = false
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // After a refusal the decoder complains about everything that still comes.
        guard case .open = state else { return }
        // Within a request the error is about its body, and belongs to whoever reads that.
        guard Self.isOverflow(error), !isInRequest else { return context.fireErrorCaught(error) }
        refuse(.head, context)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        context.write(data, promise: promise)
        guard case .end = unwrapOutboundIn(data) else { return }
        unanswered -= 1
        if unanswered == 0, case .refusing(let fault) = state { answer(fault, context) }
    }

    /// Nobody answers any more: a socket took over, though more came behind its handshake than could be kept.
    func handlerRemoved(context: ChannelHandlerContext) {
        if case .refusing = state { context.channel.close(promise: nil) }
    }

    private static func isOverflow(_ error: any Error) -> Bool {
        error is ByteToMessageDecoderError.PayloadTooLargeError || (error as? HTTPParserError) == .headerOverflow
    }
}

// MARK: - Refusing

extension RequestHeadGuard {
    private func refuse(_ fault: HeadLimits.Fault, _ context: ChannelHandlerContext) {
        state = .refusing(fault)
        if unanswered == 0 { answer(fault, context) }
    }

    private func answer(_ fault: HeadLimits.Fault, _ context: ChannelHandlerContext) {
        state = .refused
        let refusal = UpgradeRefusal.bytes(of: fault, ids: ids)
        let channel = context.channel
        context.write(wrapOutboundOut(.head(refusal.head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(refusal.body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
            // Says that nothing follows; what still comes is read and dropped.
            channel.close(mode: .output, promise: nil)
        }
        channel.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
    }
}

extension UpgradeRefusal {
    /// The answer to a request that nothing more can be told of than that its head was refused.
    static func bytes(of fault: HeadLimits.Fault, ids: IdentifierGenerator) -> (
        head: HTTPResponseHead, body: ByteBuffer
    ) {
        let problem = Problem(fault, requestID: RequestID.of(nil, ids))
        let bytes = problem.bytes
        var headers = HTTPHeaders(problem.headers)
        headers.add(contentsOf: [
            ("Content-Length", "\(bytes.count)"), ("Connection", "close"), ("X-Content-Type-Options", "nosniff"),
            ("X-Request-Id", problem.requestID),
        ])
        let status = HTTPResponseStatus(statusCode: problem.status, reasonPhrase: problem.title)
        return (HTTPResponseHead(version: .http1_1, status: status, headers: headers), ByteBuffer(bytes: bytes))
    }
}
