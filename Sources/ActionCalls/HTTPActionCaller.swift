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
    private final class Address: Sendable {
        let places: Slots
        let breaker: Mutex<CircuitBreaker>

        init(_ policy: ActionPolicy) {
            places = Slots(policy.concurrency, lineLimit: policy.waiting)
            breaker = Mutex(CircuitBreaker(policy))
        }
    }

    /// A call under way.
    private struct Call {
        let request: ActionRequest
        let target: ActionTarget
        let url: TargetURL
        let address: Address
        let deadline: ContinuousClock.Instant

        var action: IntentAction { request.call.action }
    }

    /// Addresses whose state is kept: as many as there can be, and some that were there before.
    private static let addressLimit = ActionTarget.limit * 2
    /// For a call under way to say itself that it is late.
    private static let grace = Duration.milliseconds(100)
    private static let forgetsEvery = Duration.seconds(3_600)

    private let store: any ActionTargetStore
    private let journal: any ActionJournal
    private let client: TargetClient
    private let policy: ActionPolicy
    private let logger: Logger
    private let observer: (any ActionObserver)?
    private let now: @Sendable () -> Date
    private let addresses = Mutex<[String: Address]>([:])

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
        do {
            guard let target = try store.target(request.call.action.target), let url = try? TargetURL(target.url)
            else { return .failure(.unset) }
            let call = Call(
                request: request, target: target, url: url, address: address(of: url.text), deadline: deadline)
            return call.action.isIdempotent ? await inPlace(call) { await self.attempts($0) } : try await once(call)
        } catch {
            logger.error("a call of an action could not be noted", metadata: ["error": .string("\(error)")])
            return .failure(.interrupted)
        }
    }

    /// A call that may be made once only: noted before, so that the same message does not make it again.
    private func once(_ call: Call) async throws -> ActionOutcome {
        switch try await journal.begin(call.request, at: now()) {
        case .none: break
        case .begun: return .failure(.interrupted)
        case .ended(let outcome): return outcome
        }
        let outcome = await inPlace(call) { await self.attempt(1, $0) }
        try await journal.end(call.request, outcome)
        return outcome
    }

    /// Makes a call in one of its address's places, and ends its waiting for one at the deadline.
    private func inPlace(_ call: Call, _ body: @escaping @Sendable (Call) async -> ActionOutcome) async -> ActionOutcome
    {
        await withTaskGroup(of: ActionOutcome.self) { group in
            group.addTask { (try? await call.address.places.run { await body(call) }) ?? .failure(.busy) }
            group.addTask {
                try? await Task.sleep(until: call.deadline + Self.grace)
                return .failure(.late)
            }
            defer { group.cancelAll() }
            // What is under way ends by itself in time; who still waits for a place is late.
            return await group.next() ?? .failure(.late)
        }
    }

    /// What may be called twice is tried a second time when the first failed early.
    private func attempts(_ call: Call) async -> ActionOutcome {
        let first = await attempt(1, call)
        guard case .failure(let failure) = first, [.unreachable, .broken].contains(failure),
            ContinuousClock.now + .seconds(policy.pauseBeforeRetry) < call.deadline,
            (try? await Task.sleep(for: .seconds(policy.pauseBeforeRetry))) != nil
        else { return first }
        let second = await attempt(2, call)
        // A target that began to rest in between was broken.
        return second == .failure(.resting) ? first : second
    }

    private func attempt(_ number: Int, _ call: Call) async -> ActionOutcome {
        guard call.address.breaker.withLock({ $0.admits(at: now()) }) else { return .failure(.resting) }
        let outcome = await send(number, call)
        let beginsToRest = call.address.breaker.withLock { breaker in
            let rested = breaker.rests(at: now())
            breaker.ended(Self.answers(outcome), at: now())
            return !rested && breaker.rests(at: now())
        }
        if beginsToRest {
            logger.warning(
                "a service of the shop failed again and again, and is left alone for a while",
                metadata: ["target": .string(call.target.name.rawValue)])
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

    private func send(_ number: Int, _ call: Call) async -> ActionOutcome {
        let date = now()
        let id = call.request.id.rawValue
        let body = ActionWire.body(of: call.request, at: date)
        let signature = WebhookSignature.value(for: body, secrets: call.target.secrets.valid(at: date), at: date)
        let headers = [
            ("Content-Type", "application/json; charset=utf-8"), ("Accept", "application/json"),
            ("User-Agent", "Frontdesk"), ("Frontdesk-Action-Id", id), ("Idempotency-Key", id),
            ("Frontdesk-Attempt", "\(number)"), (WebhookSignature.header, signature),
        ]
        do {
            let answer = try await client.post(
                call.url, headers: headers, body: body, within: call.deadline - .now, bodyLimit: ActionWire.answerBytes)
            let outcome = Self.outcome(of: answer, call.action.fields)
            if case .failure(let failure) = outcome {
                tell(failure, call.request, "status \(answer.status)", try: number)
            }
            return outcome
        } catch {
            let reason = error as? TargetFailure
            let failure: ActionFailure =
                reason?.isLate == true || ContinuousClock.now >= call.deadline
                ? .late : reason == nil ? .busy : .unreachable
            tell(failure, call.request, reason?.description, try: number)
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

    private func address(of url: String) -> Address {
        addresses.withLock { addresses in
            if let address = addresses[url] { return address }
            if addresses.count >= Self.addressLimit { addresses.removeAll() }
            let address = Address(policy)
            addresses[url] = address
            return address
        }
    }

    /// Forgets old calls now and then until the program ends, and closes all connections then.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await self.journal.forget(at: self.now())
                } catch {
                    self.logger.error(
                        "old calls of actions could not be forgotten", metadata: ["error": .string("\(error)")])
                }
                try? await Task.sleep(for: Self.forgetsEvery)
            }
        }
        await client.shutDown()
    }
}
