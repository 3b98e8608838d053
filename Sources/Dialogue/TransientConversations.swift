public import ConversationDomain
public import Foundation
import Synchronization

/// Conversations that are of no use after the process has ended: in memory, with the rules of a real store.
public final class TransientConversations: ConversationStore {
    private struct Entry {
        var conversation: Conversation
        var state = DialogueState()
        var turns: [StoredTurn] = []
    }

    private let entries = Mutex<[ConversationID: Entry]>([:])

    public init() {}

    public func state(of id: ConversationID) -> DialogueState? { entries.withLock { $0[id]?.state } }

    public func create(_ conversation: Conversation) async throws {
        entries.withLock { $0[conversation.id] = Entry(conversation: conversation) }
    }

    public func conversation(_ id: ConversationID) async throws -> Conversation? {
        entries.withLock { $0[id]?.conversation }
    }

    public func turnContext(_ id: ConversationID, clientMessageID: String?) async throws -> TurnContext? {
        entries.withLock { entries in
            entries[id].map { entry in
                let repeated = clientMessageID.flatMap { name in
                    entry.turns.first { $0.turn.clientMessageID == name }
                }
                return TurnContext(conversation: entry.conversation, state: entry.state, repeated: repeated)
            }
        }
    }

    public func commit(_ turn: TurnCommit) async throws -> Int {
        try entries.withLock { entries in
            let id = turn.conversation.id
            guard var entry = entries[id], entry.conversation.lastSeq == turn.previousSeq,
                entry.conversation.status != .closed
            else {
                throw ChatError(
                    .conflict, "the conversation was closed or changed while the message was being answered")
            }
            entry.conversation = turn.conversation
            entry.state = turn.state
            entry.turns.append(turn.stored)
            entries[id] = entry
            return 0
        }
    }

    public func messages(in id: ConversationID, after seq: Int, limit: Int) async throws -> MessagePage {
        entries.withLock { entries in
            let messages = (entries[id]?.turns ?? []).flatMap { [$0.turn.message] + $0.turn.replies }
            return MessagePage(
                messages: Array(messages.filter { $0.seq > seq }.prefix(limit)),
                lastSeq: entries[id]?.conversation.lastSeq ?? 0)
        }
    }

    public func record(_ feedback: Feedback, at: Date, account: StorageAccount?) async throws -> Bool {
        entries.withLock { entries in
            (entries[feedback.conversation]?.turns ?? []).flatMap(\.turn.replies)
                .contains { $0.id == feedback.message }
        }
    }

    public func setStatus(_ status: ConversationStatus, of id: ConversationID) async throws -> Conversation? {
        entries.withLock { entries in
            entries[id]?.conversation.status = status
            return entries[id]?.conversation
        }
    }
}
