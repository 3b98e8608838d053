import Application
import Synchronization

/// Keeps what a use case told.
final class TestProgress: ProgressPort {
    enum Told: Equatable {
        case step(String, Int, Int, String)
        case note(String)
    }

    private let kept = Mutex<[Told]>([])
    var told: [Told] { kept.withLock { $0 } }

    func step(_ subject: String, _ done: Int, _ total: Int, detail: String) {
        kept.withLock { $0.append(.step(subject, done, total, detail)) }
    }

    /// What it noted, without how far it was.
    var notes: [String] { told.compactMap { if case .note(let text) = $0 { text } else { nil } } }

    func note(_ text: String) { kept.withLock { $0.append(.note(text)) } }
}
