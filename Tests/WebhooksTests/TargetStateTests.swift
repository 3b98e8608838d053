import ConversationDomain
import Foundation
import Outbox
import Testing

@testable import Webhooks

@Suite("When a target is tried")
struct TargetStateTests {
    private static let start = Date(timeIntervalSince1970: 1_780_000_000)

    private func event(
        _ number: Int64, in conversation: String = "a", attempts: Int? = nil, sender: Sender? = .visitor,
        at time: Date = start
    ) -> OutboxEvent {
        OutboxEvent(
            number: number, id: EventID(trusted: "evt_\(number)"), type: .messageCreated,
            conversation: ConversationID(trusted: "conv_\(conversation)"), channel: .web, sender: sender, body: Data(),
            createdAt: time, attempts: attempts)
    }

    @Test("waits grow as docs/webhooks.md says, a fifth shorter or longer by chance, until an event is a day old")
    func waits() {
        var state = TargetState(DeliveryPolicy())
        var seconds: [TimeInterval] = []
        for attempts in 0..<26 {
            let kind = state.failed(event(1, attempts: attempts), "status 500", at: Self.start, chance: 0.5)
            guard case .failed(attempts + 1, "status 500", let next) = kind else { continue }
            seconds.append(next.timeIntervalSince(Self.start))
        }
        #expect(
            seconds == [
                0.25, 0.5, 1, 1, 2, 2, 4, 4, 8, 15, 30, 60, 60, 60, 60, 60, 60, 120, 300, 600, 1_800, 3_600, 7_200,
                14_400, 21_600, 21_600,
            ])
        let policy = DeliveryPolicy()
        #expect(
            abs(policy.wait(after: 3, chance: 0) - 0.8) < 1e-9 && abs(policy.wait(after: 3, chance: 1) - 1.2) < 1e-9)
        let old = Self.start.addingTimeInterval(86_400)
        #expect(
            state.failed(event(1, attempts: 14), "no answer in time", at: old, chance: 0.5)
                == .dead(attempts: 15, error: "no answer in time"))
    }

    @Test(
        "five failures in a row over ten seconds, or twenty, and it rests; a trial that fails doubles the rest, a success ends it"
    )
    func breaker() {
        var state = TargetState(DeliveryPolicy())
        var now = Self.start
        // Half of all fail: that is no reason to rest.
        for _ in 0..<19 { _ = state.failed(event(1), "", at: now, chance: 0.5) }
        #expect(state.restsUntil(now) == nil && !state.isOnTrial)
        state.succeeded()
        for _ in 0..<20 { _ = state.failed(event(1), "", at: now, chance: 0.5) }
        #expect(state.restsUntil(now) == now.addingTimeInterval(30))
        state.succeeded()
        for _ in 0..<4 { _ = state.failed(event(1), "", at: now, chance: 0.5) }
        now += 10
        #expect(state.restsUntil(now) == nil)
        _ = state.failed(event(1), "", at: now, chance: 0.5)
        #expect(state.restsUntil(now) == now.addingTimeInterval(30))
        // What was under way when the rest began does not lengthen it.
        for _ in 0..<3 { _ = state.failed(event(1), "", at: now, chance: 0.5) }
        #expect(state.restsUntil(now) == now.addingTimeInterval(30) && state.health.failures == 5)
        var rests: [TimeInterval] = []
        for _ in 0..<7 {
            now = state.health.restsUntil ?? now
            #expect(state.restsUntil(now) == nil && state.isOnTrial)
            _ = state.failed(event(1), "", at: now, chance: 0.5)
            rests.append(state.restsUntil(now)?.timeIntervalSince(now) ?? 0)
        }
        #expect(rests == [60, 120, 240, 480, 900, 900, 900])
        state.succeeded()
        #expect(state.health == WebhookHealth() && !state.isOnTrial)
    }

    @Test("a target that has failed five times in a row gets one event at a time until it takes one")
    func lanes() {
        var state = TargetState(DeliveryPolicy())
        var lanes: [Int] = []
        for number in 0..<7 {
            _ = state.failed(event(Int64(number)), "no answer in time", at: Self.start, chance: 0.5)
            lanes.append(state.lanes)
        }
        #expect(lanes == [8, 8, 8, 8, 1, 1, 1])
        state.succeeded()
        #expect(state.lanes == 8)
    }

    private func webhook(senders: Set<Sender> = []) -> Webhook {
        Webhook(
            id: WebhookID(trusted: "wh_1"), app: AppName(trusted: "shop"), url: "https://a.example/", senders: senders,
            secrets: WebhookSecrets(current: "s"), createdAt: Self.start)
    }

    @Test("a round has a lane for each conversation; what nobody wants is passed, what must wait is told")
    func rounds() {
        var work = OutboxWork()
        work.due = [event(1, in: "a", attempts: 2), event(2, in: "a", attempts: 0)]
        work.fresh = [
            event(5, in: "b"), event(6, in: "a"), event(7, in: "c", sender: .bot), event(8, in: "b"), event(9, in: "d"),
        ]
        work.waiting = [ConversationID(trusted: "conv_d")]
        let round = DeliveryRound(work, for: webhook(senders: [.visitor]), isTrial: false)
        #expect(round.lanes.map { $0.map(\.number) } == [[1, 2], [5, 8]])
        #expect(round.waiting.map(\.number) == [6, 9] && round.position == 9)
        let nothing = DeliveryRound(OutboxWork(), for: webhook(), isTrial: false)
        #expect(nothing.isEmpty)
    }

    @Test("a trial is one event: what failed before, else the next that is wanted, and no step further")
    func trials() {
        var work = OutboxWork()
        work.fresh = [event(5, in: "c", sender: .bot), event(6, in: "a"), event(7, in: "b")]
        let fresh = DeliveryRound(work, for: webhook(senders: [.visitor]), isTrial: true)
        #expect(fresh.lanes.map { $0.map(\.number) } == [[6]] && fresh.position == 6)
        work.due = [event(1, in: "a", attempts: 2), event(2, in: "a", attempts: 0)]
        let due = DeliveryRound(work, for: webhook(), isTrial: true)
        #expect(due.lanes.map { $0.map(\.number) } == [[1]] && due.position == nil && due.waiting.isEmpty)
    }
}

