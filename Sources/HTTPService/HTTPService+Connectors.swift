import Access
import ConversationDomain
import Foundation
import HTTPCalls
import HTTPTypes
import HTTPWire
import Hummingbird
import Outbox

/// `/v1/connectors`, which other systems call.
extension HTTPService {
    func receiveEvent(_ asked: inout CallRequest) async throws -> Response {
        guard let hooks = parts.hooks else { throw ChatError(.notFound, "this server has no connectors") }
        do {
            let named = asked.context.parameters.get("id") ?? ""
            let principal = try await hooks.admit(named)
            try parts.limiter.admit(principal)
            let hook = IncomingHook(
                connector: named, body: try await asked.bytes(atMost: hooks.bodyLimit), header: { asked.header($0) })
            let outcome = try await WorkAccount.$current.withValue(WorkAccount(principal)) {
                try await hooks.receive(hook)
            }
            return try .json(["status": outcome.rawValue])
        } catch let error as ChatError where error.code == .unauthorized || error.code == .notFound {
            // Whoever guesses is counted like one who guesses keys.
            try parts.limiter.countRefusal(.unauthorized, address: asked.context.origin.address)
            throw error
        }
    }
}
