#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// How the system shares the cores out among threads.
enum ThreadPriority {
    /// Lets every other thread go before the calling one.
    static func lowerCurrent() {
        // It is only a favour to others; where the system refuses, nothing is wrong.
        #if os(Linux)
            // On Linux the niceness belongs to a thread, and 0 names the calling one (setpriority(2)).
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
        #elseif canImport(Darwin)
            _ = pthread_set_qos_class_self_np(QOS_CLASS_BACKGROUND, 0)
        #endif
    }
}
