public import Foundation
import Synchronization

/// A live view on one conversation, from the feed that offers events to one follower that takes them.
///
/// The follower is called when there is something to take rather than kept waiting in a task: thousands of idle followers
/// then cost a few hundred bytes each. It ends when it is cancelled or falls too far behind; what it had until then can
/// still be taken.
public final class FeedSubscription: Sendable {
    public enum Next: Hashable, Sendable {
        case event(FeedEvent)
        /// Nothing now.
        case nothing
        /// Nothing any more.
        case ended
    }

    private struct State {
        /// What has come; the first `taken` are gone already.
        var events: [FeedEvent] = []
        var taken = 0
        var hasEnded = false
        var whenReady: (@Sendable () -> Void)?
    }

    public let id = UUID()
    private let limit: Int
    private let onCancel: @Sendable (UUID) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: events that the follower may be behind, at least 1.
    ///   - onCancel: is told the id when the follower wants no more, perhaps several times.
    public init(limit: Int, onCancel: @escaping @Sendable (UUID) -> Void) {
        self.limit = limit
        self.onCancel = onCancel
    }

    // MARK: - The follower's side

    /// What came next, in order; never waits.
    public func take() -> Next {
        state.withLock { state in
            guard state.taken < state.events.count else { return state.hasEnded ? .ended : .nothing }
            let event = state.events[state.taken]
            state.taken += 1
            if state.taken == state.events.count {
                state.events = []
                state.taken = 0
            }
            return .event(event)
        }
    }

    /// Calls `body` once, as soon as there is something to take or the subscription has ended: at once, or later by whoever
    /// offers it. Takes the place of what was to be called before.
    public func whenReady(_ body: @escaping @Sendable () -> Void) {
        let isReady = state.withLock { state in
            let isReady = state.hasEnded || !state.events.isEmpty
            state.whenReady = isReady ? nil : body
            return isReady
        }
        if isReady { body() }
    }

    /// Frees the subscription; safe to call twice.
    public func cancel() {
        end()
        onCancel(id)
    }

    // MARK: - The feed's side

    /// - Returns: false when the subscription has ended, or ends now because its follower is too far behind.
    public func offer(_ event: FeedEvent) -> Bool {
        let (isTaken, ready) = state.withLock { state in
            guard !state.hasEnded else { return (false, nil as (@Sendable () -> Void)?) }
            if state.events.count - state.taken < limit {
                if state.taken >= limit {
                    state.events.removeFirst(state.taken)
                    state.taken = 0
                }
                state.events.append(event)
            } else {
                state.hasEnded = true
            }
            defer { state.whenReady = nil }
            return (!state.hasEnded, state.whenReady)
        }
        ready?()
        return isTaken
    }

    /// Offers nothing more.
    public func end() {
        let ready = state.withLock { state in
            state.hasEnded = true
            defer { state.whenReady = nil }
            return state.whenReady
        }
        ready?()
    }
}
