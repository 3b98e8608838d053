import Foundation
import Synchronization

@testable import Inference

/// Holds an encoder back until the test lets it go on, and tells when it has begun.
final class Gate: Sendable {
    private let open = DispatchSemaphore(value: 0)
    private let began: AsyncStream<[String]>.Continuation
    let beginnings: AsyncStream<[String]>

    init() { (beginnings, began) = AsyncStream.makeStream() }

    func pass(_ texts: [String]) {
        began.yield(texts)
        open.wait()
    }

    func letGo(_ count: Int = 1) { for _ in 0..<count { open.signal() } }
}

/// Collects what a request was answered with.
final class Answers: Sendable {
    private let values = Mutex<[String: Result<[[Float]], any Error>]>([:])
    private let order = Mutex<[String]>([])

    func record(_ name: String) -> InferenceRequest.Completion {
        { [self] result in
            values.withLock { $0[name] = result.map { $0.map(\.embedding) } }
            order.withLock { $0.append(name) }
        }
    }

    var names: [String] { order.withLock { $0 } }
    func error(_ name: String) -> (any Error)? {
        values.withLock { values in
            if case .failure(let error)? = values[name] { error } else { nil }
        }
    }
    func embeddings(_ name: String) -> [[Float]]? { values.withLock { try? $0[name]?.get() } }
}

/// What the tests of the queue share.
protocol QueueCoreSuite {}

extension QueueCoreSuite {
    func options(_ change: (inout InferenceQueue.Options) -> Void = { _ in }) -> InferenceQueue.Options {
        var options = InferenceQueue.Options()
        change(&options)
        return options
    }

    func core(
        _ options: InferenceQueue.Options, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    )
        -> QueueCore
    {
        let core = QueueCore(options: options, now: now)
        core.start()
        return core
    }

    func request(_ texts: [String], _ encoder: FakeEncoder) -> InferenceRequest {
        InferenceRequest(texts: texts.count, role: .query, encoder: encoder)
    }

    func drained(_ core: QueueCore) async {
        await withCheckedContinuation { continuation in core.stop { continuation.resume() } }
    }
}
