public import ConversationDomain
public import Foundation

/// A refusal as every HTTP answer shows it: `application/problem+json` (RFC 9457), whichever service gives it.
public struct Problem: Encodable, Sendable {
    public static let mediaType = "application/problem+json"

    public let type = "about:blank"
    public let title: String
    public let status: Int
    public let detail: String
    public let code: ChatError.Code
    public let requestID: String
    private let retryAfter: Int?

    enum CodingKeys: String, CodingKey {
        case type, title, status, detail, code
        case requestID = "request_id"
    }

    public init(_ error: ChatError, requestID: String) {
        self.init(error, status: error.code.status, title: error.code.title, requestID: requestID)
    }

    /// - Parameters:
    ///   - status: of HTTP, where the table of codes has another.
    ///   - title: the status in words.
    package init(_ error: ChatError, status: Int, title: String, requestID: String) {
        self.title = title
        self.status = status
        detail = error.message
        code = error.code
        retryAfter = error.retryAfter
        self.requestID = requestID
    }

    /// The body.
    public var bytes: Data { (try? JSONEncoder.frontdesk().encode(self)) ?? Data() }

    /// The headers that belong to the refusal.
    public var headers: [(name: String, value: String)] {
        var headers = [("Content-Type", Self.mediaType)]
        if code == .unauthorized { headers.append(("WWW-Authenticate", "Bearer")) }
        if let retryAfter { headers.append(("Retry-After", "\(retryAfter)")) }
        return headers
    }
}

extension ChatError.Code {
    /// The one table from codes to HTTP.
    public var status: Int {
        switch self {
        case .invalidRequest: 400
        case .unauthorized: 401
        case .forbidden: 403
        case .notFound: 404
        case .conflict: 409
        case .tooLarge: 413
        case .unsupportedMediaType: 415
        case .rateLimited, .overloaded: 429
        case .notReady: 503
        case .internal: 500
        }
    }

    /// The status in words.
    public var title: String {
        switch self {
        case .invalidRequest: "Bad Request"
        case .unauthorized: "Unauthorized"
        case .forbidden: "Forbidden"
        case .notFound: "Not Found"
        case .conflict: "Conflict"
        case .tooLarge: "Content Too Large"
        case .unsupportedMediaType: "Unsupported Media Type"
        case .rateLimited, .overloaded: "Too Many Requests"
        case .notReady: "Service Unavailable"
        case .internal: "Internal Server Error"
        }
    }
}

/// What names a request in answers and in the log.
public enum RequestID {
    /// The caller's own id if it is harmless, 1 to 128 letters, digits and `._-`; a new one otherwise.
    public static func of(_ given: String?, _ ids: IdentifierGenerator) -> String {
        if let given, (1...128).contains(given.utf8.count), given.utf8.allSatisfy(isHarmless) { return given }
        return "req_" + ids.next(TurnID.self).rawValue.dropFirst(TurnID.prefix.count + 1)
    }

    private static func isHarmless(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "._-".utf8.contains(byte)
    }
}
