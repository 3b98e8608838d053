import Foundation
import Synchronization

/// A progress bar on a terminal, a plain line every tenth elsewhere; on standard error, so that results can be piped.
public final class ProgressLine: Sendable {
    private struct State {
        var lastTenth = -1
        var subject: String?
        var lastDrawn = ContinuousClock.now - .seconds(1)
    }

    private let title: String?
    private let isTerminal: Bool
    private let state = Mutex(State())

    /// - Parameter title: what the line begins with; nil when each update brings its own.
    public init(_ title: String?) {
        self.title = title
        isTerminal = isatty(FileHandle.standardError.fileDescriptor) == 1
    }

    /// Shows how far a subject is, from 0 to 1; a new subject begins a new line.
    public func update(_ subject: String, fraction: Double) {
        let isNew = state.withLock { state in
            defer { state.subject = subject }
            guard state.subject != subject else { return false }
            state.lastTenth = -1
            return true
        }
        if isNew || fraction > 0 { update(Int(fraction * 100), 100, title: subject) }
    }

    /// Shows that `done` of `total` steps are done.
    public func update(_ done: Int, _ total: Int) {
        update(done, total, title: title ?? "")
    }

    /// Shows how far a subject is, with what else there is to tell; a new subject begins a new line.
    public func update(_ subject: String, _ done: Int, _ total: Int, detail: String) {
        state.withLock { state in
            if state.subject != subject { state.lastTenth = -1 }
            state.subject = subject
        }
        update(done, total, title: subject, detail: detail)
    }

    private func update(_ done: Int, _ total: Int, title: String, detail: String = "") {
        guard total > 0 else { return }
        let detail = detail.isEmpty ? "" : "  \(detail)"
        let now = ContinuousClock.now
        let tenth = done * 10 / total
        let text: String? = state.withLock { state in
            if isTerminal {
                guard done == total || now - state.lastDrawn > .milliseconds(50) else { return nil }
                state.lastDrawn = now
                let filled = done * 30 / total
                let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
                return "\r\(title)  \(bar)  \(done)/\(total)\(detail)\u{1B}[K" + (done == total ? "\n" : "")
            }
            guard tenth > state.lastTenth else { return nil }
            state.lastTenth = tenth
            return "\(title): \(done)/\(total)\(detail)\n"
        }
        if let text { FileHandle.standardError.write(Data(text.utf8)) }
    }
}
