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

/// `/v1/visitors` and `/v1/agents`.
extension HTTPService {
    func visitors(_ asked: inout CallRequest) async throws -> Response {
        guard let visitors = parts.visitors else { throw ChatError(.notFound, "this server knows no visitors") }
        let principal = try asked.caller
        switch asked.call.name {
        case .getVisitor:
            return try .json(VisitorRecordView(record: try await visitors.visitor(try asked.visitor, as: principal)))
        case .exportVisitor:
            let (record, transcripts) = try await visitors.export(try asked.visitor, as: principal)
            return try .json(VisitorExportView(visitor: VisitorRecordView(record: record), conversations: transcripts))
        case .eraseVisitor:
            let id = try asked.visitor
            let erased = ErasureView(try await visitors.erase(id, as: principal))
            parts.trail?.erased(
                visitor: id, counts: erased.counts, by: principal, from: asked.context.origin.address)
            return try .json(erased)
        case .mergeVisitor:
            let id = try asked.visitor
            var body = try await asked.body()
            let other = try api.peopleFields.into.require(from: &body)
            try body.finish()
            return try .json(["conversations": try await visitors.merge(id, into: other, as: principal)])
        case .listAgents:
            return try .json(["agents": try await visitors.agents(as: principal).map(AgentView.init)])
        default: throw ChatError(.internal, "\(asked.call.name) is not about visitors")
        }
    }
}

extension CallRequest {
    /// The visitor's id of the path.
    fileprivate var visitor: String {
        get throws {
            guard let id = context.parameters.get("id")?.removingPercentEncoding,
                (1...limits.visitorField).contains(id.unicodeScalars.count)
            else { throw ChatError(.notFound, "there is no such visitor") }
            return id
        }
    }
}

private struct VisitorRecordView: Encodable {
    let record: VisitorRecord

    enum Keys: String, CodingKey {
        case id, name, email, conversations
        case firstSeen = "first_seen"
        case lastSeen = "last_seen"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(record.visitor.id, forKey: .id)
        try container.encode(record.visitor.name, forKey: .name)
        try container.encode(record.visitor.email, forKey: .email)
        try container.encode(record.conversations, forKey: .conversations)
        try container.encode(record.firstSeen, forKey: .firstSeen)
        try container.encode(record.lastSeen, forKey: .lastSeen)
    }
}

private struct VisitorExportView: Encodable {
    let visitor: VisitorRecordView
    let conversations: [Transcript]
}

private struct ErasureView: Encodable {
    let conversations: Int
    let messages: Int
    let notes: Int
    let feedback: Int
    let reviewItems: Int

    init(_ erasure: Erasure) {
        conversations = erasure.conversations.count
        messages = erasure.messages
        notes = erasure.notes
        feedback = erasure.feedback
        reviewItems = erasure.reviewItems
    }

    /// By the names that they have in the answer.
    var counts: [(name: String, count: Int)] {
        [
            ("conversations", conversations), ("messages", messages), ("notes", notes), ("feedback", feedback),
            (CodingKeys.reviewItems.rawValue, reviewItems),
        ]
    }

    enum CodingKeys: String, CodingKey {
        case conversations, messages, notes, feedback
        case reviewItems = "review_items"
    }
}

private struct AgentView: Encodable {
    let id: AgentID
    let name: String
    let role: Agent.Role
    let teams: [TeamName]
    let active: Bool

    init(_ agent: Agent) {
        id = agent.id
        name = agent.name
        role = agent.role
        teams = agent.teams
        active = agent.disabledAt == nil
    }
}
