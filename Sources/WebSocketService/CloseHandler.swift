import NIOCore
import NIOWebSocket

/// Sees to it that a close frame is the last one that is written, and answers what breaks the WebSocket protocol with one.
///
/// After a breach it goes on reading, and dropping, for a second: a connection that is cut while the client still writes would be reset
/// before the client has read why.
final class CloseHandler: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = WebSocketFrame
    typealias OutboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private var hasSentClose = false
    private var isBroken = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !isBroken { context.fireChannelRead(data) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !hasSentClose else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        hasSentClose = unwrapOutboundIn(data).opcode == .connectionClose
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Once it failed, the decoder reports every further read.
        guard !isBroken else { return }
        guard let error = error as? NIOWebSocketError else { return context.fireErrorCaught(error) }
        isBroken = true
        let channel = context.channel
        channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
        guard !hasSentClose else { return }
        hasSentClose = true
        let code: CloseCode = error == .invalidFrameLength ? .tooBig : .protocolError
        context.writeAndFlush(wrapOutboundOut(code.frame(reason: "")), promise: nil)
    }
}

extension CloseCode {
    /// - Parameter reason: at most 123 bytes, as a control frame allows.
    func frame(reason: String) -> WebSocketFrame {
        var data = ByteBuffer()
        data.write(webSocketErrorCode: WebSocketErrorCode(codeNumber: Int(rawValue)))
        data.writeString(String(decoding: reason.utf8.prefix(123), as: UTF8.self))
        return WebSocketFrame(fin: true, opcode: .connectionClose, data: data)
    }
}
