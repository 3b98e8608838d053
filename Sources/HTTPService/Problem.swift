import Access
import ConversationDomain
import HTTPTypes
import Hummingbird
import NIOCore
import Wire

extension Problem {
    /// As REST answers it.
    var response: Response {
        var response = Response(
            status: .init(code: status, reasonPhrase: title), body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { response.headers[name] = value }
        }
        return response
    }
}

extension ChatError.Code {
    var httpStatus: HTTPResponse.Status { .init(code: status, reasonPhrase: title) }
}
