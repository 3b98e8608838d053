import Foundation
public import NIOCore
import NIOSSL

extension ServerCertificate {
    /// Lets a connection begin with TLS; what follows in the pipeline sees what was sent within it.
    ///
    /// How long the handshake may take is not watched here: whoever waits for the first request waits for the handshake too.
    public func addHandlers(to pipeline: ChannelPipeline.SynchronousOperations) throws {
        try pipeline.addHandler(PlainTextRefusal())
        try pipeline.addHandler(NIOSSLServerHandler(context: context))
        try pipeline.addHandler(TruncationFilter())
    }
}

/// Stands before TLS and looks at a connection's first byte: a client that speaks HTTP without TLS is told so in its own language, and
/// anything else that is no handshake is closed.
final class PlainTextRefusal: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The type of a record of TLS that belongs to a handshake (RFC 8446, 5.1).
    private static let handshake: UInt8 = 22
    /// How long a refused client may go on sending, so that the refusal is not lost to a reset.
    private static let patience = TimeAmount.seconds(1)

    private var isRefused = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused, let first = unwrapInboundIn(data).readableBytesView.first else { return }
        guard first != Self.handshake else {
            context.fireChannelRead(data)
            return context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        }
        isRefused = true
        guard (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) else { return context.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: Self.answer)), promise: nil)
        context.close(mode: .output, promise: nil)
        let loopBound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.patience) { loopBound.value.close(promise: nil) }
    }

    /// The same for everybody, since nothing of the request was read.
    private static let answer: String = {
        let body =
            #"{"type":"about:blank","title":"Bad Request","status":400,"detail":"this port is for https:// and wss:// only","#
            + #""code":"invalid_request","request_id":null}"#
        return "HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nConnection: close\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }()
}

/// Many clients end a connection without saying so within TLS. Requests, answers and frames tell their own length, so an end that came too
/// early is seen without that, and this is no error.
final class TruncationFilter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .uncleanShutdown = error as? NIOSSLError { return }
        context.fireErrorCaught(error)
    }
}
