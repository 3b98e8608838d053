#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// How the system shares the cores out among a process's threads.
enum ThreadPriority {
    /// Lets every other thread go before the calling one. Linux counts threads as processes here; elsewhere nothing changes.
    static func lower() {
        #if canImport(Glibc)
            // It is only a favour to others; where the system refuses, nothing is worse.
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        #endif
    }
}
