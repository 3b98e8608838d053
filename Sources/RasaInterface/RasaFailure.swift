public import ConversationDomain
public import Foundation
import Wire

/// A refusal in the words of Rasa's interface: `{version, status: "failure", message, reason, details, help, code}`.
public enum RasaFailure {
    /// The version of Rasa whose interface this is.
    public static let version = "3.6.20"

    public static func body(_ error: ChatError, status: Int) throws -> Data {
        try JSONEncoder.frontdesk().encode(
            [
                "version": .string(version), "status": "failure", "message": .string(error.message),
                "reason": .string(reason(error.code)), "details": [:], "help": .null, "code": .integer(Int64(status)),
            ] as JSONValue)
    }

    private static func reason(_ code: ChatError.Code) -> String {
        switch code {
        case .invalidRequest, .tooLarge, .unsupportedMediaType: "BadRequest"
        case .unauthorized: "NotAuthenticated"
        case .forbidden: "NotAuthorized"
        case .notFound: "NotFound"
        case .conflict: "Conflict"
        case .rateLimited, .overloaded: "TooManyRequests"
        case .notReady: "NotReady"
        case .internal: "ConversationError"
        }
    }
}
