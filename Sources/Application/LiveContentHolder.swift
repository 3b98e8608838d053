import ConversationDomain
import Synchronization
import Wording

/// The content that turns read; replaced as a whole when the bot owner changed something.
package final class LiveContentHolder: LiveContent {
    private let snapshot: Mutex<ContentSnapshot>

    init(_ snapshot: ContentSnapshot) {
        self.snapshot = Mutex(snapshot)
    }

    func current() -> ContentSnapshot { snapshot.withLock { $0 } }

    func replace(with next: ContentSnapshot) { snapshot.withLock { $0 = next } }
}
