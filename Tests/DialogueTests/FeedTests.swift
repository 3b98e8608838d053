import ConversationDomain
import Testing
import TestSupport

@testable import Dialogue

@Suite(.timeLimit(.minutes(1))) struct FeedTests {
    private static let meanings = ["thanks": MessageUnderstanding.accepted("thanks")]

    @Test("a follower hears of turns and changes of status in commit order, and knows its own")
    func order() async throws {
        let chat = try await TestChat(Self.meanings)
        let subscription = try await chat.engine.follow(chat.conversation.id, as: TestChat.shop)
        let own = try await chat.engine.respond(
            to: InboundMessage(conversation: chat.conversation.id, content: .text("thanks"), origin: subscription.id),
            as: TestChat.shop)
        let other = try await chat.say("thanks")
        let handoff = try await chat.press("agent.request")
        _ = try await chat.send(.text("thanks"), id: "m1")
        let last = try await chat.send(.text("thanks"), id: "m1")
        _ = try await chat.engine.close(chat.conversation.id, as: TestChat.shop)
        subscription.cancel()
        #expect(
            subscription.takeAll() == [
                .turn(own.turn, origin: subscription.id), .turn(other, origin: nil), .turn(handoff, origin: nil),
                .status(.waiting), .turn(last.turn, origin: nil), .status(.closed),
            ])
    }

    @Test("every follower hears of turns that run at once in the same order, which is that of their seq")
    func sameOrder() async throws {
        let chat = try await TestChat(Self.meanings) { $0.waitingMessages = 50 }
        var subscriptions: [FeedSubscription] = []
        for _ in 0..<3 {
            subscriptions.append(try await chat.engine.follow(chat.conversation.id, as: TestChat.shop))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { try await chat.say("thanks") } }
            try await group.waitForAll()
        }
        for subscription in subscriptions {
            let seqs = subscription.takeAll().map { event in
                if case .turn(let turn, _) = event { turn.message.seq } else { 0 }
            }
            #expect(seqs == Array(stride(from: 1, to: 100, by: 2)))
        }
    }

    @Test("whoever sends a message again, or rates a reply, is told so after all that came before, and nobody else is")
    func acknowledgements() async throws {
        let chat = try await TestChat(Self.meanings)
        let id = chat.conversation.id
        let subscription = try await chat.engine.follow(id, as: TestChat.shop)
        let other = try await chat.engine.follow(id, as: TestChat.shop)
        let first = try await chat.send(.text("thanks"), id: "m1")
        let between = try await chat.say("thanks")
        let again = try await chat.engine.respond(
            to: InboundMessage(
                conversation: id, content: .text("thanks"), clientMessageID: "m1", origin: subscription.id),
            as: TestChat.shop)
        #expect(again.isReplay)
        let reply = try #require(first.turn.replies.first)
        try await chat.engine.record(
            Feedback(conversation: id, message: reply.id, rating: .up, comment: nil), from: subscription.id,
            as: TestChat.shop)
        let unknown = Feedback(conversation: id, message: first.turn.message.id, rating: .up, comment: nil)
        await #expect(throws: ChatError.self) {
            try await chat.engine.record(unknown, from: subscription.id, as: TestChat.shop)
        }
        subscription.cancel()
        other.cancel()
        let turns: [FeedEvent] = [.turn(first.turn, origin: nil), .turn(between, origin: nil)]
        #expect(subscription.takeAll() == turns + [.repeated(first.turn), .rated(reply.id)])
        #expect(other.takeAll() == turns)
    }

    @Test("a follower does not hear of other conversations")
    func others() async throws {
        let store = InMemoryConversationStore()
        let chat = try await TestChat(Self.meanings, store: store)
        let subscription = try await chat.engine.follow(chat.conversation.id, as: TestChat.shop)
        let started = try await chat.engine.start(ConversationRequest(), as: TestChat.shop)
        _ = try await chat.engine.respond(
            to: InboundMessage(conversation: started.id, content: .text("thanks")), as: TestChat.shop)
        subscription.cancel()
        #expect(subscription.takeAll() == [])
    }

    @Test("a follower that does not read is ended rather than kept in memory, after what it had")
    func slow() async throws {
        let feed = ConversationFeed(bufferLimit: 3)
        let id: ConversationID = IdentifierGenerator().next()
        let slow = feed.subscribe(to: id)
        let quick = feed.subscribe(to: id)
        let statuses: [ConversationStatus] = [.bot, .waiting, .agent, .closed, .bot]
        for status in statuses {
            feed.publish(.status(status), to: id)
            #expect(quick.take() == .event(.status(status)))
        }
        #expect(feed.count == 1)
        #expect(slow.takeAll() == statuses.prefix(3).map { FeedEvent.status($0) })
        #expect(slow.take() == .ended && quick.take() == .nothing)
    }

    @Test("a cancelled subscription is freed, also when cancelled twice")
    func freed() async throws {
        let feed = ConversationFeed()
        let id: ConversationID = IdentifierGenerator().next()
        let first = feed.subscribe(to: id)
        let second = feed.subscribe(to: id)
        #expect(first.id != second.id && feed.count == 2)
        first.cancel()
        first.cancel()
        #expect(feed.count == 1)
        feed.publish(.status(.agent), to: id)
        #expect(first.take() == .ended && second.takeAll() == [.status(.agent)])
        second.cancel()
        #expect(feed.count == 0)
    }
}
