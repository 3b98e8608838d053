public import BERT
import ConversationDomain
import Foundation

/// Runs an encoder on threads of its own, several waiting texts at a time.
///
/// A core that is free takes its part of what waits at once, up to a budget of tokens, fairly between the accounts that texts come
/// from (``ConversationDomain/WorkAccount``, ``FairTurns``) and in order within each: there is no
/// artificial delay, and batches form by themselves under load. Cores that nothing waits for share the work of the batch
/// that is begun. A long batch stops between two blocks of its pass for short texts of others whose turn it is
/// (``QueueCore``). The number of waiting texts is bounded; more are refused. Threads sleep while there is nothing to do.
public final class InferenceQueue: Sendable {
    /// The bounds of a queue.
    public struct Options: Hashable, Sendable {
        /// Threads that encode, one a core that is meant for inference.
        public var threads = 1
        /// The most cores that share one batch while the others have nothing to do.
        public var coresPerBatch = 4
        /// How long nothing is shared after two requests met: under load the other cores have other things to do.
        public var busyTime: Duration = .milliseconds(20)
        /// Tokens of a batch, by estimate; a single longer text is a batch of its own.
        public var batchTokens = 1024
        /// Texts of a batch.
        public var batchTexts = 32
        /// Tokens from which on a batch is long: short texts of others go in between.
        public var longTokens = 128
        /// Texts that may wait.
        public var waitingTexts = 512
        /// How long a request may wait for its turn unless it says otherwise.
        public var deadline: Duration = .seconds(10)
        /// How long after the last long batch its memory is given back.
        public var memoryTime: Duration = .seconds(2)
        /// Whether every other thread of the machine goes before these.
        public var isBackground = false

        public init() {}
    }

    public let options: Options
    private let core: QueueCore

    /// - Parameters:
    ///   - now: the clock that deadlines and latencies are measured with.
    ///   - hasRested: called some time after the last long batch, when memory may be given back.
    public init(
        options: Options = Options(), now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now },
        hasRested: (@Sendable () -> Void)? = nil
    ) {
        var options = options
        options.threads = max(1, options.threads)
        options.coresPerBatch = max(1, options.coresPerBatch)
        options.batchTexts = max(1, options.batchTexts)
        options.waitingTexts = max(1, options.waitingTexts)
        self.options = options
        core = QueueCore(options: options, now: now, hasRested: hasRested)
        core.start()
    }

    deinit { core.stop() }

    /// Encodes `texts` with `encoder`; one embedding a text, in their order. A failure concerns this request alone.
    /// - Throws: `ChatError(.overloaded)` when the queue is full or the request waited longer than its deadline,
    ///   `ChatError(.notReady)` after a shutdown, `CancellationError`, or what the encoder throws.
    public func embed(_ texts: [String], as role: EncodingRole, with encoder: any SentenceEncoder) async throws
        -> [[Float]]
    {
        try await embed(texts, as: role, with: encoder, deadline: options.deadline)
    }

    /// - Parameter deadline: how long the request may wait for its turn; nil for as long as it takes.
    public func embed(
        _ texts: [String], as role: EncodingRole, with encoder: any SentenceEncoder, deadline: Duration?
    ) async throws -> [[Float]] {
        let request = InferenceRequest(texts: texts.count, role: role, encoder: encoder)
        return try await run(request, texts, deadline: deadline).map(\.embedding)
    }

    /// The same, and what the pass says of every token.
    public func encode(_ texts: [String], as role: EncodingRole, with encoder: any SentenceEncoder) async throws
        -> [EncodedText]
    {
        try await encode(texts, as: role, with: encoder, deadline: options.deadline)
    }

    /// - Parameter deadline: how long the request may wait for its turn; nil for as long as it takes.
    public func encode(
        _ texts: [String], as role: EncodingRole, with encoder: any SentenceEncoder, deadline: Duration?
    ) async throws -> [EncodedText] {
        let request = InferenceRequest(texts: texts.count, role: role, encoder: encoder, wantsTokens: true)
        return try await run(request, texts, deadline: deadline)
    }

    private func run(_ request: InferenceRequest, _ texts: [String], deadline: Duration?) async throws -> [EncodedText]
    {
        guard !texts.isEmpty else { return [] }
        return try await withTaskCancellationHandler {
            try Task.checkCancellation()
            return try await withCheckedThrowingContinuation { continuation in
                core.submit(request, texts: texts, deadline: deadline) { continuation.resume(with: $0) }
            }
        } onCancel: {
            core.cancel(request)
        }
    }

    /// What the queue has done and is doing.
    public var metrics: InferenceMetrics { core.metrics }

    /// Takes no new requests, finishes those that wait, and returns when the threads have ended.
    public func shutdown() async {
        await withCheckedContinuation { continuation in core.stop { continuation.resume() } }
    }
}
