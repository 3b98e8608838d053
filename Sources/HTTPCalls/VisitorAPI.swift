import ConversationDomain
import Foundation
import HTTPTypes
import HTTPWire
import People
package import Wire

/// The calls about visitors, and about the people who answer.
extension API {
    package static func visitors(_ fields: PeopleFields) -> [APICall] {
        [
            APICall(
                name: .getVisitor, method: .get, path: "/v1/visitors/{id}", topic: .visitors,
                summary: "Show a visitor",
                note: "Put together from their conversations, which `GET /v1/conversations?visitor=` lists.",
                scope: .agent,
                subject: .visitor,
                answer: .json(.named("Visitor"), "The visitor.", example: visitor),
                refusals: [.notFound: "no conversation of the app has this visitor"]),
            APICall(
                name: .exportVisitor, method: .get, path: "/v1/visitors/{id}/export", topic: .visitors,
                summary: "Read everything that a visitor said and was told",
                note: "The newest \(VisitorRecord.exportLimit) conversations at most.", scope: .agent,
                subject: .visitor,
                answer: .json(
                    .named("VisitorExport"), "The visitor with their conversations.",
                    example: ["visitor": visitor, "conversations": []])),
            APICall(
                name: .eraseVisitor, method: .delete, path: "/v1/visitors/{id}", topic: .visitors,
                summary: "Erase a visitor",
                note:
                    "Every conversation of theirs with its messages, notes, ratings, and texts in the review queue that nobody has decided on. A text that a person made an example of stays, without saying where it came from.",
                scope: .agent, subject: .visitor,
                answer: .json(
                    .named("Erasure"), "How much was erased.",
                    example: ["conversations": 2, "messages": 14, "notes": 1, "feedback": 0, "review_items": 1])),
            APICall(
                name: .mergeVisitor, method: .post, path: "/v1/visitors/{id}/merge", topic: .visitors,
                summary: "Make a visitor's conversations those of another", scope: .agent, subject: .visitor,
                body: .init([fields.into.member], example: ["into": "c-2"]),
                answer: .json(.named("Merger"), "How many conversations there were.", example: ["conversations": 2])),
            APICall(
                name: .listAgents, method: .get, path: "/v1/agents", topic: .visitors,
                summary: "List the people who answer", note: "`frontdesk agents` makes and disables them.",
                scope: .agent,
                answer: .json(
                    .named("Agents"), "The app's agents, by name.",
                    example: [
                        "agents": [
                            [
                                "id": "agent_038G7BH5JAB3CEWEESP168NR6FZ5W", "name": "Mia", "role": "agent",
                                "teams": ["billing"], "active": true,
                            ]
                        ]
                    ])),
        ]
    }

    private static let visitor: JSONValue = [
        "id": "c-1", "name": "Ann", "email": "ann@example.com", "conversations": 2,
        "first_seen": "2026-11-20T10:02:00.000Z", "last_seen": "2026-11-23T08:15:30.123Z",
    ]
}

private typealias Member = Shape.Member

extension APIShapes {
    private static let number = Shape.integer(0...Int.max)

    package static let visitors: [(name: String, shape: Shape)] = [
        (
            "Visitor",
            .object([
                Member("id", .string()), Member("name", .string().orNull), Member("email", .string().orNull),
                Member("conversations", number), Member("first_seen", .time), Member("last_seen", .time),
            ])
        ),
        (
            "VisitorExport",
            .object([
                Member("visitor", .named("Visitor")),
                Member(
                    "conversations", .list(.named("Transcript"), 0...VisitorRecord.exportLimit), "The newest first."),
            ])
        ),
        (
            "Erasure",
            .object(
                ["conversations", "messages", "notes", "feedback", "review_items"].map { Member($0, number) })
        ),
        ("Merger", .object([Member("conversations", number)])),
        (
            "Agents",
            .object([
                Member(
                    "agents",
                    .list(
                        .object([
                            Member("id", .known(AgentID.self)), Member("name", .string()),
                            Member("role", .choice(Agent.Role.self)), Member("teams", .list(.string())),
                            Member("active", .bool),
                        ])))
            ])
        ),
    ]
}
