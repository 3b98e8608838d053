import ConversationDomain
import Synchronization

/// Lets the turns of one conversation through one at a time, in the order of their coming; other conversations are not held up.
final class TurnLine: Sendable {
    private struct Line {
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// Turns that may wait in one conversation; more are refused.
    private let limit: Int
    private let lines = Mutex<[ConversationID: Line]>([:])

    init(limit: Int = 32) {
        self.limit = limit
    }

    /// - Throws: `ChatError(.overloaded)` when too many turns wait already, and what `body` throws.
    func run<Value>(_ conversation: ConversationID, _ body: () async throws -> Value) async throws -> Value {
        try await enter(conversation)
        defer { leave(conversation) }
        return try await body()
    }

    /// Conversations that have a turn running.
    var count: Int { lines.withLock { $0.count } }

    private enum Place {
        case first, waits, refused
    }

    private func enter(_ conversation: ConversationID) async throws {
        let isRefused = Mutex(false)
        await withCheckedContinuation { continuation in
            let place = lines.withLock { lines -> Place in
                guard var line = lines[conversation] else {
                    lines[conversation] = Line()
                    return .first
                }
                guard line.waiting.count < limit else { return .refused }
                line.waiting.append(continuation)
                lines[conversation] = line
                return .waits
            }
            switch place {
            case .first: continuation.resume()
            case .waits: break
            case .refused:
                isRefused.withLock { $0 = true }
                continuation.resume()
            }
        }
        if isRefused.withLock({ $0 }) {
            throw ChatError(.overloaded, "too many messages of this conversation wait for an answer", retryAfter: 1)
        }
    }

    private func leave(_ conversation: ConversationID) {
        let next = lines.withLock { lines -> CheckedContinuation<Void, Never>? in
            guard var line = lines[conversation], !line.waiting.isEmpty else {
                lines[conversation] = nil
                return nil
            }
            let next = line.waiting.removeFirst()
            lines[conversation] = line
            return next
        }
        next?.resume()
    }
}
