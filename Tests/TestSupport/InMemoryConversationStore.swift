public import ConversationDomain
public import Foundation
import Synchronization

/// Conversations in memory, with the rules of a real store.
public final class InMemoryConversationStore: ConversationStore {
    private struct Contents {
        var conversations: [ConversationID: Conversation] = [:]
        var states: [ConversationID: DialogueState] = [:]
        var turns: [ConversationID: [StoredTurn]] = [:]
        var feedback: [MessageID: Feedback] = [:]
        var review: [String: ReviewReason] = [:]
    }

    private let contents = Mutex(Contents())
    private let beforeCommit: @Sendable () async throws -> Void

    /// - Parameter beforeCommit: runs before each commit, which is not made when it throws.
    public init(beforeCommit: @escaping @Sendable () async throws -> Void = {}) {
        self.beforeCommit = beforeCommit
    }

    /// The dialogue's state after the last turn.
    public func state(of id: ConversationID) -> DialogueState? { contents.withLock { $0.states[id] } }

    /// The newest verdict on a reply.
    public func feedback(on message: MessageID) -> Feedback? { contents.withLock { $0.feedback[message] } }

    /// The messages that were put into the review queue, by their text.
    public var review: [String: ReviewReason] { contents.withLock { $0.review } }

    public func create(_ conversation: Conversation) async throws {
        contents.withLock {
            $0.conversations[conversation.id] = conversation
            $0.states[conversation.id] = DialogueState()
        }
    }

    public func conversation(_ id: ConversationID) async throws -> Conversation? {
        contents.withLock { $0.conversations[id] }
    }

    public func turnContext(_ id: ConversationID, clientMessageID: String?) async throws -> TurnContext? {
        contents.withLock { contents in
            guard let conversation = contents.conversations[id], let state = contents.states[id] else { return nil }
            let repeated = clientMessageID.flatMap { name in
                contents.turns[id]?.first { $0.turn.clientMessageID == name }
            }
            return TurnContext(conversation: conversation, state: state, repeated: repeated)
        }
    }

    /// Conversations that are stored.
    public var ids: Set<ConversationID> { contents.withLock { Set($0.conversations.keys) } }

    @discardableResult
    public func commit(_ turn: TurnCommit) async throws -> Int {
        try await beforeCommit()
        return try contents.withLock { contents in
            let id = turn.conversation.id
            if turn.createsConversation {
                guard contents.conversations[id] == nil else { throw ChatError(.conflict, "it is there already") }
                contents.conversations[id] = turn.conversation
                contents.conversations[id]?.lastSeq = turn.previousSeq
            }
            guard let current = contents.conversations[id], current.lastSeq == turn.previousSeq,
                current.status != .closed
            else { throw ChatError(.conflict, "the conversation was closed or changed") }
            contents.conversations[id] = turn.conversation
            contents.states[id] = turn.state
            contents.turns[id, default: []].append(turn.stored)
            if let reason = turn.reviewReason { contents.review[turn.stored.turn.message.text] = reason }
            return turn.stored.body.count
        }
    }

    public func messages(in id: ConversationID, after seq: Int, limit: Int) async throws -> MessagePage {
        contents.withLock { contents in
            let all = (contents.turns[id] ?? []).flatMap { [$0.turn.message] + $0.turn.replies }
            return MessagePage(
                messages: Array(all.filter { $0.seq > seq }.prefix(limit)),
                lastSeq: contents.conversations[id]?.lastSeq ?? 0)
        }
    }

    public func record(_ feedback: Feedback, at: Date, account: StorageAccount?) async throws -> Bool {
        contents.withLock { contents in
            let replies = (contents.turns[feedback.conversation] ?? []).flatMap(\.turn.replies)
            guard replies.contains(where: { $0.id == feedback.message }) else { return false }
            contents.feedback[feedback.message] = feedback
            return true
        }
    }

    public func setStatus(_ status: ConversationStatus, of id: ConversationID) async throws -> Conversation? {
        contents.withLock { contents in
            contents.conversations[id]?.status = status
            return contents.conversations[id]
        }
    }
}
