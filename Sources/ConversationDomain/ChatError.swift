/// The one error that callers see: a code for programs and a message for people.
public struct ChatError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of refusal it is; every wire maps each code to its own status.
    public enum Code: String, Hashable, Sendable, Codable, CaseIterable {
        case invalidRequest = "invalid_request"
        case unauthorized
        case forbidden
        case notFound = "not_found"
        case conflict
        case tooLarge = "too_large"
        case unsupportedMediaType = "unsupported_media_type"
        case rateLimited = "rate_limited"
        case overloaded
        case notReady = "not_ready"
        case `internal`
    }

    public let code: Code
    /// What was wrong and what was expected; never holds a secret or a visitor's text.
    public let message: String
    /// Seconds after which trying again makes sense (`rateLimited`, `overloaded`, `notReady`).
    public let retryAfter: Int?

    public init(_ code: Code, _ message: String, retryAfter: Int? = nil) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    public var description: String { "\(code.rawValue): \(message)" }
}
