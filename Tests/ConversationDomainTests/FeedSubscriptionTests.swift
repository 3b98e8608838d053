import ConversationDomain
import Synchronization
import Testing

@Suite("What a follower takes from a feed")
struct FeedSubscriptionTests {
    private final class Calls: Sendable {
        private let number = Mutex(0)
        var count: Int { number.withLock { $0 } }
        func call() { number.withLock { $0 += 1 } }
    }

    private let calls = Calls()

    @Test("a follower is called once, when there is something to take")
    func ready() {
        let subscription = FeedSubscription(limit: 4) { _ in }
        subscription.whenReady { [calls] in calls.call() }
        #expect(calls.count == 0)
        for status in [ConversationStatus.waiting, .agent] { #expect(subscription.offer(.status(status))) }
        #expect(calls.count == 1)
        // What has come meanwhile is told at once.
        subscription.whenReady { [calls] in calls.call() }
        #expect(calls.count == 2)
        #expect(subscription.take() == .event(.status(.waiting)))
        #expect(subscription.take() == .event(.status(.agent)))
        #expect(subscription.take() == .nothing)
        subscription.whenReady { [calls] in calls.call() }
        subscription.end()
        #expect(calls.count == 3 && subscription.take() == .ended)
    }

    @Test("a follower that takes in time may get any number of events, in order")
    func endless() {
        let subscription = FeedSubscription(limit: 3) { _ in }
        let statuses: [ConversationStatus] = [.bot, .waiting, .agent, .closed]
        // Never empty, so nothing is taken away between.
        #expect(subscription.offer(.status(statuses[0])))
        for number in 1..<50 {
            #expect(subscription.offer(.status(statuses[number % statuses.count])))
            #expect(subscription.take() == .event(.status(statuses[(number - 1) % statuses.count])))
        }
    }

    @Test("a follower that is too far behind is ended after what it had, and is called")
    func behind() {
        let subscription = FeedSubscription(limit: 2) { _ in }
        #expect(subscription.offer(.status(.waiting)))
        #expect(subscription.take() == .event(.status(.waiting)))
        for _ in 0..<2 { #expect(subscription.offer(.status(.agent))) }
        #expect(!subscription.offer(.status(.closed)))
        #expect(!subscription.offer(.status(.bot)))
        subscription.whenReady { [calls] in calls.call() }
        #expect(calls.count == 1)
        for _ in 0..<2 { #expect(subscription.take() == .event(.status(.agent))) }
        #expect(subscription.take() == .ended)
    }

    @Test("cancelling tells the feed, also when done twice")
    func cancelled() {
        let subscription = FeedSubscription(limit: 2) { [calls] _ in calls.call() }
        subscription.cancel()
        subscription.cancel()
        #expect(calls.count == 2)
        #expect(!subscription.offer(.status(.agent)) && subscription.take() == .ended)
    }
}
