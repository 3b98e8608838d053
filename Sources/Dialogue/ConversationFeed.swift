import ConversationDomain
import Foundation
import Synchronization

/// Tells the open sockets of a conversation what was committed to it, in commit order.
final class ConversationFeed: Sendable {
    /// Events that a subscriber may be behind; one that is further behind is ended and resumes from the store.
    private let bufferLimit: Int
    private let subscribers = Mutex<[ConversationID: [FeedSubscription]]>([:])

    init(bufferLimit: Int = 256) {
        self.bufferLimit = bufferLimit
    }

    func subscribe(to conversation: ConversationID) -> FeedSubscription {
        let subscription = FeedSubscription(limit: bufferLimit) { [weak self] id in
            self?.remove(id, from: conversation)
        }
        subscribers.withLock { $0[conversation, default: []].append(subscription) }
        return subscription
    }

    func publish(_ event: FeedEvent, to conversation: ConversationID) {
        let targets = subscribers.withLock { $0[conversation] ?? [] }
        // A dropped event would be a gap, so the subscription ends instead.
        for target in targets where !target.offer(event) { remove(target.id, from: conversation) }
    }

    /// Subscriptions that are open now.
    var count: Int { subscribers.withLock { $0.values.reduce(0) { $0 + $1.count } } }

    private func remove(_ id: UUID, from conversation: ConversationID) {
        subscribers.withLock { all in
            all[conversation]?.removeAll { $0.id == id }
            if all[conversation]?.isEmpty == true { all[conversation] = nil }
        }
    }
}
