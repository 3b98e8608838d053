internal import ConversationDomain
public import Foundation
public import Logging
public import Outbox
public import ServiceLifecycle
internal import Synchronization

/// Sends what is in the outbox to the webhooks' targets, a worker for each, so that none holds up another.
public final class WebhookDeliverer: Service {
    private let store: any WebhookStore
    private let client: TargetClient
    private let policy: DeliveryPolicy
    private let limits: WebhookLimits
    private let logger: Logger
    private let now: @Sendable () -> Date
    private let chance: @Sendable () -> Double
    private let senders: Senders
    private let pacer: DeliveryPacer
    private let commits: EventCommits
    private let workers = Mutex<[WebhookID: RunningWorker]>([:])
    private let hasEvents = Mutex(true)
    /// Apps whose workers are to be woken soon.
    private let waking = Mutex<Set<AppName>>([])
    private let changes: AsyncStream<WebhookID>
    private let change: AsyncStream<WebhookID>.Continuation

    /// How often the outbox is brought back within its bounds while something happens.
    private static let trimming = Duration.seconds(2)

    /// Milliseconds from a commit to the look at its events: the turn's answer goes out first, and one look sees what several turns did.
    private static let gathering: Int64 = 50
    /// How many such spans a look waits for visitors who are being answered.
    private static let mostGathered = 8

    /// What brings a webhook's events to its target in a form of its own; nil for the webhooks' own form.
    public typealias Senders = @Sendable (Webhook) async throws -> (any EventSender)?

    /// - Parameters:
    ///   - chance: from 0 to 1, for the jitter of waits.
    ///   - activity: grows with every piece of work that is done for visitors; while it does, deliveries take little of the machine.
    public init(
        store: any WebhookStore, client: TargetClient, policy: DeliveryPolicy = DeliveryPolicy(),
        limits: WebhookLimits = WebhookLimits(), logger: Logger, now: @escaping @Sendable () -> Date = { Date() },
        chance: @escaping @Sendable () -> Double = { Double.random(in: 0...1) },
        senders: @escaping Senders = { _ in nil }, activity: (@Sendable () -> Int)? = nil
    ) {
        let commits = EventCommits()
        self.commits = commits
        pacer = DeliveryPacer(client.thread, activity: { activity.map { $0() &+ commits.count } ?? 0 })
        self.senders = senders
        self.store = store
        self.client = client
        self.policy = policy
        self.limits = limits
        self.logger = logger
        self.now = now
        self.chance = chance
        (changes, change) = AsyncStream.makeStream(of: WebhookID.self, bufferingPolicy: .bufferingNewest(4_096))
    }

    /// To be called after a webhook was made, changed or removed, or dead letters were made pending.
    public func changed(_ id: WebhookID) { change.yield(id) }

    public func run() async throws {
        store.follow { [weak self] app in self?.noteEvents(of: app) }
        await cancelWhenGracefulShutdown { [self] in
            await withTaskGroup { group in
                group.addTask { await self.followChanges() }
                group.addTask { await self.trim() }
            }
        }
        store.follow(nil)
        let ended = workers.withLock { workers in
            defer { workers = [:] }
            return Array(workers.values)
        }
        for worker in ended { worker.task.cancel() }
        for worker in ended { await worker.task.value }
        await client.shutDown()
    }

    /// Called in the way of a turn that is about to be answered, so it leaves the work to another thread.
    private func noteEvents(of app: AppName) {
        hasEvents.withLock { $0 = true }
        commits.note()
        guard waking.withLock({ $0.insert(app).inserted }) else { return }
        client.thread.run(after: Self.gathering) { [weak self] in self?.ring(app, patience: Self.mostGathered) }
    }

    /// - Parameter patience: how often it may be put off while visitors are being answered, so that one look sees what many turns did.
    private func ring(_ app: AppName, patience: Int) {
        if patience > 0, pacer.isBusy {
            return client.thread.run(after: Self.gathering) { [weak self] in self?.ring(app, patience: patience - 1) }
        }
        _ = waking.withLock { $0.remove(app) }
        workers.withLock { workers in
            for worker in workers.values where worker.webhook.app == app { worker.bell.ring() }
        }
    }

    private func followChanges() async {
        await attempt("the webhooks could not be read") {
            for summary in try await self.store.webhooks(of: nil) { try await self.follow(summary) }
        }
        for await id in changes {
            await attempt("a webhook could not be read") {
                guard let summary = try await self.store.webhook(id) else { return await self.end(id) }
                try await self.follow(summary)
            }
        }
    }

