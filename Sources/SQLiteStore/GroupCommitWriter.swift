internal import ConversationDomain
internal import DataFolder
internal import Dispatch
internal import GRDB
internal import Synchronization

/// Runs changes that arrive at the same time in one transaction: one sync to disk serves them all, one that fails undoes only
/// itself, and every caller hears of its change after the commit. When one of them fails, all are undone and run again, each in a
/// savepoint of its own; savepoints for every batch would write each page twice.
///
/// While one batch is being synced the next one gathers, so nobody waits on purpose. Background changes wait for a moment in
/// which nothing else does, and have a transaction each.
final class GroupCommitWriter: Sendable {
    private struct Entry: Sendable {
        /// Runs the change and keeps its outcome, the latest one when it is run again; throws when it must be undone.
        let run: @Sendable (Database) throws -> Void
        /// Hands the kept outcome, or the error that undid the whole batch, to the caller.
        let finish: @Sendable ((any Error)?) -> Void
    }

    private struct Queue {
        var entries: [Entry] = []
        var background: [Entry] = []
        /// Batches that were run while a background change waited.
        var overtaken = 0
        var isRunning = false

        /// What is to be run next; nothing when nothing waits.
        mutating func next() -> [Entry] {
            if !background.isEmpty, entries.isEmpty || overtaken >= GroupCommitWriter.overtakingLimit {
                overtaken = 0
                return [background.removeFirst()]
            }
            let batch = Array(entries.prefix(GroupCommitWriter.batchLimit))
            entries.removeFirst(batch.count)
            overtaken = background.isEmpty ? 0 : overtaken + 1
            if batch.isEmpty { isRunning = false }
            return batch
        }
    }

    /// The most changes in one transaction.
    private static let batchLimit = 256
    /// The most changes that may wait; more are refused.
    private static let queueLimit = 4096
    private static let backgroundLimit = 16
    /// Batches after which a background change that waits goes first.
    private static let overtakingLimit = 64

    private let pool: DatabasePool
    private let files: DatabaseFiles
    private let thread = DispatchQueue(label: "frontdesk.store.writer", qos: .userInitiated)
    private let queue = Mutex(Queue())

    init(pool: DatabasePool, files: DatabaseFiles) {
        self.pool = pool
        self.files = files
    }

    /// - Parameter isBackground: other changes may go first.
    func write<Value: Sendable>(
        isBackground: Bool = false, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
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
            enqueue(entry, isBackground: isBackground)
        }
    }

    /// Returns when everything that was queued before is done.
    func drain() {
        thread.sync {}
    }

    private func enqueue(_ entry: Entry, isBackground: Bool) {
        let (isAccepted, mustStart) = queue.withLock { queue in
            if isBackground {
                guard queue.background.count < Self.backgroundLimit else { return (false, false) }
                queue.background.append(entry)
            } else {
                guard queue.entries.count < Self.queueLimit else { return (false, false) }
                queue.entries.append(entry)
            }
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
            let batch = queue.withLock { $0.next() }
            if batch.isEmpty { return }
            commit(batch)
        }
    }

    private func commit(_ batch: [Entry]) {
        var failure: (any Error)?
        do {
            try checkFiles()
            try pool.writeWithoutTransaction { database in
                let isDone = try Self.runTogether(batch, database)
                if !isDone, batch.count > 1 { try Self.runApart(batch, database) }
            }
            try checkFiles()
        } catch {
            failure = error
        }
        for entry in batch { entry.finish(failure) }
    }

    /// Before a commit, so that nothing is written into a file that has lost its name; and after it, since it may have
    /// lost it meanwhile: what is acknowledged is in the file that the next start opens.
    private func checkFiles() throws {
        if let fault = files.fault() { throw ChatError(.notReady, fault.rawValue, retryAfter: 60) }
    }

    /// False when a change failed; nothing is changed then.
    private static func runTogether(_ batch: [Entry], _ database: Database) throws -> Bool {
        var isDone = false
        try database.inTransaction(.immediate) {
            isDone = batch.allSatisfy { (try? $0.run(database)) != nil }
            return isDone ? .commit : .rollback
        }
        return isDone
    }

    /// The error of a change that fails stays with its own caller; the others' changes are committed.
    private static func runApart(_ batch: [Entry], _ database: Database) throws {
        try database.inTransaction(.immediate) {
            for entry in batch {
                try? database.inSavepoint {
                    try entry.run(database)
                    return .commit
                }
            }
            return .commit
        }
    }
}
