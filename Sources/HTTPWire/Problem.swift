import Access
package import ConversationDomain
package import HTTPTypes
package import Hummingbird
import NIOCore
package import Wire

extension Problem {
    /// As REST answers it.
    package var response: Response {
        var response = Response(
            status: .init(code: status, reasonPhrase: title), body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { response.headers[name] = value }
        }
        return response
    }
}

extension ChatError.Code {
    package var httpStatus: HTTPResponse.Status { .init(code: status, reasonPhrase: title) }
}
