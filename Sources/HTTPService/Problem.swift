import ConversationDomain
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Wire

/// An error as REST shows it: `application/problem+json`.
struct Problem: Encodable {
    let type: String
    let title: String
    let status: Int
    let detail: String
    let code: String
    let requestID: String

    enum CodingKeys: String, CodingKey {
        case type, title, status, detail, code
        case requestID = "request_id"
    }

    init(_ error: ChatError, status: HTTPResponse.Status, requestID: String) {
        type = "about:blank"
        title = status.reasonPhrase
        self.status = status.code
        detail = error.message
        code = error.code.rawValue
        self.requestID = requestID
    }

    /// - Parameter status: where it is another than the code's own.
    static func response(_ error: ChatError, status: HTTPResponse.Status? = nil, requestID: String) -> Response {
        let status = status ?? error.code.httpStatus
        let problem = Problem(error, status: status, requestID: requestID)
        let body = (try? JSONEncoder.frontdesk().encode(problem)) ?? Data()
        var response = Response(
            status: status, headers: [.contentType: "application/problem+json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
        if error.code == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer" }
        if let seconds = error.retryAfter { response.headers[.retryAfter] = "\(seconds)" }
        return response
    }
}

extension ChatError.Code {
    /// The one table from codes to HTTP.
    var httpStatus: HTTPResponse.Status {
        switch self {
        case .invalidRequest: .badRequest
        case .unauthorized: .unauthorized
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .conflict: .conflict
        case .tooLarge: .contentTooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        case .rateLimited: .tooManyRequests
        case .overloaded: .tooManyRequests
        case .notReady: .serviceUnavailable
        case .internal: .internalServerError
        }
    }
}
