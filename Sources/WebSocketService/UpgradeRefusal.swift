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

    /// The body of a refusal.
    struct Problem: Encodable {
        let type = "about:blank"
        let title: String
        let status: Int
        let detail: String
        let code: String
        let requestID: String

        enum CodingKeys: String, CodingKey {
            case type, title, status, detail, code
            case requestID = "request_id"
        }
    }

    init(_ error: ChatError, to request: Request, ids: IdentifierGenerator) {
        let status = error.code.upgradeStatus
        let requestIDField = HTTPField.Name("X-Request-Id")
        let requestID =
            requestIDField.flatMap { request.headers[$0] }.flatMap { Self.isHarmless($0) ? $0 : nil }
            ?? "req_" + ids.next(TurnID.self).rawValue.dropFirst(TurnID.prefix.count + 1)
        let problem = Problem(
            title: status.reasonPhrase, status: status.code, detail: error.message, code: error.code.rawValue,
            requestID: requestID)
        let bytes = (try? JSONEncoder.frontdesk().encode(problem)) ?? Data()
        var head = HTTPResponse(status: status)
        head.headerFields[.contentType] = "application/problem+json"
        head.headerFields[.contentLength] = "\(bytes.count)"
        head.headerFields[.connection] = "close"
        head.headerFields[.xContentTypeOptions] = "nosniff"
        if let requestIDField { head.headerFields[requestIDField] = requestID }
        if error.code == .unauthorized { head.headerFields[.wwwAuthenticate] = "Bearer" }
        if let seconds = error.retryAfter { head.headerFields[.retryAfter] = "\(seconds)" }
        self.head = head
        body = ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
    }

    /// A caller's own request id is taken over if it has 1 to 128 letters, digits and `._-`.
    private static func isHarmless(_ id: String) -> Bool {
        (1...128).contains(id.utf8.count)
            && id.utf8.allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || "._-".utf8.contains($0)
            }
    }
}

extension ChatError.Code {
    /// The one table from codes to the status of a refused upgrade.
    fileprivate var upgradeStatus: HTTPResponse.Status {
        switch self {
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
    }
}
