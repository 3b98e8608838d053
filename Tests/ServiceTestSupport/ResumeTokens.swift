import ConversationDomain
import Foundation
import Synchronization
import Wire

/// The tokens of the conversations that a test began, which it shows from then on as a page does.
public final class ResumeTokens: Sendable {
    private let tokens = Mutex<[String: String]>([:])

    public init() {}

    public func token(of conversation: String) -> String? { tokens.withLock { $0[conversation] } }

    /// Looks into an answer, or a frame, for a token that is told.
    public func note(_ body: some Collection<UInt8>) {
        guard case .object(let members)? = try? JSONValue.parse(body),
            case .string(let token)? = members["resume_token"],
            case .string(let id)? = members["id"] ?? members["conversation_id"]
        else { return }
        tokens.withLock { $0[id] = token }
    }

    /// The header for a path of a conversation that was begun here; none where the caller has one of its own.
    public func headers(for path: String, beside given: [(String, String)]) -> [(String, String)] {
        let steps = path.prefix { $0 != "?" }.split(separator: "/")
        guard !given.contains(where: { $0.0 == Self.header }), steps.count > 2, steps[1] == "conversations",
            let token = token(of: String(steps[2]))
        else { return [] }
        return [(Self.header, token)]
    }

    public static let header = "Frontdesk-Resume-Token"
}
