import Application
import Hosting
import Synchronization

/// Shows on standard error how far a use case is, a line a subject.
package final class TerminalProgress: ProgressPort {
    private let lines = Mutex<[String: ProgressLine]>([:])

    /// Subjects that have a line of their own at a time.
    private static let limit = 64

    package init() {}

    package func step(_ subject: String, _ done: Int, _ total: Int, detail: String) {
        let line = lines.withLock { lines in
            if let line = lines[subject] { return line }
            if lines.count >= Self.limit { lines.removeAll() }
            let line = ProgressLine(nil)
            lines[subject] = line
            return line
        }
        line.update(subject, done, total, detail: detail)
    }

    package func note(_ text: String) { Output.error(text) }
}
