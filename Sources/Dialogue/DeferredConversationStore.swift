import ConversationDomain
import Foundation

/// A store in which a conversation may wait in memory for its first turn, and is written together with it.
struct DeferredConversationStore: ConversationStore {
    let base: any ConversationStore
    let pending: PendingConversations
    let now: @Sendable () -> Date

    /// Keeps it in memory until its first turn.
    func hold(_ conversation: Conversation, for client: ClientNetwork?) {
        pending.add(conversation, client: client, now: now())
    }

    /// Keeps it in memory in the place of how it was.
    func hold(again conversation: Conversation, for client: ClientNetwork?) {
        pending.remove(conversation.id)
        hold(conversation, for: client)
    }

    func isPending(_ id: ConversationID) -> Bool { pending.conversation(id, now: now()) != nil }

    /// Stores a conversation that waits in memory, without a turn: people are about to write in it.
    func storeIfPending(_ id: ConversationID) async throws {
        guard let waiting = pending.conversation(id, now: now()) else { return }
        try await base.create(waiting)
        pending.remove(id)
    }

    func create(_ conversation: Conversation) async throws { try await base.create(conversation) }

    func conversation(_ id: ConversationID) async throws -> Conversation? {
        if let waiting = pending.conversation(id, now: now()) { return waiting }
        return try await base.conversation(id)
    }

    func turnContext(_ id: ConversationID, clientMessageID: String?) async throws -> TurnContext? {
        if let waiting = pending.conversation(id, now: now()) {
            return TurnContext(conversation: waiting, state: DialogueState(), repeated: nil, isStored: false)
        }
        return try await base.turnContext(id, clientMessageID: clientMessageID)
    }

    func commit(_ turn: TurnCommit) async throws -> Int {
        do {
            let bytes = try await base.commit(turn)
            if turn.createsConversation { pending.remove(turn.conversation.id) }
            return bytes
        } catch let error as ChatError where error.code == .conflict && turn.createsConversation {
            // It had been stored by a commit whose outcome was not heard of: from now on that one counts.
            pending.remove(turn.conversation.id)
            throw error
        }
    }

    func messages(in id: ConversationID, after seq: Int, limit: Int) async throws -> MessagePage {
        if pending.conversation(id, now: now()) != nil { return MessagePage(messages: [], lastSeq: 0) }
        return try await base.messages(in: id, after: seq, limit: limit)
    }

    func record(_ feedback: Feedback, at time: Date, account: StorageAccount?) async throws -> Bool {
        try await base.record(feedback, at: time, account: account)
    }

    func setStatus(_ status: ConversationStatus, of id: ConversationID) async throws -> Conversation? {
        if pending.setStatus(status, of: id), let waiting = pending.conversation(id, now: now()) { return waiting }
        return try await base.setStatus(status, of: id)
    }
}
