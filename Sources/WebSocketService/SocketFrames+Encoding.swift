import ConversationDomain
import Foundation
import NIOCore
import NIOWebSocket
import Wire

extension ServerFrame {
    /// A text frame with the JSON of this one.
    func webSocketFrame() throws -> WebSocketFrame {
        WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(bytes: try JSONEncoder.frontdesk().encode(self)))
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
