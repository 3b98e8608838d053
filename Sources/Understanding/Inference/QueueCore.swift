import ConversationDomain
import Foundation

/// The queue's state and its threads. The threads hold this object, not the queue, so that a forgotten queue ends by
/// itself.
///
/// `condition` guards every field and the fields of every request. Completions are called without it.
final class QueueCore: @unchecked Sendable {
    private let options: InferenceQueue.Options
    private let now: @Sendable () -> ContinuousClock.Instant
    private let condition = NSCondition()
    private var waiting: [InferenceItem] = []
    private var counters = InferenceMetrics()
    private var isStopped = false
    private var liveThreads = 0
    private var whenEnded: [@Sendable () -> Void] = []

    init(options: InferenceQueue.Options, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.options = options
        self.now = now
    }

    func start() {
        locked { liveThreads = options.threads }
        for index in 0..<options.threads {
            let thread = Thread { [self] in work() }
            thread.name = "inference-\(index)"
            thread.stackSize = 4 << 20
            thread.start()
        }
    }

    var metrics: InferenceMetrics { locked { counters } }

    /// Queues the request's texts, or completes it at once with the reason why not.
    func submit(
        _ request: InferenceRequest, texts: [String], deadline: Duration?,
        completion: @escaping InferenceRequest.Completion
    ) {
        let submittedAt = now()
        let refusal: (any Error)? = locked {
            if request.isCancelled { return CancellationError() }
            if isStopped { return ChatError(.notReady, "the server is shutting down", retryAfter: 1) }
            guard texts.count <= options.waitingTexts else {
                return ChatError(.tooLarge, "at most \(options.waitingTexts) texts can be understood at once")
            }
            guard waiting.count + texts.count <= options.waitingTexts else {
                counters.refused += 1
                return ChatError(.overloaded, "too many messages are waiting to be understood", retryAfter: 1)
            }
            request.completion = completion
            request.submittedAt = submittedAt
            request.deadline = deadline.map { submittedAt + $0 }
            for (index, text) in texts.enumerated() {
                waiting.append(
                    InferenceItem(
                        request: request, index: index, text: text, tokens: InferenceItem.estimatedTokens(text)))
            }
            counters.depth = waiting.count
            condition.broadcast()
            return nil
        }
        if let refusal { completion(.failure(refusal)) }
    }

    /// Drops what still waits of the request and answers its caller now; what is being encoded is thrown away later.
    func cancel(_ request: InferenceRequest) {
        let completion: InferenceRequest.Completion? = locked {
            request.isCancelled = true
            guard let completion = request.completion else { return nil }
            counters.cancelled += 1
            drop(request)
            return completion
        }
        completion?(.failure(CancellationError()))
    }

    /// - Parameter ended: called when every thread has ended.
    func stop(ended: (@Sendable () -> Void)? = nil) {
        let isOver = locked {
            isStopped = true
            condition.broadcast()
            if liveThreads > 0, let ended { whenEnded.append(ended) }
            return liveThreads == 0
        }
        if isOver { ended?() }
    }

    // MARK: Threads

    private func work() {
        while let batch = nextBatch() {
            guard let first = batch.first else { continue }
            encode(batch, with: first.request.encoder, as: first.request.role)
        }
        let callbacks: [@Sendable () -> Void] = locked {
            liveThreads -= 1
            defer { if liveThreads == 0 { whenEnded = [] } }
            return liveThreads == 0 ? whenEnded : []
        }
        for callback in callbacks { callback() }
    }

    /// Waits for texts; nil when the queue was stopped and is empty.
    private func nextBatch() -> [InferenceItem]? {
        condition.lock()
        while true {
            while waiting.isEmpty && !isStopped { condition.wait() }
            if waiting.isEmpty {
                condition.unlock()
                return nil
            }
            let late = dropExpired()
            if !late.isEmpty {
                condition.unlock()
                for completion in late {
                    completion(
                        .failure(ChatError(.overloaded, "the message waited too long to be understood", retryAfter: 1)))
                }
                condition.lock()
                continue
            }
            let batch = takeBatch()
            condition.unlock()
            return batch
        }
    }

