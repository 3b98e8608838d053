import BERT
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
    /// By their turn, and among equals by their coming.
    private var waiting: [InferenceItem] = []
    private var turns = FairTurns()
    private var counters = InferenceMetrics()
    /// Cores that are not encoding, of `options.threads`.
    private var freeCores: Int
    /// Until when cores are not lent: requests meet, and a core serves its own best.
    private var busyUntil: ContinuousClock.Instant?
    /// When somebody last asked who waits for the answer.
    private var lastUrgent: ContinuousClock.Instant?
    /// Cores that encode for nobody who waits.
    private var patientCores = 0
    private var isStopped = false
    private var liveThreads = 0
    private var whenEnded: [@Sendable () -> Void] = []
    /// When memory that long batches took is given back; nil while there is none.
    private var restAt: ContinuousClock.Instant?
    /// Who took it. An encoder that is replaced meanwhile is not kept for it.
    private var tired: [WeakEncoder] = []
    private let hasRested: (@Sendable () -> Void)?

    private struct WeakEncoder {
        weak var encoder: (any SentenceEncoder)?
    }

    init(
        options: InferenceQueue.Options, now: @escaping @Sendable () -> ContinuousClock.Instant,
        hasRested: (@Sendable () -> Void)? = nil
    ) {
        self.options = options
        self.now = now
        self.hasRested = hasRested
        freeCores = options.threads
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
        var evicted: [InferenceRequest.Completion] = []
        let refusal: (any Error)? = locked {
            if request.isCancelled { return CancellationError() }
            if isStopped { return ChatError(.notReady, "the server is shutting down", retryAfter: 1) }
            guard texts.count <= options.waitingTexts else {
                return ChatError(.tooLarge, "at most \(options.waitingTexts) texts can be understood at once")
            }
            evicted = makeRoom(for: request.account, texts.count)
            guard waiting.count + texts.count <= options.waitingTexts else {
                counters.refused += 1
                return Self.full
            }
            if freeCores < options.threads || !waiting.isEmpty { busyUntil = submittedAt + options.busyTime }
            if deadline != nil { lastUrgent = submittedAt }
            request.completion = completion
            request.submittedAt = submittedAt
            request.deadline = deadline.map { submittedAt + $0 }
            for (index, text) in texts.enumerated() { enqueue(text, at: index, of: request) }
            counters.depth = waiting.count
            if texts.count == 1 { condition.signal() } else { condition.broadcast() }
            return nil
        }
        for completion in evicted { completion(.failure(Self.full)) }
        if let refusal { completion(.failure(refusal)) }
    }

    private static let full = ChatError(
        .overloaded, "too many messages are waiting to be understood", retryAfter: 1)

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
        if options.isBackground { ThreadPriority.lowerCurrent() }
        while let batch = nextBatch() {
            encode(batch)
        }
        let callbacks: [@Sendable () -> Void] = locked {
            liveThreads -= 1
            defer { if liveThreads == 0 { whenEnded = [] } }
            return liveThreads == 0 ? whenEnded : []
        }
        for callback in callbacks { callback() }
    }

    /// Waits for texts; nil when the queue was stopped and is empty.
    private func nextBatch() -> InferenceBatch? {
        condition.lock()
        while true {
            while freeCores == 0 || (waiting.isEmpty && !isStopped) || mustYield { sleep() }
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
            guard let batch = takeBatch() else { continue }
            condition.unlock()
            return batch
        }
    }

    /// Whether what waits is patient, and the core that is free is better kept for whoever comes: with several cores one stays free of
    /// patient texts while people are talking to the bot. Needs the lock.
    private var mustYield: Bool {
        guard patientCores > 0, patientCores >= options.threads - 1, let first = waiting.first, first.isPatient else {
            return false
        }
        return isBusyWithPeople
    }

    /// Needs the lock.
    private var isBusyWithPeople: Bool { lastUrgent.map { now() - $0 < Self.attention } ?? false }

    /// How long after a message others are expected.
    private static let attention: Duration = .seconds(2)
    /// Tokens of a batch of patient texts meanwhile: whoever comes waits for no more than these.
    private static let patientTokens = 64

    /// The next texts that share encoder and role with the very next: as many as are this core's part of what waits,
    /// within the budget. Cores that nothing waits for help with the batch. Needs the lock.
    private func takeBatch() -> InferenceBatch? {
        guard let first = waiting.first else { return nil }
        let waitingTokens = waiting.reduce(0) { $0 + $1.tokens }
        let yields = first.isPatient && isBusyWithPeople
        let budget = min(
            yields ? Self.patientTokens : options.batchTokens, (waitingTokens + freeCores - 1) / freeCores)
        var count = 0
        var tokens = 0
        for item in waiting.prefix(options.batchTexts) {
            guard item.fits(first), count == 0 || tokens + item.tokens <= budget else { break }
            count += 1
            tokens += item.tokens
        }
        let items = Array(waiting.prefix(count))
        waiting.removeFirst(count)
        if let last = items.last { turns.began(last.turn) }
        let lent = busyUntil.map { $0 > now() } ?? false ? 1 : options.coresPerBatch
        let cores = yields ? 1 : max(1, min(freeCores - waiting.count, lent))
        freeCores -= cores
        if first.isPatient { patientCores += cores }
        return batch(of: items, cores: cores)
    }

    /// Needs the lock.
    private func batch(of items: [InferenceItem], cores: Int) -> InferenceBatch? {
        guard let request = items.first?.request else { return nil }
        counters.depth = waiting.count
        counters.running += items.count
        return InferenceBatch(
            items: items, encoder: request.encoder, role: request.role, wantsTokens: request.wantsTokens, cores: cores)
    }

    /// Encodes a batch, then lets others have its cores, then answers.
    private func encode(_ batch: InferenceBatch) {
        serve(batch, batch.outcomes(interlude(of: batch)), leaving: batch.cores)
    }

    // MARK: Guests

    /// Short texts of others whose turn it is go between two blocks of a long batch, on its cores, while no other core is free:
    /// they need not wait for the end of a pass of a tenth of a second. Where nobody waits for the batch, it is the turn of all
    /// that somebody waits for. All guests together have as many tokens as the batch at most, so that it takes twice as long and no
    /// longer.
    private func interlude(of host: InferenceBatch) -> PassInterlude? {
        guard host.tokens >= options.longTokens else { return nil }
        let accounts = Set(host.items.map(\.request.account))
        var left = host.tokens
        return { [self] in
            let budget = min(left, options.longTokens)
            guard let guests = locked({ takeGuests(of: host, accounts, budget: budget) }) else { return nil }
            left -= guests.tokens
            return { self.serve(guests, guests.outcomes(nil), leaving: 0) }
        }
    }

    /// Needs the lock.
    private func takeGuests(of host: InferenceBatch, _ accounts: Set<WorkAccount?>, budget: Int) -> InferenceBatch? {
        guard freeCores == 0, !waiting.isEmpty else { return nil }
        let (end, time) = (max(host.end, turns.time + 1), now())
        var guests: [InferenceItem] = []
        var left = budget
        for item in waiting {
            guard guests.count < options.batchTexts else { break }
            let isFirst = host.isPatient == item.isPatient ? item.turn < end : host.isPatient
            guard isFirst else { break }
            let isLate = item.request.deadline.map { $0 < time } ?? false
            guard item.tokens <= left, !isLate, !accounts.contains(item.request.account),
                guests.first.map(item.fits) ?? true
            else { continue }
            guests.append(item)
            left -= item.tokens
        }
        guard let last = guests.last else { return nil }
        waiting.removeAll { item in
            guests.contains { $0.request === item.request && $0.index == item.index }
        }
        turns.began(last.turn)
        return batch(of: guests, cores: host.cores)
    }

    // MARK: Afterwards

    private func serve(
        _ batch: InferenceBatch, _ outcomes: [Result<EncodedText, any Error>], leaving cores: Int
    ) {
        locked {
            counters.batches += 1
            counters.texts += batch.items.count
            counters.largestBatch = max(counters.largestBatch, batch.items.count)
            counters.running -= batch.items.count
            freeCores += cores
            if batch.isPatient { patientCores -= cores }
            if batch.tokens >= options.longTokens { tire(batch.encoder) }
            if waiting.isEmpty, counters.running == 0 { turns.rest() }
            if !waiting.isEmpty || isStopped { condition.broadcast() }
        }
        finish(zip(batch.items, outcomes))
    }

    private func finish(_ outcomes: Zip2Sequence<[InferenceItem], [Result<EncodedText, any Error>]>) {
        let time = now()
        var answers: [(InferenceRequest.Completion, Result<[EncodedText], any Error>)] = []
        locked {
            for (item, outcome) in outcomes {
                let request = item.request
                guard let completion = request.completion else { continue }
                switch outcome {
                case .success(let encoded):
                    request.results[item.index] = encoded
                    request.remaining -= 1
                    guard request.remaining == 0 else { continue }
                    request.completion = nil
                    counters.recordLatency((time - request.submittedAt) / .seconds(1))
                    answers.append((completion, .success(request.results.compactMap { $0 })))
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

    private func tire(_ encoder: any SentenceEncoder) {
        restAt = now() + options.memoryTime
        guard !tired.contains(where: { $0.encoder === encoder }) else { return }
        tired = tired.filter { $0.encoder != nil } + [WeakEncoder(encoder: encoder)]
    }

    /// Until there may be something to do; on the way, memory is given back when its time has come.
    private func sleep() {
        guard let restAt, waiting.isEmpty, freeCores == options.threads else { return condition.wait() }
        let left = (restAt - now()) / .seconds(1)
        guard left <= 0 else {
            _ = condition.wait(until: Date(timeIntervalSinceNow: left))
            return
        }
        let encoders = tired.compactMap(\.encoder)
        (self.restAt, tired) = (nil, [])
        condition.unlock()
        for encoder in encoders { encoder.giveBackMemory() }
        hasRested?()
        condition.lock()
    }

    /// Puts a text at its turn.
    private func enqueue(_ text: String, at index: Int, of request: InferenceRequest) {
        let tokens = TextCost.tokens(in: text)
        let item = InferenceItem(
            request: request, index: index, text: text, tokens: tokens,
            turn: turns.take(request.account, tokens: tokens), isPatient: request.deadline == nil)
        // Most come last: alone, and whenever nobody waits for less. Whom somebody waits for goes before what is patient.
        var place = waiting.count
        while place > 0, item.goesBefore(waiting[place - 1]) { place -= 1 }
        waiting.insert(item, at: place)
    }

    /// When the queue is full, those who have most in it give way to one who has less: the latest of theirs, as often as that
    /// leaves them with more than he then has.
    private func makeRoom(for account: WorkAccount?, _ texts: Int) -> [InferenceRequest.Completion] {
        guard waiting.count + texts > options.waitingTexts else { return [] }
        var counts: [WorkAccount?: Int] = [:]
        for item in waiting { counts[item.request.account, default: 0] += 1 }
        let own = (counts[account] ?? 0) + texts
        var evicted: [InferenceRequest.Completion] = []
        while waiting.count + texts > options.waitingTexts,
            let most = counts.max(by: { $0.value < $1.value }), most.key != account,
            let last = waiting.last(where: { $0.request.account == most.key }),
            let completion = last.request.completion
        {
            let request = last.request
            let count = waiting.count { $0.request === request }
            guard most.value - count >= own else { break }
            counts[most.key] = most.value - count
            counters.refused += 1
            drop(request)
            evicted.append(completion)
        }
        return evicted
    }

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
