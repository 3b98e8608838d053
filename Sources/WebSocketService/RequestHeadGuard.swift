import Access
import ConversationDomain
import Foundation
import NIOCore
import NIOHTTP1
import Wire

/// Stands right behind the HTTP/1.1 decoder, on plain connections as before an upgrade: lets no head pass that is larger than
/// ``Access/HeadLimits`` allow or that HTTP forbids, answers it with a problem, and closes the connection. A client that is late is
/// refused in the same way, and the rest of a body that nobody wants is not waited for.
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
    private let basePath: BasePath
    private let bodyLimit: Int
    private let ledger: ConnectionLedger
    /// Knows the requests that were let through and are not answered yet.
    private let deadline: RequestDeadline
    private var state = State.open
    /// A head was let through, its end has not come.
    private var isInRequest = false
    /// Bytes of its body that are still to come; nil when the head does not say.
    private var bodyBytesLeft: Int?
    /// The connection is a proxy's, which must not use it again: it would send a request for a socket behind others, and only the
    /// first of a connection can become one.
    private let isForOneRequest: Bool
    /// Its client waits to be told that its body is wanted.
    private var awaitsContinue = false

    init(_ parts: WebSocketServiceParts, isProxy: Bool, ledger: ConnectionLedger, deadline: RequestDeadline) {
        isForOneRequest = isProxy
        ids = parts.ids
        basePath = parts.basePath
        bodyLimit = parts.limits.body
        self.ledger = ledger
        self.deadline = deadline
    }

    func handlerAdded(context: ChannelHandlerContext) {
        deadline.onLate = { [weak self] phase in self?.isLate(phase, context) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .open = state else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, context)
        case .body(let bytes):
            deadline.bodyCame()
            awaitsContinue = false
            bodyBytesLeft = bodyBytesLeft.map { $0 - bytes.readableBytes }
            context.fireChannelRead(data)
        case .end:
            isInRequest = false
            awaitsContinue = false
            deadline.requestEnded()
            context.fireChannelRead(data)
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let fields = head.headers.lazy.map { (name: $0.name, value: $0.value) }
        if let fault = HeadLimits.fault(target: head.uri, fields: fields) ?? Self.fault(of: head) {
            return refuse(fault, context)
        }
        deadline.headEnded()
        isInRequest = true
        bodyBytesLeft = head.headers.first(name: "Transfer-Encoding") == nil ? Self.contentLength(head) ?? 0 : nil
        awaitsContinue = head.headers.contains(name: "Expect") && !head.isOld
        var passed = head
        passed.uri = basePath.removed(from: head.uri)
        // Clients of HTTP/1.0 take the connection's end for the answer's.
        if head.isOld || (isForOneRequest && !head.headers.contains(name: "Upgrade")) {
            passed.headers.replaceOrAdd(name: "Connection", value: "close")
        }
        context.fireChannelRead(wrapInboundOut(.head(passed)))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // After a refusal the decoder complains about everything that still comes.
        guard case .open = state else { return }
        // Within a request the error is about its body, and belongs to whoever reads that.
        guard Self.isOverflow(error), !isInRequest else { return context.fireErrorCaught(error) }
        refuse(.head, context)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            guard case .open = state, leavesBody || isForOneRequest, head.status.code >= 200 else { break }
            head.headers.replaceOrAdd(name: "Connection", value: "close")
            return context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body: break
        case .end:
            let leavesBody = leavesBody
            deadline.answered()
            if case .open = state, leavesBody {
                state = .refused
                context.writeAndFlush(data, promise: promise)
                return end(context)
            }
            context.write(data, promise: promise)
            if deadline.unanswered == 0, case .refusing(let fault) = state { answer(fault, context) }
            return
        }
        context.write(data, promise: promise)
    }

    /// Whether the request that is being answered was refused before its body came, and that is more than may be read for nothing.
    private var leavesBody: Bool {
        isInRequest && deadline.unanswered == 1 && (awaitsContinue || (bodyBytesLeft ?? Int.max) > bodyLimit)
    }

    /// The body is wanted: tells a client so that waits for it.
    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is BodyIsWanted else { return context.triggerUserOutboundEvent(event, promise: promise) }
        promise?.succeed()
        guard awaitsContinue, deadline.unanswered == 1, case .open = state else { return }
        awaitsContinue = false
        let head = HTTPResponseHead(version: .http1_1, status: .continue)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
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
        if deadline.unanswered == 0 { answer(fault, context) }
    }

    private func answer(_ fault: HeadLimits.Fault, _ context: ChannelHandlerContext) {
        state = .refused
        let refusal = UpgradeRefusal.bytes(of: fault, ids: ids)
        context.write(wrapOutboundOut(.head(refusal.head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(refusal.body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        end(context)
    }

    /// Says that nothing follows; what still comes is read and dropped for a while.
    private func end(_ context: ChannelHandlerContext) {
        let channel = context.channel
        deadline.stop()
        channel.close(mode: .output, promise: nil)
        channel.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
    }

    /// A head that does not come is refused; of a body that does not come, whoever reads it hears by the connection's end.
    private func isLate(_ phase: RequestDeadline.Phase, _ context: ChannelHandlerContext) {
        guard case .open = state else { return }
        ledger.wasLate()
        guard phase == .head, deadline.unanswered == 0, !deadline.isUnused else {
            return context.channel.close(promise: nil)
        }
        refuse(.late, context)
    }

    /// What RFC 9112 and 9110 do not allow, as far as the decoder lets it pass.
    private static func fault(of head: HTTPRequestHead) -> HeadLimits.Fault? {
        let hosts = head.headers["Host"].count
        if hosts > 1 || (hosts == 0 && !head.isOld) {
            return .malformed("expected one Host header, not \(hosts)")
        }
        let codings = head.headers["Transfer-Encoding"]
        if !codings.isEmpty, codings.count > 1 || UTF8Text(codings[0]).lowercasedASCII != "chunked" {
            return .malformed("expected no Transfer-Encoding but chunked")
        }
        if head.headers.contains(name: "Content-Length"), contentLength(head) == nil {
            return .malformed("the Content-Length is no number of bytes")
        }
        let expected = head.headers["Expect"]
        if !expected.isEmpty, expected.count > 1 || UTF8Text(expected[0]).lowercasedASCII != "100-continue" {
            return .unexpected("expected no Expect header but 100-continue")
        }
        return nil
    }

    private static func contentLength(_ head: HTTPRequestHead) -> Int? {
        head.headers.first(name: "Content-Length").flatMap { Int($0) }.flatMap { $0 < 0 ? nil : $0 }
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

extension HTTPRequestHead {
    /// Of HTTP/1.0; the decoder takes nothing but that and HTTP/1.1.
    fileprivate var isOld: Bool { version == .http1_0 }
}
