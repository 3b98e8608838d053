import Foundation

/// Threads of their own for tasks that calculate for long, so that they never hold up those that carry everybody's messages.
///
/// The tasks take turns wherever they wait or yield.
package final class WorkLane: Sendable {
    private let jobs = LaneJobs()

    /// - Parameter threads: how many tasks calculate at once.
    package init(_ name: String, threads: Int) {
        for index in 0..<max(1, threads) {
            let thread = Thread { [jobs] in
                Thread.current.name = "\(name)-\(index)"
                jobs.work()
            }
            thread.stackSize = 4 << 20
            thread.start()
        }
    }

    deinit { jobs.stop() }

    /// Runs `body` and the tasks that it begins in the lane.
    package func run<Value: Sendable>(_ body: @Sendable () async throws -> Value) async rethrows -> Value {
        // The threads end with the lane, which nobody else may be holding.
        defer { withExtendedLifetime(self) {} }
        return try await withTaskExecutorPreference(jobs) { try await body() }
    }
}

/// What the threads share; they hold it, not the lane, so that a forgotten lane ends by itself. `condition` guards the fields.
private final class LaneJobs: TaskExecutor, @unchecked Sendable {
    private let condition = NSCondition()
    private var waiting: [UnownedJob] = []
    /// Of `waiting`, those that were begun.
    private var begun = 0
    private var isStopped = false

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        condition.lock()
        waiting.append(job)
        condition.signal()
        condition.unlock()
    }

    func work() {
        while let job = next() { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    /// Waits for a job; nil when the lane is no more and nothing is left.
    private func next() -> UnownedJob? {
        condition.lock()
        defer { condition.unlock() }
        while begun == waiting.count {
            if isStopped { return nil }
            condition.wait()
        }
        let job = waiting[begun]
        begun += 1
        if begun == waiting.count || begun > 64 {
            waiting.removeFirst(begun)
            begun = 0
        }
        return job
    }

    func stop() {
        condition.lock()
        isStopped = true
        condition.broadcast()
        condition.unlock()
    }
}
