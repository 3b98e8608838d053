import Access
import ConversationDomain
import Foundation
import HTTPCalls
import HTTPTypes
import HTTPWire
import Hummingbird
import NIOCore
import People
import Wire

/// Who the visitor of a page is, as the shop's own server vouches.
extension HTTPService {
    func makeVisitorToken(_ asked: inout CallRequest) async throws -> Response {
        let principal = try asked.caller
        guard principal.kind == .secret else {
            throw ChatError(.forbidden, "a publishable key cannot vouch for a visitor; the shop's own server does")
        }
        guard let tokens = parts.visitorTokens else {
            throw ChatError(.notFound, "this server takes no visitor tokens")
        }
        var body = try await asked.body()
        let visitor = try api.customerFields.visitor.require(from: &body)
        let origin = try api.customerFields.origin.take(from: &body)
        let lifetime = try api.customerFields.lifetime.take(from: &body) ?? VisitorTokens.usualLifetime
        try body.finish()
        let (token, expiresAt) = try await tokens.make(
            VisitorTokenRequest(visitor: visitor, origin: origin, lifetime: lifetime), for: principal.app)
        return try .json(VisitorTokenView(token: token, expiresAt: expiresAt), status: .created)
    }

    /// The open conversation that the caller's visitor goes on with; nil for a new one.
    /// - Parameter principal: gets the visitor whom the claim proves.
    func continued(
        _ claim: VisitorClaim, metadata: JSONValue?, _ principal: inout Principal, _ asked: CallRequest
    ) async throws -> Conversation? {
        if let visitor = try await claim.proven(principal, from: asked.context.origin, by: parts.visitorTokens) {
            principal.visitor = visitor
        }
        guard claim.continues else { return nil }
        return try await parts.customers?.openConversation(metadata: metadata, as: principal)
    }
}

private struct VisitorTokenView: Encodable {
    let token: String
    let expiresAt: Date

    enum CodingKeys: String, CodingKey {
        case token
        case expiresAt = "expires_at"
    }
}
