import Foundation
import Synchronization

/// Runs tasks on one thread of its own, before which every other thread of the machine goes: what takes seconds of computing beside
/// messages that are to be answered, such as taking an import over.
package final class BackgroundExecutor: TaskExecutor {
    private let state = State()

    /// - Parameter name: of the thread.
    package init(_ name: String) {
        let thread = Thread { [state] in
            Thread.current.name = name
            state.work()
        }
        thread.stackSize = 8 << 20
        thread.start()
    }

    deinit { state.stop() }

    package func enqueue(_ job: consuming ExecutorJob) {
        state.add(UnownedJob(job), asUnownedTaskExecutor())
    }

    /// What the thread holds, so that a forgotten executor ends by itself.
    private final class State: @unchecked Sendable {
        private let condition = NSCondition()
        private var jobs: [(job: UnownedJob, executor: UnownedTaskExecutor)] = []
        private var isStopped = false

        func add(_ job: UnownedJob, _ executor: UnownedTaskExecutor) {
            condition.lock()
            jobs.append((job, executor))
            condition.signal()
            condition.unlock()
        }

        func stop() {
            condition.lock()
            isStopped = true
            condition.signal()
            condition.unlock()
        }

        func work() {
            ThreadPriority.lowerCurrent()
            while let (job, executor) = next() { job.runSynchronously(on: executor) }
        }

        private func next() -> (UnownedJob, UnownedTaskExecutor)? {
            condition.lock()
            defer { condition.unlock() }
            while jobs.isEmpty, !isStopped { condition.wait() }
            return jobs.isEmpty ? nil : jobs.removeFirst()
        }
    }
}
