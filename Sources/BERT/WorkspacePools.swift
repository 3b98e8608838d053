import Foundation

/// Lends workspaces to passes that run at the same time, and keeps a few for the next ones.
final class WorkspacePools: @unchecked Sendable {
    private let lock = NSLock()
    /// By number of threads.
    private var idle: [Int: [Workspace]] = [:]
    private let limit: Int
    private let make: @Sendable (Int) -> Workspace

    /// Keeps up to `limit` idle workspaces of each number of threads, made by `make` when none is idle.
    init(limit: Int, make: @escaping @Sendable (Int) -> Workspace) {
        self.limit = limit
        self.make = make
    }

    /// Gives the idle workspaces' memory back; they are kept.
    func giveBackMemory() {
        lock.withLock { idle.values.joined().forEach { $0.giveBackMemory() } }
    }

    /// Runs `body` with a workspace of so many threads that nobody else uses meanwhile.
    func withWorkspace<Result>(threads: Int, _ body: (Workspace) throws -> Result) rethrows -> Result {
        let threads = max(1, min(threads, Workspace.maxThreads))
        let workspace = lock.withLock { idle[threads]?.popLast() } ?? make(threads)
        defer {
            lock.withLock {
                if idle[threads, default: []].count < limit { idle[threads, default: []].append(workspace) }
            }
        }
        return try body(workspace)
    }
}