    /// Starts, restarts or ends the worker of a webhook.
    private func follow(_ summary: WebhookSummary) async throws {
        let webhook = summary.webhook
        if let running = workers.withLock({ $0[webhook.id] }) {
            if running.webhook == webhook { return running.bell.ring() }
            await end(webhook.id)
        }
        guard webhook.isEnabled else { return }
        let bell = Doorbell()
        // A webhook that is enabled has what makes its target a connector, so this is asked once for all its events.
        let sender = try await senders(webhook) ?? SignedSender(webhook: webhook, client: client, now: now)
        let worker = DeliveryWorker(
            webhook: webhook, store: store, sender: sender, limits: limits, bell: bell, logger: logger, now: now,
            chance: chance, pacer: pacer, commits: commits)
        let state = TargetState(policy, health: summary.health)
        let task = Task(executorPreference: client.thread) { await worker.run(state) }
        workers.withLock { $0[webhook.id] = RunningWorker(webhook: webhook, bell: bell, task: task) }
    }

    private func end(_ id: WebhookID) async {
        guard let running = workers.withLock({ $0.removeValue(forKey: id) }) else { return }
        running.task.cancel()
        await running.task.value
    }

    private func trim() async {
        while !Task.isCancelled {
            if hasEvents.withLock({ had in
                defer { had = false }
                return had
            }) {
                await attempt("the outbox could not be trimmed") {
                    try await self.store.trimOutbox(limits: self.limits, at: self.now())
                }
            }
            try? await Task.sleep(for: Self.trimming)
        }
    }

    /// A failure is logged; whatever it was about is tried again with the next event or change.
    private func attempt(_ complaint: Logger.Message, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch is CancellationError {
        } catch {
            logger.error(complaint, metadata: ["error": .string("\(error)")])
        }
    }
}

private struct RunningWorker: Sendable {
    let webhook: Webhook
    let bell: Doorbell
    let task: Task<Void, Never>
}

/// Sends one webhook's events, round by round. What failed is kept in one commit after the round; where all was taken, the place in
/// the outbox is kept once a second, at the clock's full seconds, when all healthy targets share a commit. What a target was sent in
/// the last second, or in a round that was under way, comes twice after a crash.
struct DeliveryWorker: Sendable {
    let webhook: Webhook
    let store: any WebhookStore
    let sender: any EventSender
    let limits: WebhookLimits
    let bell: Doorbell
    let logger: Logger
    let now: @Sendable () -> Date
    let chance: @Sendable () -> Double
    let pacer: DeliveryPacer
    let commits: EventCommits

    /// What a round looks at while visitors are being answered, and how much longer it may take.
    private static let calmWork = WorkLimits(conversations: 16, ofEach: 8, fresh: 16)
    private static let calmRounds = 5
    /// Commits since everything was sent after which there is no time for that: events that wait are given up at some bound.
    private static let mostBehind = 8_000

    /// Events are looked for so often even if nobody rang.
    private static let longestPause: TimeInterval = 60
    private static let pauseAfterError = Duration.seconds(1)
    private static let keepingInterval: TimeInterval = 1

    /// How far the outbox was looked at, and how far that is stored.
    private struct Place {
        var position: Int64 = 0
        var kept: Int64 = 0
        var keptAt: Date

        func mustBeKept(at now: Date) -> Bool {
            position > kept && abs(now.timeIntervalSince(keptAt)) >= Self.secondsLeft(keptAt)
        }

        /// Until the clock's next full second.
        static func secondsLeft(_ now: Date) -> TimeInterval {
            let time = now.timeIntervalSince1970
            return time.rounded(.down) + DeliveryWorker.keepingInterval - time
        }
    }

    func run(_ state: TargetState) async {
        var state = state
        var place = Place(keptAt: now())
        // So many commits there had been when everything was looked at last.
        var sent = commits.count
        while !Task.isCancelled {
            if let rest = state.restsUntil(now()) {
                // Rings are no reason to look: a dead target costs a turn nothing.
                try? await Task.sleep(for: .seconds(max(rest.timeIntervalSince(now()), 0.001)))
                continue
            }
            do {
                let isCalm = commits.count - sent < Self.mostBehind
                if isCalm { await pacer.enter() }
                let counted = commits.count
                let limits = isCalm && pacer.isBusy ? Self.calmWork : state.policy.work
                let work = try await store.work(for: webhook.id, after: place.position, at: now(), limits: limits)
                if work.fresh.count < limits.fresh { sent = counted }
                let round = DeliveryRound(work, for: webhook, isTrial: state.isOnTrial)
                guard !round.isEmpty else {
                    if place.mustBeKept(at: now()) { try await keep(&place, [], state) }
                    let pause = work.nextAt.map { $0.timeIntervalSince(now()) } ?? Self.longestPause
                    let most = place.position > place.kept ? Place.secondsLeft(now()) : Self.longestPause
                    await bell.wait(seconds: min(max(pause, 0.001), most))
                    continue
                }
                let (outcomes, after) = await send(round, state, isCalm: isCalm)
                place.position = max(place.position, round.position ?? 0)
                let isClean = outcomes.allSatisfy { $0.kind == .delivered && $0.event.attempts == nil }
                if !isClean || after.health != state.health || place.mustBeKept(at: now()) {
                    try await keep(&place, outcomes, after)
                }
                tell(after, before: state)
                state = after
            } catch is CancellationError {
                break
            } catch {
                // What could not be kept is sent again.
                place.position = place.kept
                logger.error(
                    "the outbox could not be read or written",
                    metadata: ["webhook": .string("\(webhook.id)"), "error": .string("\(error)")])
                try? await Task.sleep(for: Self.pauseAfterError)
            }
        }
        if place.position > place.kept { try? await keep(&place, [], state) }
    }

