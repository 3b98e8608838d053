import ConversationDomain
import Foundation
import Synchronization

/// Tells the open sockets of a conversation what was committed to it, in commit order.
final class ConversationFeed: Sendable {
    private typealias Subscribers = [UUID: AsyncStream<FeedEvent>.Continuation]

    /// Events that a subscriber may be behind; one that is further behind is ended and resumes from the store.
    private let bufferLimit: Int
    private let subscribers = Mutex<[ConversationID: Subscribers]>([:])

    init(bufferLimit: Int = 256) {
        self.bufferLimit = bufferLimit
    }

    func subscribe(to conversation: ConversationID) -> FeedSubscription {
        let id = UUID()
        let (events, continuation) = AsyncStream.makeStream(
            of: FeedEvent.self, bufferingPolicy: .bufferingOldest(bufferLimit))
        subscribers.withLock { $0[conversation, default: [:]][id] = continuation }
        // Also when the reader's task ends without cancelling.
        continuation.onTermination = { [weak self] _ in self?.remove(id, from: conversation) }
        return FeedSubscription(id: id, events: events) { [weak self] in self?.remove(id, from: conversation) }
    }

    func publish(_ event: FeedEvent, to conversation: ConversationID) {
        let targets = subscribers.withLock { $0[conversation] ?? [:] }
        for (id, continuation) in targets {
            // A dropped event would be a gap, so the subscription ends instead.
            if case .enqueued = continuation.yield(event) { continue }
            remove(id, from: conversation)
        }
    }

    /// Subscriptions that are open now.
    var count: Int { subscribers.withLock { $0.values.reduce(0) { $0 + $1.count } } }

    private func remove(_ id: UUID, from conversation: ConversationID) {
        let continuation = subscribers.withLock { all in
            let removed = all[conversation]?.removeValue(forKey: id)
            if all[conversation]?.isEmpty == true { all[conversation] = nil }
            return removed
        }
        continuation?.finish()
    }
}
