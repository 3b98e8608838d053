import CKernels
import Foundation
import Synchronization

/// One of the threads that divide a step among them.
struct TeamMember {
    /// Its number, from 0.
    let index: Int
    /// How many there are.
    let count: Int

    /// This member's part of `total` pieces of work; the parts of all members cover them once.
    func share(of total: Int) -> Range<Int> {
        total * index / count..<total * (index + 1) / count
    }
}

/// A thread with helpers that join in when they can.
///
/// A pass is a row of steps of some microseconds. The calling thread begins at once and waits for nobody to wake up: each
/// step is divided among those who have come by then, so a helper that the system does not let run costs nothing. One that
/// the system wakes on the caller's own core moves to another or stays away, since the two would wait for each other. When
/// one is not let run in the middle of a step, its core is wanted by others: the caller goes on alone, and for a while after.
/// Between passes helpers sleep.
final class Team {
    private let helpers: Helpers

    /// Starts `count − 1` helpers; the thread that calls is the remaining member.
    init(count: Int) {
        let helpers = Helpers(count: max(0, count - 1))
        self.helpers = helpers
        for index in 0..<max(0, count - 1) {
            let thread = Thread { helpers.work() }
            thread.name = "encoder-\(index)"
            thread.start()
        }
    }

    deinit { helpers.stop() }

    /// Calls the helpers for the time of `body`, whose steps run in `divide`.
    func gather(_ body: () -> Void) {
        helpers.open()
        body()
        helpers.close()
    }

    /// Lets the helpers go for the time of `body`, which is called between two steps of what is gathered.
    func disband(for body: () -> Void) {
        helpers.close()
        body()
        helpers.open()
    }

    /// Runs `step` as every member that is here, at once; returns when all have done their share.
    func divide(_ step: (TeamMember) -> Void) { helpers.divide(step) }
}

/// What a team's threads share.
///
/// `word` tells the helpers what to do: the pass's number (upper 32 bits), the step's number in it (24 bits), and among how
/// many members the step is divided (8 bits; 0 between two passes). `arrived` holds the pass's number and how many helpers
/// have joined it. `step` is written before `word` and read only by those who take part in the step, whom the caller waits
/// for. `condition` is for sleeping.
private final class Helpers: @unchecked Sendable {
    private let count: Int
    private let word = Atomic<UInt64>(0)
    private let arrived = Atomic<UInt64>(0)
    private let finished = Atomic<Int>(0)
    private let sleeping = Atomic<Int>(0)
    private let stopped = Atomic<Bool>(false)
    /// The core that the caller runs on, −1 when the system does not tell.
    private let callerCore = Atomic<Int>(-1)
    private let condition = NSCondition()
    private var step: ((TeamMember) -> Void)?
    /// The caller's own copy of `word`.
    private var current: UInt64 = 0
    /// The caller's: no helper takes part until the next pass.
    private var isAlone = false
    /// The caller's: until when it works alone, in nanoseconds; see `time`.
    private var aloneUntil: UInt64 = 0

    /// Looks at a word that soon changes so many times before giving the core away or falling asleep: some 20 µs.
    private static let patience = 1000

    init(count: Int) { self.count = count }

    /// A helper that takes so much longer than twice the caller's own time, in nanoseconds, was not let run: the system gives
    /// another thread its core for milliseconds then, again and again.
    private static let tolerance: UInt64 = 300_000
    /// How long the caller does without helpers then, in nanoseconds.
    private static let aloneTime: UInt64 = 500_000_000

    private static var core: Int { Int(ck_current_core()) }
    private static var time: UInt64 { DispatchTime.now().uptimeNanoseconds }

    // MARK: The caller

    func open() {
        isAlone = count == 0 || aloneUntil > 0 && Self.time < aloneUntil
        guard !isAlone else { return }
        let pass = (current >> 32 &+ 1) & 0xFFFF_FFFF
        arrived.store(pass << 32, ordering: .relaxed)
        callerCore.store(Self.core, ordering: .relaxed)
        publish(pass << 32 | 1)
        // Whoever falls asleep counts itself first and then looks at the word once more.
        if sleeping.load(ordering: .sequentiallyConsistent) > 0 { condition.withLock { condition.broadcast() } }
    }

