import ConversationDomain
import Foundation
import GRDB
import SQLiteStore
import Testing

@Suite struct ConversationStoreTests {
    let fixture: StoreFixture

    init() throws { fixture = try StoreFixture() }

    @Test("a conversation is read back as it was created")
    func roundTrip() async throws {
        let conversation = try await fixture.conversation()
        #expect(try await fixture.conversations.conversation(conversation.id) == conversation)
        #expect(try await fixture.conversations.conversation(StoreFixture.ids.next()) == nil)
    }

    @Test("a committed turn is found by its client message id, byte for byte")
    func turnRoundTrip() async throws {
        let conversation = try await fixture.conversation()
        let commit = try StoreFixture.commit("我的快递呢", to: conversation, clientMessageID: "c-1")
        try await fixture.conversations.commit(commit)

        let context = try #require(try await fixture.conversations.turnContext(conversation.id, clientMessageID: "c-1"))
        #expect(context.repeated == commit.stored)
        #expect(context.state == commit.state)
        #expect(context.conversation == commit.conversation)
        #expect(try await fixture.conversations.turnContext(conversation.id, clientMessageID: "c-2")?.repeated == nil)
        let page = try await fixture.conversations.messages(in: conversation.id, after: 0, limit: 10)
        #expect(page == MessagePage(messages: [commit.stored.turn.message] + commit.stored.turn.replies, lastSeq: 2))
    }

    @Test("a page begins after the given seq and has no more than the limit")
    func paging() async throws {
        var conversation = try await fixture.conversation()
        for number in 1...3 {
            let commit = try StoreFixture.commit("\(number)", to: conversation)
            try await fixture.conversations.commit(commit)
            conversation = commit.conversation
        }
        let page = try await fixture.conversations.messages(in: conversation.id, after: 2, limit: 3)
        #expect(page.messages.map(\.seq) == [3, 4, 5])
        #expect(page.lastSeq == 6)
    }

    @Test("two turns from the same seq: one is committed, the other is a conflict and leaves nothing")
    func staleTurn() async throws {
        let conversation = try await fixture.conversation()
        let winner = try StoreFixture.commit("first", to: conversation)
        try await fixture.conversations.commit(winner)
        await #expect(throws: ChatError.self) {
            try await fixture.conversations.commit(try StoreFixture.commit("second", to: conversation))
        }
        let page = try await fixture.conversations.messages(in: conversation.id, after: 0, limit: 10)
        #expect(page.messages.map(\.text) == ["first", "“first”?"])
    }

    @Test("turns that fail among many that share a commit undo only themselves")
    func groupCommit() async throws {
        let good = try await withThrowingTaskGroup { group in
            for _ in 0..<40 { group.addTask { try await fixture.conversation() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let store = fixture.conversations
        let outcomes = try await withThrowingTaskGroup(of: Bool.self) { group in
            for (index, conversation) in good.enumerated() {
                var target = conversation
                if index.isMultiple(of: 4) { target.lastSeq = 7 }
                let commit = try StoreFixture.commit("hi", to: target)
                group.addTask { (try? await store.commit(commit)) != nil }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 } == 30)
        var messages = 0
        for conversation in good {
            messages += try await store.messages(in: conversation.id, after: 0, limit: 10).messages.count
        }
        #expect(messages == 60)
    }

    @Test("a closed conversation takes no turn")
    func closed() async throws {
        let conversation = try await fixture.conversation()
        #expect(try await fixture.conversations.setStatus(.closed, of: conversation.id)?.status == .closed)
        await #expect(throws: ChatError.self) {
            try await fixture.conversations.commit(try StoreFixture.commit("late", to: conversation))
        }
        #expect(try await fixture.conversations.setStatus(.closed, of: StoreFixture.ids.next()) == nil)
    }

    @Test("feedback is kept for replies only, the last verdict counts")
    func feedback() async throws {
        let conversation = try await fixture.conversation()
        let commit = try StoreFixture.commit("hi", to: conversation)
        try await fixture.conversations.commit(commit)
        let turn = commit.stored.turn
        func rate(_ message: MessageID, _ rating: Feedback.Rating) async throws -> Bool {
            try await fixture.conversations.record(
                Feedback(conversation: conversation.id, message: message, rating: rating, comment: nil),
                at: StoreFixture.time)
        }
        #expect(try await rate(turn.message.id, .up) == false)
        #expect(try await rate(turn.replies[0].id, .up))
        #expect(try await rate(turn.replies[0].id, .down))
        let queue = try DatabaseQueue(path: fixture.file.path)
        #expect(try await queue.read { try String.fetchAll($0, sql: "SELECT rating FROM feedback") } == ["down"])
    }

    @Test("the schema itself refuses a second turn with the same client message id, and a gap-free seq twice")
    func uniqueness() async throws {
        let conversation = try await fixture.conversation()
        let first = try StoreFixture.commit("one", to: conversation, clientMessageID: "same")
        try await fixture.conversations.commit(first)
        let second = try StoreFixture.commit("two", to: first.conversation, clientMessageID: "same")
        await #expect(throws: (any Error).self) { try await fixture.conversations.commit(second) }
        #expect(try await fixture.conversations.conversation(conversation.id)?.lastSeq == 2)
    }
}
