import ConversationDomain
import Foundation
import Synchronization

/// Tells whoever follows a conversation what was committed to it, in commit order, and what passes by without being stored.
final class ConversationFeed: Sendable {
    private struct Follower {
        let subscription: FeedSubscription
        let side: ConversationSide
    }

    /// Events that a subscriber may be behind; one that is further behind is ended and resumes from the store.
    private let bufferLimit: Int
    private let followers = Mutex<[ConversationID: [Follower]]>([:])

    init(bufferLimit: Int = 256) {
        self.bufferLimit = bufferLimit
    }

    /// - Parameter side: visitors do not hear of what agents have among themselves.
    func subscribe(to conversation: ConversationID, as side: ConversationSide = .visitor) -> FeedSubscription {
        let subscription = FeedSubscription(limit: bufferLimit) { [weak self] id in
            self?.remove(id, from: conversation)
        }
        followers.withLock { all in
            if side == .visitor { Self.tell(of: true, all[conversation]) }
            all[conversation, default: []].append(Follower(subscription: subscription, side: side))
        }
        return subscription
    }

    func publish(_ event: FeedEvent, to conversation: ConversationID) {
        let targets = followers.withLock { $0[conversation] ?? [] }
        // A dropped event would be a gap, so the subscription ends instead.
        for target in targets where event.concerns(target.side) && !target.subscription.offer(event) {
            remove(target.subscription.id, from: conversation)
        }
    }

    /// Tells one follower what only it asked for, after all that it was told before.
    func tell(_ event: FeedEvent, to origin: UUID?, of conversation: ConversationID) {
        guard let origin else { return }
        let target = followers.withLock { $0[conversation]?.first { $0.subscription.id == origin } }
        if let target, !target.subscription.offer(event) { remove(origin, from: conversation) }
    }

    /// Subscriptions that are open now.
    var count: Int { followers.withLock { $0.values.reduce(0) { $0 + $1.count } } }

    /// Whether the visitor's side follows the conversation.
    func hasVisitor(_ conversation: ConversationID) -> Bool {
        followers.withLock { $0[conversation]?.contains { $0.side == .visitor } ?? false }
    }

    private func remove(_ id: UUID, from conversation: ConversationID) {
        followers.withLock { all in
            guard let place = all[conversation]?.firstIndex(where: { $0.subscription.id == id }) else { return }
            let gone = all[conversation]?.remove(at: place)
            if gone?.side == .visitor { Self.tell(of: false, all[conversation]) }
            if all[conversation]?.isEmpty == true { all[conversation] = nil }
        }
    }

    /// Tells the agents that the visitor's first socket came, or the last one left. It is told while nothing else can come or leave,
    /// so that what is told last is so; one that cannot take it is ended, and found to be so with the next event.
    private static func tell(of presence: Bool, _ others: [Follower]?) {
        guard let others, !others.contains(where: { $0.side == .visitor }) else { return }
        for other in others { _ = other.subscription.offer(.visitorPresence(presence)) }
    }
}
