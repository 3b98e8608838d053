public import ConversationDomain
import Foundation

/// What pages ask on behalf of a visitor whom the shop's own server vouches for.
public protocol CustomerService: Sendable {
    /// The newest open conversation of the visitor whom the caller has proven to be, identified as by ``identify(_:metadata:as:)``; nil
    /// when there is none.
    func openConversation(metadata: JSONValue?, as principal: Principal) async throws -> Conversation?
    /// Makes a conversation that of the visitor whom the caller has proven to be. What `metadata` names and the conversation does not
    /// have is added to it.
    /// - Throws: `ChatError(.notFound)` when it is another visitor's.
    func identify(_ id: ConversationID, metadata: JSONValue?, as principal: Principal) async throws -> Conversation
}

/// Finds what belongs to visitors. Every method is one transaction.
public protocol CustomerStore: Sendable {
    /// The newest open conversation in which the visitor's id is proven.
    func openConversation(of visitor: String, in app: AppName) async throws -> ConversationID?
}

extension Conversation {
    /// How long after tokens came pages may go on with conversations that have none: 30 days.
    public static let graceSeconds = 30 * 86_400.0

    /// Whether the caller has what this conversation is opened with. Secret keys need nothing; a page needs the conversation's own
    /// token, or one of the shop that tells that its visitor is the conversation's.
    /// - Parameter isInGrace: conversations from before there were tokens need none.
    public func isOpen(to principal: Principal, isInGrace: Bool) -> Bool {
        guard principal.kind == .publishable else { return true }
        if visitorIsProven, let own = visitor?.id, let proven = principal.visitor?.id,
            UTF8Text(own) == UTF8Text(proven)
        {
            return true
        }
        guard let resumeHash else { return isInGrace }
        return principal.resumeHash.map { Self.isEqual($0, resumeHash) } ?? false
    }

    /// Takes the same time whatever the bytes are.
    private static func isEqual(_ left: Data, _ right: Data) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
