import ConversationDomain
import Synchronization

/// The content that turns read; replaced as a whole when the bot owner changed something.
final class LiveContentHolder: LiveContent {
    private let snapshot: Mutex<ContentSnapshot>

    init(_ snapshot: ContentSnapshot) {
        self.snapshot = Mutex(snapshot)
    }

    func current() -> ContentSnapshot { snapshot.withLock { $0 } }

    func replace(with next: ContentSnapshot) { snapshot.withLock { $0 = next } }
}