    /// The oldest texts that share encoder and role with the very oldest, within the budget. Needs the lock.
    private func takeBatch() -> [InferenceItem] {
        guard let first = waiting.first else { return [] }
        var count = 0
        var tokens = 0
        for item in waiting.prefix(options.batchTexts) {
            guard item.request.encoder === first.request.encoder, item.request.role == first.request.role,
                count == 0 || tokens + item.tokens <= options.batchTokens
            else { break }
            count += 1
            tokens += item.tokens
        }
        let batch = Array(waiting.prefix(count))
        waiting.removeFirst(count)
        counters.depth = waiting.count
        counters.running += count
        return batch
    }

    /// Encodes a batch; when it fails, each text alone, so that only the guilty request is told.
    private func encode(_ batch: [InferenceItem], with encoder: any SentenceEncoder, as role: EncodingRole) {
        let outcome = Result { try Self.checked(encoder, batch.map(\.text), role) }
        switch outcome {
        case .success(let embeddings):
            finish(zip(batch, embeddings).map { ($0, .success($1)) })
        case .failure(let error) where batch.count == 1:
            finish(batch.map { ($0, .failure(error)) })
        case .failure:
            for item in batch {
                let alone = Result { try Self.checked(encoder, [item.text], role) }
                finish([(item, alone.map { $0.first ?? [] })])
            }
        }
        locked {
            counters.batches += 1
            counters.texts += batch.count
            counters.largestBatch = max(counters.largestBatch, batch.count)
            counters.running -= batch.count
        }
    }

    private static func checked(_ encoder: any SentenceEncoder, _ texts: [String], _ role: EncodingRole) throws
        -> [[Float]]
    {
        let embeddings = try encoder.embed(texts, as: role)
        guard embeddings.count == texts.count else {
            throw ChatError(.internal, "the encoder gave \(embeddings.count) embeddings for \(texts.count) texts")
        }
        return embeddings
    }

    private func finish(_ outcomes: [(InferenceItem, Result<[Float], any Error>)]) {
        let time = now()
        var answers: [(InferenceRequest.Completion, Result<[[Float]], any Error>)] = []
        locked {
            for (item, outcome) in outcomes {
                let request = item.request
                guard let completion = request.completion else { continue }
                switch outcome {
                case .success(let embedding):
                    request.results[item.index] = embedding
                    request.remaining -= 1
                    guard request.remaining == 0 else { continue }
                    request.completion = nil
                    counters.recordLatency((time - request.submittedAt) / .seconds(1))
                    answers.append((completion, .success(request.results)))
                case .failure(let error):
                    counters.failed += 1
                    drop(request)
                    answers.append((completion, .failure(error)))
                }
            }
        }
        for (completion, result) in answers { completion(result) }
    }

    // MARK: Needs the lock

    /// Takes the requests whose time is over out of the queue.
    private func dropExpired() -> [InferenceRequest.Completion] {
        let time = now()
        var completions: [InferenceRequest.Completion] = []
        for item in waiting {
            guard let deadline = item.request.deadline, deadline < time, let completion = item.request.completion
            else { continue }
            item.request.completion = nil
            counters.expired += 1
            completions.append(completion)
        }
        if !completions.isEmpty { waiting.removeAll { $0.request.completion == nil } }
        counters.depth = waiting.count
        return completions
    }

    private func drop(_ request: InferenceRequest) {
        request.completion = nil
        waiting.removeAll { $0.request === request }
        counters.depth = waiting.count
    }

    private func locked<Value>(_ body: () -> Value) -> Value {
        condition.lock()
        defer { condition.unlock() }
        return body()
    }
}
