import ConversationDomain
import Foundation
import People
import Synchronization

/// Tells those who follow a queue what comes into it, changes in it and leaves it.
final class QueueFeed: Sendable {
    fileprivate struct Follower {
        let subscription: FeedSubscription
        /// Nil for those of all apps.
        let app: AppName?
        let filter: QueueFilter
    }

    fileprivate struct State {
        var followers: [Follower] = []
        /// Whose the conversations are that were shown, so that it is known who must hear when one is removed from the store.
        var shown: [ConversationID: AppName] = [:]
    }

    /// Conversations that are remembered; beyond, all are forgotten.
    private static let shownLimit = 20_000

    /// Changes that a follower may be behind.
    private let bufferLimit: Int
    private let state = Mutex(State())

    init(bufferLimit: Int = 1_024) {
        self.bufferLimit = bufferLimit
    }

    func subscribe(_ filter: QueueFilter, app: AppName?) -> FeedSubscription {
        let subscription = FeedSubscription(limit: bufferLimit) { [weak self] id in self?.remove(id) }
        state.withLock {
            $0.followers.append(Follower(subscription: subscription, app: app, filter: filter))
        }
        return subscription
    }

    /// Takes note of what a follower was shown without a change.
    func showed(_ conversations: [Conversation]) {
        state.withLock { state in
            for conversation in conversations { state.remember(conversation, atMost: Self.shownLimit) }
        }
    }

    /// The changes of one conversation are told one after the other.
    func changed(from before: Conversation, to after: Conversation) {
        guard QueueFilter.possible.contains(before.status) || QueueFilter.possible.contains(after.status) else {
            return
        }
        let told = state.withLock { state -> [(FeedSubscription, FeedEvent)] in
            let told = state.followers.compactMap { follower -> (FeedSubscription, FeedEvent)? in
                guard follower.app == nil || follower.app == after.app else { return nil }
                if follower.filter.takes(after) { return (follower.subscription, .waits(after)) }
                guard follower.filter.takes(before) else { return nil }
                return (follower.subscription, .waitsNoMore(after.id, after.status))
            }
            if QueueFilter.possible.contains(after.status) {
                if !told.isEmpty { state.remember(after, atMost: Self.shownLimit) }
            } else {
                state.shown[after.id] = nil
            }
            return told
        }
        offer(told)
    }

    /// Conversations that are not stored any more.
    func removed(_ ids: [ConversationID]) {
        let told = state.withLock { state in
            ids.flatMap { id -> [(FeedSubscription, FeedEvent)] in
                guard let app = state.shown.removeValue(forKey: id) else { return [] }
                return state.followers.filter { $0.app == nil || $0.app == app }.map {
                    ($0.subscription, .waitsNoMore(id, .closed))
                }
            }
        }
        offer(told)
    }

    /// Followers that there are now.
    var count: Int { state.withLock { $0.followers.count } }

    /// One that is too far behind is ended: it begins again with what is in the queue then.
    private func offer(_ told: [(FeedSubscription, FeedEvent)]) {
        for (subscription, event) in told where !subscription.offer(event) { remove(subscription.id) }
    }

    private func remove(_ id: UUID) {
        state.withLock { state in
            state.followers.removeAll { $0.subscription.id == id }
            if state.followers.isEmpty { state.shown = [:] }
        }
    }
}

extension QueueFeed.State {
    fileprivate mutating func remember(_ conversation: Conversation, atMost limit: Int) {
        guard !followers.isEmpty else { return }
        if shown.count >= limit { shown = [:] }
        shown[conversation.id] = conversation.app
    }
}
