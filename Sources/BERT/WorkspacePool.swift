import Foundation

/// Lends workspaces to passes that run at the same time, and keeps a few for the next ones.
final class WorkspacePool: @unchecked Sendable {
    private let lock = NSLock()
    private var idle: [Workspace] = []
    private let limit: Int
    private let make: @Sendable () -> Workspace

    /// Keeps up to `limit` idle workspaces, made by `make` when none is idle.
    init(limit: Int, make: @escaping @Sendable () -> Workspace) {
        self.limit = limit
        self.make = make
    }

    /// Runs `body` with a workspace that nobody else uses meanwhile.
    func withWorkspace<Result>(_ body: (Workspace) throws -> Result) rethrows -> Result {
        let workspace = lock.withLock { idle.popLast() } ?? make()
        defer {
            lock.withLock {
                if idle.count < limit { idle.append(workspace) }
            }
        }
        return try body(workspace)
    }
}
