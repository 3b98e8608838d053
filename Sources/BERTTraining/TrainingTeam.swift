import CKernels
import Foundation
import Synchronization

/// One of the threads that walk through a pass together.
struct TrainingMember {
    /// Its number, from 0.
    let index: Int
    /// How many there are.
    let count: Int
    fileprivate let barrier: SpinBarrier?

    /// A pass on the calling thread alone.
    static let alone = TrainingMember(index: 0, count: 1, barrier: nil)

    /// This member's part of `total` pieces of work; the parts of all members cover them once.
    func share(of total: Int) -> Range<Int> {
        total * index / count..<total * (index + 1) / count
    }

    /// Waits until every member is here. What they wrote before is then visible to all.
    func meet() { barrier?.wait(for: count) }
}

/// A meeting point for threads that have less than a microsecond to lose: they spin, and yield when it takes longer.
private final class SpinBarrier: Sendable {
    private let arrived = Atomic<Int>(0)
    private let round = Atomic<Int>(0)

    func wait(for count: Int) {
        let current = round.load(ordering: .relaxed)
        if arrived.add(1, ordering: .acquiringAndReleasing).newValue == count {
            arrived.store(0, ordering: .relaxed)
            round.store(current + 1, ordering: .releasing)
        } else {
            SpinWait.until { round.load(ordering: .acquiring) != current }
        }
    }
}

private enum SpinWait {
    /// Returns once `condition` holds.
    static func until(_ condition: () -> Bool) {
        while true {
            if poll(times: 4000, condition) { return }
            sched_yield()
        }
    }

    /// Looks at `condition` some times; tells whether it held.
    static func poll(times: Int, _ condition: () -> Bool) -> Bool {
        for _ in 0..<times {
            if condition() { return true }
            ck_pause()
        }
        return false
    }
}

/// Threads that run one body together, again and again. Between two runs they sleep.
final class TrainingTeam {
    private let shared: Shared

    /// Starts `count − 1` threads; the thread that calls `run` is the remaining member.
    init(count: Int) {
        let shared = Shared(count: count)
        self.shared = shared
        for index in 1..<max(1, count) {
            let thread = Thread { shared.work(as: index) }
            thread.name = "encoder-\(index)"
            thread.start()
        }
    }

    deinit { shared.stop() }

    /// Runs `body` as every member at once and returns when all have finished.
    func run(_ body: (TrainingMember) -> Void) { shared.run(body) }
}

/// What the threads of a team share. Locked by `condition`, but for the atomics.
private final class Shared: @unchecked Sendable {
    private let count: Int
    private let barrier = SpinBarrier()
    private let condition = NSCondition()
    private let runs = Atomic<Int>(0)
    private let stopped = Atomic<Bool>(false)
    private var body: ((TrainingMember) -> Void)?

    init(count: Int) { self.count = count }

    func run(_ body: (TrainingMember) -> Void) {
        guard count > 1 else { return body(.alone) }
        withoutActuallyEscaping(body) { body in
            condition.withLock {
                self.body = body
                runs.add(1, ordering: .releasing)
                condition.broadcast()
            }
            let member = TrainingMember(index: 0, count: count, barrier: barrier)
            body(member)
            member.meet()
            self.body = nil
            // Nobody may still hold the body when this returns.
            member.meet()
        }
    }

    func stop() {
        condition.withLock {
            stopped.store(true, ordering: .relaxed)
            runs.add(1, ordering: .releasing)
            condition.broadcast()
        }
    }

    func work(as index: Int) {
        var done = 0
        while true {
            let isNew = { self.runs.load(ordering: .acquiring) != done }
            // The next pass often follows at once; falling asleep and waking up would take longer than it.
            if !SpinWait.poll(times: 2000, isNew) {
                condition.withLock { while !isNew() { condition.wait() } }
            }
            done += 1
            guard !stopped.load(ordering: .relaxed) else { return }
            let member = TrainingMember(index: index, count: count, barrier: barrier)
            perform(as: member)
            member.meet()
        }
    }

    /// The body is let go of before the second meeting.
    private func perform(as member: TrainingMember) {
        let body = condition.withLock { self.body }
        body?(member)
        member.meet()
    }
}
