public import ConversationDomain
import Entities
import Foundation
import Inference
public import IntentModel
public import ModelRecords
import Synchronization
public import Wording

/// Tries another model version on the messages that the active one has just answered, and keeps what they disagree on.
///
/// Turns are handed over after their commit and wait in a bounded line; when it is full, a turn is dropped and counted. A
/// shadow that shares the active version's encoder needs no pass of its own; one with another encoder has a queue of its
/// own, on a thread that every other goes before.
public final class ShadowRunner: TurnFollower {
    /// What a runner works with.
    public struct Parts: Sendable {
        public var store: any ShadowStore
        /// Tells which encoder the active version's embeddings are from.
        public var classifier: LiveClassifier
        /// Keeps embeddings of texts that were seen before.
        public var cache: (any ModelStore)?
        /// Turns that may wait.
        public var waitingTurns = 256

        public init(store: any ShadowStore, classifier: LiveClassifier, cache: (any ModelStore)?) {
            self.store = store
            self.classifier = classifier
            self.cache = cache
        }
    }

    /// A version with what decides beside its head; replaced as a whole.
    private final class Shadow: Sendable {
        let model: LiveClassifier.ActiveModel
        let queue: InferenceQueue
        let labels: LabelledIndex?
        /// Of the content that `labels` are from.
        let revision: Int64

        init(_ model: LiveClassifier.ActiveModel, queue: InferenceQueue, labels: LabelledIndex?, revision: Int64) {
            self.model = model
            self.queue = queue
            self.labels = labels
            self.revision = revision
        }
    }

    /// A turn that waits to be judged.
    private struct Job: Sendable {
        let turn: Turn
        let active: VersionedDecision
        let embedding: [Float]
        /// The encoder that made `embedding`; nil when the version is not active any more.
        let encoder: String?
    }

    private struct State {
        var shadow: Shadow?
        var counters = ShadowMetrics()
    }

    private let parts: Parts
    private let state = Mutex(State())
    private let jobs: AsyncStream<Job>
    private let line: AsyncStream<Job>.Continuation

    public init(_ parts: Parts) {
        self.parts = parts
        (jobs, line) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(max(1, parts.waitingTurns)))
    }

    /// The version that runs now, and the revision of the content whose labels it knows; nil without one.
    public var current: (model: ModelVersionID, revision: Int64)? {
        state.withLock { $0.shadow.map { ($0.model.id, $0.revision) } }
    }

    public var metrics: ShadowMetrics { state.withLock { $0.counters } }

    // MARK: Which version

    /// Runs `model` from now on; again for the same version when its labels have changed.
    /// - Parameter content: where the labels are taken from; those that its encoder has not seen are embedded first.
    public func start(_ model: LiveClassifier.ActiveModel, content: ContentSnapshot) async throws {
        let running = state.withLock { $0.shadow }
        let queue =
            if let running, running.model.id == model.id { running.queue } else {
                InferenceQueue(options: Self.queueOptions)
            }
        let labels = try await LabelledIndexer(queue: queue, cache: parts.cache)
            .index(content.content, encoder: model.encoder)
        replace(with: Shadow(model, queue: queue, labels: labels, revision: content.revision))
    }

    public func stop() { replace(with: nil) }

    /// The old version is freed after the lock is given back, unless a turn is just being judged with it.
    private func replace(with shadow: Shadow?) {
        let old = state.withLock { state in
            defer { state.shadow = shadow }
            return state.shadow
        }
        _ = old
    }

    private static var queueOptions: InferenceQueue.Options {
        var options = InferenceQueue.Options()
        options.coresPerBatch = 1
        options.isBackground = true
        return options
    }

    // MARK: Turns

    public func turnCommitted(_ turn: Turn, understanding: MessageUnderstanding) {
        let shadow = state.withLock { $0.shadow?.model.id }
        guard let shadow, shadow != understanding.model else { return }
        let active = parts.classifier.active.flatMap { $0.id == understanding.model ? $0 : nil }
        let job = Job(
            turn: turn,
            active: VersionedDecision(model: understanding.model, decision: understanding.version),
            embedding: understanding.embedding, encoder: active?.encoder.numericsHash)
        if case .dropped = line.yield(job) { state.withLock { $0.counters.dropped += 1 } }
    }

    /// Judges turns, one after the other, until the task is cancelled.
    public func run() async {
        for await job in jobs {
            guard !Task.isCancelled else { return }
            await judge(job)
        }
    }

    private func judge(_ job: Job) async {
        guard let shadow = state.withLock({ $0.shadow }), shadow.model.id != job.active.model else { return }
        do {
            let decision = VersionedDecision(model: shadow.model.id, decision: try await decide(job, shadow))
            let disagrees = decision.decision.understood != job.active.decision.understood
            state.withLock { state in
                state.counters.turns += 1
                if disagrees { state.counters.disagreements += 1 }
            }
            guard disagrees else { return }
            try await parts.store.record(
                Disagreement(
                    message: job.turn.message.id, conversation: job.turn.conversation, text: job.turn.message.text,
                    active: job.active, shadow: decision, at: job.turn.message.createdAt))
        } catch is CancellationError {
            return
        } catch {
            // What goes wrong beside a conversation is counted; the conversation knows nothing of it.
            state.withLock { $0.counters.failed += 1 }
        }
    }

    private func decide(_ job: Job, _ shadow: Shadow) async throws -> VersionDecision {
        let (text, model) = (job.turn.message.text, shadow.model)
        let embedding: [Float] =
            if job.encoder == model.encoder.numericsHash { job.embedding } else {
                try await shadow.queue.embed(
                    [MaskedText.masking(text)], as: .query, with: model.encoder, deadline: nil
                ).first ?? []
            }
        let judgement = model.head.judge(text, embedding, labels: shadow.labels)
        return VersionDecision(ranking: judgement.ranking, verdict: judgement.verdict)
    }
}

/// What shadows have done since the start.
public struct ShadowMetrics: Hashable, Sendable {
    /// Turns that a shadow judged.
    public internal(set) var turns = 0
    /// Those of them on which it would have acted otherwise.
    public internal(set) var disagreements = 0
    /// Turns that were left out because too many waited.
    public internal(set) var dropped = 0
    /// Turns whose judgement or disagreement was lost to a failure.
    public internal(set) var failed = 0
}
