import Access
import ConversationDomain
import Foundation
import HTTPTypes
import HummingbirdCore
import NIOCore
import Wire

/// The plain HTTP answer to a request for a socket that is not given.
struct UpgradeRefusal {
    let head: HTTPResponse
    let body: ResponseBody

    init(_ error: ChatError, to request: Request, ids: IdentifierGenerator) {
        let requestIDField = HTTPField.Name("X-Request-Id")
        let requestID = RequestID.of(requestIDField.flatMap { request.headers[$0] }, ids)
        let problem = Problem(error, requestID: requestID)
        let bytes = problem.bytes
        var head = HTTPResponse(status: .init(code: problem.status, reasonPhrase: problem.title))
        for (name, value) in problem.headers {
            if let name = HTTPField.Name(name) { head.headerFields[name] = value }
        }
        head.headerFields[.contentLength] = "\(bytes.count)"
        head.headerFields[.connection] = "close"
        head.headerFields[.cacheControl] = "no-store"
        head.headerFields[.xContentTypeOptions] = "nosniff"
        if let requestIDField { head.headerFields[requestIDField] = requestID }
        self.head = head
        body = ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
    }
}
