public import Actions
public import ConversationDomain
public import Foundation
public import Logging
internal import Outbox
public import ServiceLifecycle
internal import Synchronization
public import Webhooks

/// What watches calls of the shop's services, for metrics.
public protocol ActionObserver: Sendable {
    /// - Parameter failure: nil for an answer.
    func actionEnded(target: ActionName, failure: ActionFailure?, seconds: Double)
}

/// Calls services of the shop over HTTP: signed as webhooks are, within the action's time, no more at once than agreed, and not at all
/// while a target rests.
public final class HTTPActionCaller: ActionCaller, Service {
    /// What all calls of one address have in common.
    fileprivate final class Line: Sendable {
        let places: Slots
        let breaker: Mutex<CircuitBreaker>

        init(_ policy: ActionPolicy) {
            places = Slots(policy.concurrency, lineLimit: policy.waiting)
            breaker = Mutex(CircuitBreaker(policy))
        }
    }

    /// Addresses whose state is kept: as many as there can be, and some that were there before.
    private static let lineLimit = ActionTarget.limit * 2

    private let store: any ActionTargetStore
    private let journal: any ActionJournal
    private let client: TargetClient
    private let policy: ActionPolicy
    private let logger: Logger
    private let observer: (any ActionObserver)?
    private let now: @Sendable () -> Date
    private let lines = Mutex<[String: Line]>([:])

    public init(
        store: any ActionTargetStore, journal: any ActionJournal, client: TargetClient,
        policy: ActionPolicy = ActionPolicy(), logger: Logger, observer: (any ActionObserver)? = nil,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.store = store
        self.journal = journal
        self.client = client
        self.policy = policy
        self.logger = logger
        self.observer = observer
        self.now = now
    }

    public func targets() throws -> Set<ActionName> { Set(try store.targets().map(\.name)) }

    public func call(_ request: ActionRequest) async -> ActionOutcome {
        let started = ContinuousClock.now
        let outcome = await outcome(of: request)
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        let failure: ActionFailure? = if case .failure(let failure) = outcome { failure } else { nil }
        observer?.actionEnded(target: request.call.action.target, failure: failure, seconds: seconds)
        if let failure, failure == .busy || failure == .interrupted { tell(failure, request) }
        return outcome
    }

    private func outcome(of request: ActionRequest) async -> ActionOutcome {
        let deadline = ContinuousClock.now + .seconds(request.call.action.timeout)
        let target: ActionTarget
        do {
            guard let found = try store.target(request.call.action.target) else { return .failure(.unset) }
            target = found
        } catch {
            logger.error("the targets of actions could not be read", metadata: ["error": .string("\(error)")])
            return .failure(.unset)
        }
        guard let url = try? TargetURL(target.url) else { return .failure(.unset) }
        let line = line(of: url.text)
        if line.breaker.withLock({ $0.rests(at: now()) }) { return .failure(.resting) }
        guard !request.call.action.isIdempotent else {
            return await line.run(until: deadline) { await self.attempts(request, target, url, line, deadline) }
        }
        return await once(request, target, url, line, deadline)
    }

    /// A call that may be made once only: noted before, so that the same message does not make it again.
    private func once(
        _ request: ActionRequest, _ target: ActionTarget, _ url: TargetURL, _ line: Line,
        _ deadline: ContinuousClock.Instant
    ) async -> ActionOutcome {
        do {
            switch try await journal.begin(request.id, in: request.conversation.id, at: now()) {
            case .none: break
            case .begun: return .failure(.interrupted)
            case .ended(let outcome): return outcome
            }
            let outcome = await line.run(until: deadline) {
                await self.attempt(1, request, target, url, line, deadline)
            }
            try await journal.end(request.id, outcome)
            return outcome
        } catch {
            logger.error("a call of an action could not be noted", metadata: ["error": .string("\(error)")])
            return .failure(.interrupted)
        }
    }

    /// What may be called twice is tried a second time when the first failed early.
    private func attempts(
        _ request: ActionRequest, _ target: ActionTarget, _ url: TargetURL, _ line: Line,
        _ deadline: ContinuousClock.Instant
    ) async -> ActionOutcome {
        let first = await attempt(1, request, target, url, line, deadline)
        guard case .failure(let failure) = first, [.unreachable, .broken].contains(failure),
            ContinuousClock.now + .seconds(policy.pauseBeforeRetry) < deadline,
            (try? await Task.sleep(for: .seconds(policy.pauseBeforeRetry))) != nil
        else { return first }
        let second = await attempt(2, request, target, url, line, deadline)
        // A target that began to rest in between was broken.
        return second == .failure(.resting) ? first : second
    }

