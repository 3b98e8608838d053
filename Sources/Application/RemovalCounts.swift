package import SQLiteStore
import Synchronization

/// What was removed since the start, for metrics.
package final class RemovalCounts: Sendable {
    private let total = Mutex(RetentionRun.Outcome())

    package var value: RetentionRun.Outcome { total.withLock { $0 } }

    func add(_ outcome: RetentionRun.Outcome) {
        total.withLock { total in
            total.conversations += outcome.conversations
            total.messages += outcome.messages
            total.emptyConversations += outcome.emptyConversations
        }
    }
}
