internal import ConversationDomain
public import Foundation
public import Outbox

/// When a target is tried, and when it is left alone.
public struct DeliveryPolicy: Hashable, Sendable {
    /// Seconds until the next try, by the number of failed ones; the last one holds for all further. They grow slowly at first: at a
    /// target that fails half the time one event in 256 fails eight times, one of 16,000 fourteen times, and all of its conversation
    /// waits behind it.
    public var waits: [TimeInterval] = [
        0.25, 0.5, 1, 1, 2, 2, 4, 4, 8, 15, 30, 60, 60, 60, 60, 60, 60, 120, 300, 600, 1_800, 3_600, 7_200,
        14_400, 21_600,
    ]
    /// By how much of itself a wait may be shorter or longer.
    public var jitter = 0.2
    /// An event that fails when it is older becomes a dead letter.
    public var keepsTrying: TimeInterval = 86_400
    /// Failures in a row after which a target rests: so many if it has failed for so many seconds, and so many in any case. One that
    /// fails half the time has five in a row every other minute, and is not dead.
    public var failuresBeforeRest = 5
    public var patience: TimeInterval = 10
    public var mostFailures = 20
    /// How many seconds it rests: at first, and at most.
    public var firstRest: TimeInterval = 30
    public var longestRest: TimeInterval = 900
    /// For one request, from looking up the name to the end of the answer.
    public var requestTime = Duration.seconds(10)
    /// After which a round begins no more requests.
    public var roundTime = Duration.seconds(2)
    /// Conversations whose events a target gets at the same time.
    public var concurrency = 8
    /// What one round looks at.
    public var work = WorkLimits()

    public init() {}

    /// - Parameters:
    ///   - attempts: failed ones so far, at least 1.
    ///   - chance: from 0 to 1.
    func wait(after attempts: Int, chance: Double) -> TimeInterval {
        let wait = waits.isEmpty ? keepsTrying : waits[min(max(attempts, 1), waits.count) - 1]
        return wait * (1 + jitter * (2 * chance - 1))
    }
}

/// What is known of a target's health, and what follows from an answer or the lack of one. Knows no clock and sends nothing.
struct TargetState: Hashable, Sendable {
    let policy: DeliveryPolicy
    private(set) var health: WebhookHealth
    /// Since its last success it has failed from this time on, and rested so often.
    private var failingSince: Date?
    private var rests = 0

    init(_ policy: DeliveryPolicy, health: WebhookHealth = WebhookHealth()) {
        self.policy = policy
        self.health = health
    }

    /// Nothing is sent before; nil when something may be.
    func restsUntil(_ now: Date) -> Date? { health.restsUntil.flatMap { now < $0 ? $0 : nil } }

    /// After a rest, one event is tried; the others wait for what becomes of it.
    var isOnTrial: Bool { health.restsUntil != nil }

    /// Conversations whose events are sent at the same time. One that fails and fails may answer nobody: it takes one place, so that
    /// those of the others stay free.
    var lanes: Int { health.failures < policy.failuresBeforeRest ? policy.concurrency : 1 }

    mutating func succeeded() {
        health.failures = 0
        health.restsUntil = nil
        failingSince = nil
        rests = 0
    }

    /// What becomes of an event that failed.
    /// - Parameter isFinal: the target is well, and will never take this one.
    mutating func failed(
        _ event: OutboxEvent, _ error: String, isFinal: Bool = false, at now: Date, chance: Double
    ) -> DeliveryOutcome.Kind {
        if isFinal {
            succeeded()
            return .dead(attempts: (event.attempts ?? 0) + 1, error: error)
        }
        // Requests that were under way when the rest began say nothing new.
        if restsUntil(now) == nil {
            health.failures += 1
            let time = now.timeIntervalSince(failingSince ?? now)
            failingSince = failingSince ?? now
            let isDead =
                health.failures >= policy.mostFailures
                || health.failures >= policy.failuresBeforeRest && time >= policy.patience
            if isOnTrial || isDead {
                let rest = min(policy.firstRest * pow(2, Double(min(rests, 32))), policy.longestRest)
                rests += 1
                health.restsUntil = now.addingTimeInterval(rest * (1 + policy.jitter * (2 * chance - 1)))
            }
        }
        let attempts = (event.attempts ?? 0) + 1
        guard now.timeIntervalSince(event.createdAt) < policy.keepsTrying else {
            return .dead(attempts: attempts, error: error)
        }
        return .failed(
            attempts: attempts, error: error,
            nextAt: now.addingTimeInterval(policy.wait(after: attempts, chance: chance)))
    }
}

/// What is sent in one round: a lane for each conversation, in which an event follows when the one before was taken.
struct DeliveryRound: Hashable, Sendable {
    private(set) var lanes: [[OutboxEvent]] = []
    /// What is not sent now, because something of its conversation waits already.
    private(set) var waiting: [OutboxEvent] = []
    /// Everything up to this number was looked at; nil when nothing new was.
    private(set) var position: Int64?

    /// - Parameter isTrial: one event is enough.
    init(_ work: OutboxWork, for webhook: Webhook, isTrial: Bool) {
        if isTrial, let first = work.due.first {
            lanes = [[first]]
            return
        }
        var places: [ConversationID: Int] = [:]
        for event in work.due { add(event, &places) }
        let taken = work.waiting.union(work.due.map(\.conversation))
        for event in work.fresh {
            position = event.number
            guard webhook.wants(event.type, channel: event.channel, sender: event.sender) else { continue }
            guard !taken.contains(event.conversation) else {
                waiting.append(event)
                continue
            }
            add(event, &places)
            if isTrial { break }
        }
    }

    var isEmpty: Bool { lanes.isEmpty && waiting.isEmpty && position == nil }

    private mutating func add(_ event: OutboxEvent, _ places: inout [ConversationID: Int]) {
        if let place = places[event.conversation] {
            lanes[place].append(event)
        } else {
            places[event.conversation] = lanes.count
            lanes.append([event])
        }
    }
}
