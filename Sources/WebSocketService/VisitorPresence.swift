import ConversationDomain
import Foundation
import People
import Wire

/// What a visitor's page shows of the people who answer: `{type:"presence", status, agent, online, missed_at, has_email, read}`.
struct VisitorPresence: Encodable {
    let conversation: Conversation
    /// Whether the agent who has the conversation is connected.
    let isOnline: Bool

    enum Keys: String, CodingKey {
        case type, status, agent, online, read
        case missedAt = "missed_at"
        case hasEmail = "has_email"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode("presence", forKey: .type)
        try container.encode(conversation.status, forKey: .status)
        try container.encode(conversation.agentName, forKey: .agent)
        try container.encode(isOnline, forKey: .online)
        // When the visitor was told that nobody has come.
        try container.encode(
            conversation.status == .waiting ? conversation.handoffMissedAt : nil, forKey: .missedAt)
        try container.encode(conversation.visitor?.email != nil, forKey: .hasEmail)
        try container.encode(conversation.read, forKey: .read)
    }
}

extension SocketWork {
    /// What the visitor of a conversation may know of those who answer.
    func visitorPresence(in id: ConversationID) async throws -> SocketOutcome {
        let conversation = try await service.parts.chat.conversation(id, as: try await principal())
        let holder = conversation.status == .agent ? conversation.assignee : nil
        let isOnline = holder.map { service.parts.desk?.isPresent($0) ?? false } ?? false
        try await send(.visitorPresence(VisitorPresence(conversation: conversation, isOnline: isOnline)))
        return .desk(.done, nil)
    }
}