    func close() {
        guard !isAlone else { return }
        publish(current & ~0xFFFF_FFFF)
    }

    func divide(_ step: (TeamMember) -> Void) {
        let helping = isAlone ? 0 : Int(arrived.load(ordering: .acquiring) & 0xFFFF_FFFF)
        guard helping > 0 else { return step(TeamMember(index: 0, count: 1)) }
        withoutActuallyEscaping(step) { step in
            self.step = step
            finished.store(0, ordering: .relaxed)
            publish((current & ~0xFF) &+ 0x100 | UInt64(helping + 1))
            let began = Self.time
            step(TeamMember(index: 0, count: helping + 1))
            let done = Self.time
            Self.spin { finished.load(ordering: .acquiring) == helping }
            self.step = nil
            let waited = Self.time &- done
            if waited > Self.tolerance, waited > done &- began { goOnAlone() }
        }
    }

    private func goOnAlone() {
        close()
        isAlone = true
        aloneUntil = Self.time + Self.aloneTime
    }

    private func publish(_ value: UInt64) {
        current = value
        word.store(value, ordering: .sequentiallyConsistent)
    }

    func stop() {
        condition.withLock {
            stopped.store(true, ordering: .sequentiallyConsistent)
            condition.broadcast()
        }
    }

    // MARK: A helper

    func work() {
        while let seen = awaitPass() {
            let core = Self.core
            if core >= 0, core == callerCore.load(ordering: .relaxed), !ck_leave_core(Int32(core)) {
                awaitEnd(of: seen >> 32)
            } else if let index = join(seen >> 32) {
                help(as: index, from: seen)
            }
        }
    }

    /// Sleeps until the pass is over.
    private func awaitEnd(of pass: UInt64) {
        sleep { self.word.load(ordering: .sequentiallyConsistent) >> 32 == pass && !self.isBetweenPasses }
    }

    private var isBetweenPasses: Bool { word.load(ordering: .sequentiallyConsistent) & 0xFF == 0 }

    /// The word of a pass that is under way; nil when the team is no more.
    private func awaitPass() -> UInt64? {
        var looks = 0
        while !stopped.load(ordering: .relaxed) {
            let seen = word.load(ordering: .acquiring)
            if seen & 0xFF != 0 { return seen }
            looks += 1
            if looks < Self.patience { ck_pause() } else { sleep { self.isBetweenPasses } }
        }
        return nil
    }

    /// Until the next pass begins, or for as long as `isUseless` holds then.
    private func sleep(while isUseless: () -> Bool) {
        condition.lock()
        sleeping.add(1, ordering: .sequentiallyConsistent)
        while isUseless(), !stopped.load(ordering: .sequentiallyConsistent) { condition.wait() }
        sleeping.subtract(1, ordering: .relaxed)
        condition.unlock()
    }

    /// The helper's number in the pass, from 1; nil when the pass is over.
    private func join(_ pass: UInt64) -> Int? {
        var known = arrived.load(ordering: .relaxed)
        while known >> 32 == pass {
            let (exchanged, original) = arrived.compareExchange(
                expected: known, desired: known + 1, ordering: .acquiringAndReleasing)
            if exchanged { return Int(original & 0xFFFF_FFFF) + 1 }
            known = original
        }
        return nil
    }

    /// Does its share of every step from the next one on, until the pass is over.
    private func help(as index: Int, from seen: UInt64) {
        var seen = seen
        while true {
            Self.spin { word.load(ordering: .acquiring) != seen }
            let now = word.load(ordering: .acquiring)
            // A step that was divided before this helper had come is not for it, and neither is another pass.
            guard now >> 32 == seen >> 32, now & 0xFF != 0 else { return }
            seen = now
            guard index < Int(now & 0xFF) else { continue }
            step?(TeamMember(index: index, count: Int(now & 0xFF)))
            finished.add(1, ordering: .releasing)
        }
    }

    /// Returns once `condition` holds; gives the core away when that takes long.
    private static func spin(until condition: () -> Bool) {
        while true {
            for _ in 0..<patience {
                if condition() { return }
                ck_pause()
            }
            sched_yield()
        }
    }
}