    private func keep(_ place: inout Place, _ outcomes: [DeliveryOutcome], _ state: TargetState) async throws {
        try await store.settle(
            outcomes, of: webhook.id, position: place.position, health: state.health, limits: limits)
        place.kept = place.position
        place.keptAt = now()
    }

    private func tell(_ after: TargetState, before: TargetState) {
        guard let rest = after.health.restsUntil, rest != before.health.restsUntil else { return }
        logger.warning(
            "a webhook's target failed again and again, and is left alone for a while",
            metadata: ["webhook": .string("\(webhook.id)"), "failures": .stringConvertible(after.health.failures)])
    }

    /// What became of the events of a round, and how the target fares after it.
    private func send(_ round: DeliveryRound, _ state: TargetState, isCalm: Bool) async -> (
        [DeliveryOutcome], TargetState
    ) {
        let shared = SharedState(state)
        let time = state.policy.roundTime * (isCalm && pacer.isBusy ? Self.calmRounds : 1)
        let end = ContinuousClock.now + time
        var outcomes = round.waiting.map { DeliveryOutcome(event: $0, kind: .waits(until: now())) }
        await withTaskGroup(of: [DeliveryOutcome].self) { group in
            var lanes = round.lanes.makeIterator()
            for lane in (0..<state.lanes).compactMap({ _ in lanes.next() }) {
                group.addTask { await send(lane, shared, until: end, isCalm: isCalm) }
            }
            while let some = await group.next() {
                outcomes += some
                if let lane = lanes.next() { group.addTask { await send(lane, shared, until: end, isCalm: isCalm) } }
            }
        }
        return (outcomes, shared.value)
    }

    /// The state that the lanes of a round have in common.
    private final class SharedState: Sendable {
        private let state: Mutex<TargetState>

        init(_ state: TargetState) { self.state = Mutex(state) }

        var value: TargetState { state.withLock { $0 } }
        func change<Value>(_ body: (inout sending TargetState) -> sending Value) -> Value { state.withLock(body) }
    }

    private func send(
        _ lane: [OutboxEvent], _ shared: SharedState, until end: ContinuousClock.Instant, isCalm: Bool
    ) async -> [DeliveryOutcome] {
        var outcomes: [DeliveryOutcome] = []
        // From when on what was not sent may be tried.
        var wait: Date?
        for event in lane {
            let mayGoOn = wait == nil && !Task.isCancelled && ContinuousClock.now < end
            guard mayGoOn, shared.value.restsUntil(now()) == nil else {
                outcomes.append(DeliveryOutcome(event: event, kind: .waits(until: wait ?? now())))
                continue
            }
            if isCalm { await pacer.enter() }
            switch await attempt(event, shared.value.policy.requestTime) {
            case .success:
                shared.change { $0.succeeded() }
                outcomes.append(DeliveryOutcome(event: event, kind: .delivered))
            case .failure(let failure):
                guard !Task.isCancelled else {
                    outcomes.append(DeliveryOutcome(event: event, kind: .waits(until: now())))
                    continue
                }
                let (time, luck) = (now(), chance())
                let kind = shared.change {
                    $0.failed(event, failure.description, isFinal: failure.isFinal, at: time, chance: luck)
                }
                outcomes.append(DeliveryOutcome(event: event, kind: kind))
                if case .failed(_, _, let nextAt) = kind { wait = nextAt }
            }
        }
        return outcomes
    }

    private func attempt(_ event: OutboxEvent, _ time: Duration) async -> Result<Void, TargetFailure> {
        do {
            return .success(try await sender.send(event, within: time))
        } catch let failure as TargetFailure {
            return .failure(failure)
        } catch is CancellationError {
            return .failure(TargetFailure("not sent"))
        } catch {
            logger.error(
                "an event could not be sent",
                metadata: ["webhook": .string("\(webhook.id)"), "error": .string("\(error)")])
            return .failure(TargetFailure("not sent"))
        }
    }
}