    private func attempt(
        _ number: Int, _ request: ActionRequest, _ target: ActionTarget, _ url: TargetURL, _ line: Line,
        _ deadline: ContinuousClock.Instant
    ) async -> ActionOutcome {
        guard line.breaker.withLock({ $0.admits(at: now()) }) else { return .failure(.resting) }
        let outcome = await send(number, request, target, url, until: deadline)
        let beginsToRest = line.breaker.withLock { breaker in
            let rested = breaker.rests(at: now())
            breaker.ended(Self.answers(outcome), at: now())
            return !rested && breaker.rests(at: now())
        }
        if beginsToRest {
            logger.warning(
                "a service of the shop failed again and again, and is left alone for a while",
                metadata: ["target": .string(request.call.action.target.rawValue)])
        }
        return outcome
    }

    /// Whether the service is there: one that refuses or answers nonsense is.
    private static func answers(_ outcome: ActionOutcome) -> Bool? {
        switch outcome {
        case .success, .failure(.refused), .failure(.unusable): true
        case .failure(.unreachable), .failure(.late), .failure(.broken): false
        case .failure(.unset), .failure(.busy), .failure(.resting), .failure(.interrupted): nil
        }
    }

    private func send(
        _ number: Int, _ request: ActionRequest, _ target: ActionTarget, _ url: TargetURL,
        until deadline: ContinuousClock.Instant
    ) async -> ActionOutcome {
        let date = now()
        let body = ActionWire.body(of: request, at: date)
        let headers = [
            ("Content-Type", "application/json; charset=utf-8"), ("Accept", "application/json"),
            ("User-Agent", "Frontdesk"), ("Frontdesk-Action-Id", request.id.rawValue),
            ("Idempotency-Key", request.id.rawValue), ("Frontdesk-Attempt", "\(number)"),
            (
                WebhookSignature.header,
                WebhookSignature.value(for: body, secrets: target.secrets.valid(at: date), at: date)
            ),
        ]
        do {
            let answer = try await client.post(
                url, headers: headers, body: body, within: deadline - .now, bodyLimit: ActionWire.answerBytes)
            let outcome = Self.outcome(of: answer, request.call.action.fields)
            if case .failure(let failure) = outcome { tell(failure, request, "status \(answer.status)", try: number) }
            return outcome
        } catch {
            let reason = error as? TargetFailure
            let failure: ActionFailure =
                reason?.isLate == true || ContinuousClock.now >= deadline ? .late : reason == nil ? .busy : .unreachable
            tell(failure, request, reason?.description, try: number)
            return .failure(failure)
        }
    }

    /// Neither values nor what the service said: both may be somebody's.
    private func tell(
        _ failure: ActionFailure, _ request: ActionRequest, _ detail: String? = nil, try number: Int? = nil
    ) {
        var metadata: Logger.Metadata = [
            "target": .string(request.call.action.target.rawValue), "reason": .string(failure.rawValue),
            "action_id": .string(request.id.rawValue),
        ]
        if let detail { metadata["detail"] = .string(detail) }
        if let number { metadata["try"] = .stringConvertible(number) }
        logger.warning("a service of the shop gave no answer", metadata: metadata)
    }

    private static func outcome(of answer: TargetAnswer, _ fields: [SlotName]) -> ActionOutcome {
        switch answer.status {
        case 204: .success([:])
        case 200...299: ActionWire.fields(fields, in: answer.body).map { .success($0) } ?? .failure(.unusable)
        case 408, 429, 500...: .failure(.broken)
        default: .failure(.refused)
        }
    }

    private func line(of address: String) -> Line {
        lines.withLock { lines in
            if let line = lines[address] { return line }
            if lines.count >= Self.lineLimit { lines.removeAll() }
            let line = Line(policy)
            lines[address] = line
            return line
        }
    }

    /// Waits for the program's end, and closes all connections then.
    public func run() async throws {
        try? await gracefulShutdown()
        await client.shutDown()
    }
}

extension HTTPActionCaller.Line {
    /// For a call under way to say itself that it is late.
    private static let grace = Duration.milliseconds(100)

    /// Runs a call in one of the places, and ends its waiting for one at the deadline.
    fileprivate func run(
        until deadline: ContinuousClock.Instant,
        _ body: @escaping @Sendable () async -> ActionOutcome
    ) async -> ActionOutcome {
        await withTaskGroup(of: ActionOutcome?.self) { group in
            group.addTask { (try? await self.places.run(body)) ?? .failure(.busy) }
            group.addTask {
                try? await Task.sleep(until: deadline + Self.grace)
                return nil
            }
            defer { group.cancelAll() }
            // What is under way ends by itself in time; who still waits for a place is late.
            if let first = await group.next(), let outcome = first { return outcome }
            return .failure(.late)
        }
    }
}
