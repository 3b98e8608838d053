internal import NIOCore
internal import NIOPosix

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// The one thread of all deliveries, for the connections and for the work about them: however many targets there are, they take one
/// core at most.
final class DeliveryThread: TaskExecutor {
    let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let loop: any EventLoop

    /// - Parameter isInBackground: other threads go first.
    init(isInBackground: Bool) {
        loop = loops.any()
        if isInBackground { loop.execute { Self.lowerPriority() } }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    func run(after milliseconds: Int64, _ body: @escaping @Sendable () -> Void) {
        loop.scheduleTask(in: .milliseconds(milliseconds), body)
    }

    /// What the calling thread has taken of a core so far, in seconds.
    static func secondsOfCPU() -> Double {
        var time = timespec()
        guard clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0 else { return 0 }
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// Nothing may be run here afterwards.
    func shutDown() async { try? await loops.shutdownGracefully() }

    /// How the system shares the cores out among a process's threads. Linux counts threads as processes here; elsewhere nothing changes.
    private static func lowerPriority() {
        #if canImport(Glibc)
            // A third of the share of another thread: less, and on a machine that is busy all the time events would pile up. Where the
            // system refuses, nothing is worse.
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5)
        #endif
    }
}
