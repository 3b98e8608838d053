import ConversationDomain
import Foundation
package import People
import Synchronization

/// Requests with an `Idempotency-Key` that are being worked on. Others that are the same wait for the outcome.
package final class RunningRequests: Sendable {
    /// What a request does next.
    package enum Turn: Sendable {
        /// It is worked on; whoever was told so calls ``ended(_:)``.
        case mine
        /// The same one has just ended: its answer may be there now.
        case ended
        /// It waited too long.
        case late
        /// Too many wait already.
        case crowded
        /// Another body has the name.
        case another
    }

    private struct Run {
        let body: Data
        var waiters: [UUID: CheckedContinuation<Turn, Never>] = [:]
    }

    private struct Name: Hashable {
        let key: KeyID
        let name: Data
    }

    /// Requests that wait for one.
    private let waiterLimit: Int
    private let patience: Duration
    private let runs = Mutex<[Name: Run]>([:])

    package init(waiterLimit: Int = 64, patience: Duration = .seconds(30)) {
        self.waiterLimit = waiterLimit
        self.patience = patience
    }

    /// Waits while the same request is being worked on.
    package func turn(of request: RepeatableRequest) async -> Turn {
        let name = Name(key: request.key, name: request.name)
        let id = UUID()
        let timeout = Task { [patience] in
            try await Task.sleep(for: patience)
            self.runs.withLock { $0[name]?.waiters.removeValue(forKey: id) }?.resume(returning: .late)
        }
        defer { timeout.cancel() }
        return await withCheckedContinuation { continuation in
            let turn = runs.withLock { runs -> Turn? in
                guard let run = runs[name] else {
                    runs[name] = Run(body: request.body)
                    return .mine
                }
                if run.body != request.body { return .another }
                if run.waiters.count >= waiterLimit { return .crowded }
                runs[name]?.waiters[id] = continuation
                return nil
            }
            if let turn { continuation.resume(returning: turn) }
        }
    }

    /// Requests that wait now.
    package var waiters: Int { runs.withLock { $0.values.reduce(0) { $0 + $1.waiters.count } } }

    package func ended(_ request: RepeatableRequest) {
        let run = runs.withLock { $0.removeValue(forKey: Name(key: request.key, name: request.name)) }
        for waiter in run?.waiters.values.map(\.self) ?? [] { waiter.resume(returning: .ended) }
    }
}
