import ConversationDomain
import HTTPTypes
import HTTPWire
import Outbox
import Wire

extension API {
    static let connectors = [
        APICall(
            name: .receiveEvent, method: .post, path: "/v1/connectors/{id}/events", topic: .connectors,
            summary: "Tell a connector what has happened in its system",
            note:
                "For Zammad's and Chatwoot's own webhooks. The body has the form of that system and its proof: the signature in a header, or the secret in the path. What is told twice counts once.",
            scope: nil, subject: .connector,
            body: .init(free: ["ticket": ["id": 19, "state": "open"], "article": [:]]),
            answer: .json(.named("EventOutcome"), "It was taken, or says nothing new.", example: ["status": "taken"]),
            refusals: [
                .unauthorized: "the signature or the secret is not the connector's",
                .forbidden: "the request is about another account than the connector's",
                .rateLimited: "too many requests, or too many that proved nothing",
                .conflict: "the conversation is not where this could happen",
            ])
    ]
}

extension APIShapes {
    static let connectors: [(name: String, shape: Shape)] = [
        ("EventOutcome", .object([Shape.Member("status", .choice(HookOutcome.self), "Whether anything changed.")]))
    ]
}
