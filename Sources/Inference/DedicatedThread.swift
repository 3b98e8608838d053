import Foundation
import Synchronization

/// Runs long computations on a thread of their own, so that they never occupy the cooperative pool.
package enum DedicatedThread {
    /// Tells a computation whether its caller still wants the result.
    package final class Cancellation: Sendable {
        private let flag = Atomic(false)
        package var isCancelled: Bool { flag.load(ordering: .relaxed) }
        func cancel() { flag.store(true, ordering: .relaxed) }
        /// - Throws: `CancellationError` once the caller is gone.
        package func check() throws {
            if isCancelled { throw CancellationError() }
        }
    }

    /// Runs `body` on a new thread; it should ask `Cancellation` now and then.
    package static func run<Value: Sendable>(
        _ name: String, _ body: @escaping @Sendable (Cancellation) throws -> Value
    ) async throws -> Value {
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let thread = Thread {
                    continuation.resume(with: Result { try body(cancellation) })
                }
                thread.name = name
                thread.stackSize = 4 << 20
                thread.start()
            }
        } onCancel: {
            cancellation.cancel()
        }
    }
}