@Suite("Places for the same thing at once")
struct SlotsTests {
    @Test("no more run than there are places, who waits comes in turn, and who leaves the line is not let in")
    func slots() async throws {
        let slots = Slots(2)
        let (entered, enter) = AsyncStream.makeStream(of: Int.self)
        let gates = (0..<3).map { _ in AsyncStream.makeStream(of: Void.self) }
        let tasks = gates.enumerated().map { number, gate in
            Task {
                try await slots.run {
                    enter.yield(number)
                    for await _ in gate.stream {}
                }
            }
        }
        var numbers: [Int] = []
        for await number in entered {
            numbers.append(number)
            if numbers.count == 2 { break }
        }
        #expect(numbers.count == 2)
        let left = Task { try await slots.run { _ = enter.yield(99) } }
        left.cancel()
        await #expect(throws: CancellationError.self) { try await left.value }
        for gate in gates { gate.continuation.finish() }
        for task in tasks { try await task.value }
        try await slots.run { _ = enter.yield(7) }
        enter.finish()
        var rest: [Int] = []
        for await number in entered { rest.append(number) }
        #expect(rest.last == 7 && !rest.contains(99) && rest.count == 2)
    }

    @Test("a line has a bound")
    func bound() async throws {
        let slots = Slots(1, lineLimit: 0)
        try await slots.run {
            do {
                try await slots.run {}
                Issue.record("somebody was let in")
            } catch is CancellationError {}
        }
    }
}
