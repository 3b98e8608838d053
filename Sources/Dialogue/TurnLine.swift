import ConversationDomain
import Synchronization

/// Lets the turns of one conversation through one at a time, in the order of their coming; other conversations are not held up.
final class TurnLine: Sendable {
    /// Resumed with true when it is the turn's turn.
    private typealias Place = CheckedContinuation<Bool, Never>

    /// Turns that may wait in one conversation; more are refused.
    private let limit: Int
    /// Who waits behind the running turn; a conversation without a running turn has no entry.
    private let lines = Mutex<[ConversationID: [Place]]>([:])

    init(limit: Int) {
        self.limit = limit
    }

    /// - Throws: `ChatError(.overloaded)` when too many turns wait already, and what `body` throws.
    func run<Value>(_ conversation: ConversationID, _ body: () async throws -> Value) async throws -> Value {
        guard await enter(conversation) else {
            throw ChatError(.overloaded, "too many messages of this conversation wait for an answer", retryAfter: 1)
        }
        defer { leave(conversation) }
        return try await body()
    }

    /// Conversations that have a turn running.
    var count: Int { lines.withLock { $0.count } }

    /// Turns that wait in a conversation.
    func waiting(in conversation: ConversationID) -> Int { lines.withLock { $0[conversation]?.count ?? 0 } }

    private func enter(_ conversation: ConversationID) async -> Bool {
        await withCheckedContinuation { place in
            // Nil while the turn has to wait.
            let isLetIn = lines.withLock { lines -> Bool? in
                guard let waiting = lines[conversation] else {
                    lines[conversation] = []
                    return true
                }
                guard waiting.count < limit else { return false }
                lines[conversation] = waiting + [place]
                return nil
            }
            if let isLetIn { place.resume(returning: isLetIn) }
        }
    }

    private func leave(_ conversation: ConversationID) {
        let next = lines.withLock { lines -> Place? in
            guard let waiting = lines[conversation], let next = waiting.first else {
                lines[conversation] = nil
                return nil
            }
            lines[conversation] = Array(waiting.dropFirst())
            return next
        }
        next?.resume(returning: true)
    }
}
