public import ConversationDomain
import Foundation
public import People
import Wire

/// What pages do on behalf of a visitor whom the shop's own server vouches for.
extension ConversationEngine: CustomerService {
    public func openConversation(metadata: JSONValue?, as principal: Principal) async throws -> Conversation? {
        try principal.require(.chat)
        guard let visitor = principal.visitor?.id, let customers = parts.customers,
            let id = try await customers.openConversation(of: visitor, in: principal.app)
        else { return nil }
        return try await identify(id, metadata: metadata, as: principal)
    }

    public func identify(_ id: ConversationID, metadata: JSONValue?, as principal: Principal) async throws
        -> Conversation
    {
        guard let visitor = principal.visitor else {
            throw ChatError(.invalidRequest, "a visitor token is needed to say who the visitor is")
        }
        _ = try await conversation(id, as: principal)
        return try await line.run(id) { [self] in
            let before = try await conversation(id, as: principal)
            let after = try Self.identified(before, as: visitor, metadata, missing: Self.missing(for: principal))
            guard after != before else { return before }
            // What waits for its first turn goes on waiting: whoever opens a page fills no disk.
            if store.isPending(id) {
                store.hold(again: after, for: principal.client)
                return after
            }
            return try await committed(id, as: principal) { before, _ in
                let after = try Self.identified(before, as: visitor, metadata, missing: Self.missing(for: principal))
                return (after, after == before ? [] : [.edited])
            }.conversation
        }
    }

    /// - Parameter missing: is thrown for a conversation that is another visitor's.
    private static func identified(
        _ before: Conversation, as visitor: Visitor, _ metadata: JSONValue?, missing: ChatError
    ) throws -> Conversation {
        if before.visitorIsProven, before.visitor?.id.map({ UTF8Text($0) }) != visitor.id.map({ UTF8Text($0) }) {
            throw missing
        }
        var after = before
        after.visitor = Visitor(
            id: visitor.id, name: visitor.name ?? before.visitor?.name, email: visitor.email ?? before.visitor?.email)
        after.visitorIsProven = true
        after.metadata = try added(metadata, to: before.metadata)
        return after
    }

    /// What is there stays: a page cannot change what the shop's server said.
    private static func added(_ new: JSONValue?, to old: JSONValue?) throws -> JSONValue? {
        guard case .object(let new)? = new else { return old }
        guard case .object(let known) = old ?? .object([:]) else { return old }
        let whole = JSONValue.object(new.merging(known) { $1 })
        guard try JSONEncoder.frontdesk().encode(whole).count <= Limits().metadataBytes else {
            throw ChatError(
                .invalidRequest, "'metadata' is larger than \(Limits().metadataBytes) bytes with what is there already")
        }
        return whole
    }
}
