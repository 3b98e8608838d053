internal import ConversationDomain
internal import Dispatch
internal import GRDB
internal import Synchronization

/// Runs changes that arrive at the same time in one transaction, each in a savepoint of its own: one sync to disk serves them all,
/// one that fails undoes only itself, and every caller hears of its change after the commit.
///
/// While one batch is being synced the next one gathers, so nobody waits on purpose.
final class GroupCommitWriter: Sendable {
    private struct Entry: Sendable {
        /// Runs the change and keeps its outcome; throws when its savepoint must be rolled back.
        let run: @Sendable (Database) throws -> Void
        /// Hands the kept outcome, or the error that undid the whole batch, to the caller.
        let finish: @Sendable ((any Error)?) -> Void
    }

    private struct Queue {
        var entries: [Entry] = []
        var isRunning = false
    }

    /// The most changes in one transaction.
    private static let batchLimit = 256
    /// The most changes that may wait; more are refused.
    private static let queueLimit = 4096

    private let pool: DatabasePool
    private let thread = DispatchQueue(label: "frontdesk.store.writer", qos: .userInitiated)
    private let queue = Mutex(Queue())

    init(pool: DatabasePool) {
        self.pool = pool
    }

    func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let outcome = Mutex<Result<Value, any Error>?>(nil)
            let entry = Entry(
                run: { database in
                    do {
                        let value = try body(database)
                        outcome.withLock { $0 = .success(value) }
                    } catch {
                        outcome.withLock { $0 = .failure(error) }
                        throw error
                    }
                },
                finish: { failure in
                    let missing = ChatError(.internal, "a change was not run")
                    switch outcome.withLock({ $0 }) {
                    case .failure(let error): continuation.resume(throwing: error)
                    case .success(let value):
                        if let failure {
                            continuation.resume(throwing: failure)
                        } else {
                            continuation.resume(returning: value)
                        }
                    case nil: continuation.resume(throwing: failure ?? missing)
                    }
                })
            enqueue(entry)
        }
    }

    /// Returns when everything that was queued before is done.
    func drain() {
        thread.sync {}
    }

    private func enqueue(_ entry: Entry) {
        let (isAccepted, mustStart) = queue.withLock { queue in
            guard queue.entries.count < Self.queueLimit else { return (false, false) }
            queue.entries.append(entry)
            defer { queue.isRunning = true }
            return (true, !queue.isRunning)
        }
        guard isAccepted else {
            entry.finish(ChatError(.overloaded, "too many changes wait for the disk", retryAfter: 1))
            return
        }
        if mustStart { thread.async { self.runBatches() } }
    }

    private func runBatches() {
        while true {
            let batch = queue.withLock { queue in
                let batch = Array(queue.entries.prefix(Self.batchLimit))
                queue.entries.removeFirst(batch.count)
                if batch.isEmpty { queue.isRunning = false }
                return batch
            }
            if batch.isEmpty { return }
            commit(batch)
        }
    }

    private func commit(_ batch: [Entry]) {
        var failure: (any Error)?
        do {
            try pool.writeWithoutTransaction { database in
                try database.inTransaction(.immediate) {
                    for entry in batch {
                        // The error stays with its own caller; the others' changes are committed.
                        try? database.inSavepoint {
                            try entry.run(database)
                            return .commit
                        }
                    }
                    return .commit
                }
            }
        } catch {
            failure = error
        }
        for entry in batch { entry.finish(failure) }
    }
}
