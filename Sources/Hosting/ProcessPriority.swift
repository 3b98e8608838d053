import Foundation

/// How the system shares the cores out.
public enum ProcessPriority {
    /// Lets every other process go first: a training takes what a server beside it leaves.
    public static func lower() {
        // It is only a favour to others; where the system refuses, training is no worse.
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
    }
}
