import ConversationDomain
import Foundation
import GRDB
import Testing

@testable import SQLiteStore
import Wire

@Suite("A conversation that is stored with its first turn")
struct FirstTurnTests {
    private let fixture: StoreFixture
    private let new: Conversation

    init() throws {
        fixture = try StoreFixture()
        new = Conversation(
            id: StoreFixture.ids.next(), app: AppName(trusted: "shop"), locale: .chinese, channel: .web,
            visitor: Visitor(name: "王芳"), metadata: .object(["page": .string("/cart")]), createdAt: StoreFixture.time)
    }

    private func first(_ text: String = "hi", account: StorageAccount? = nil, reason: ReviewReason? = nil) throws
        -> TurnCommit
    {
        let commit = try StoreFixture.commit(text, to: new, clientMessageID: "m1")
        return TurnCommit(
            stored: commit.stored, conversation: commit.conversation, previousSeq: 0, state: commit.state,
            reviewReason: reason, createsConversation: true, account: account)
    }

    private func count(_ table: String) throws -> Int {
        try fixture.database.lookUp { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? 0 }
    }

    @Test("conversation and turn are written in one transaction")
    func together() async throws {
        let commit = try first()
        try await fixture.conversations.commit(commit)
        let context = try #require(try await fixture.conversations.turnContext(new.id, clientMessageID: "m1"))
        #expect(context.conversation == commit.conversation)
        #expect(context.state == commit.state && context.repeated == commit.stored && context.isStored)
    }

    @Test("when the turn cannot be written, neither is the conversation")
    func rollback() async throws {
        let other = try StoreFixture.commit("x", to: try await fixture.conversation())
        try await fixture.conversations.commit(other)
        let commit = try first()
        // A message of this id is there already.
        let message = Message(
            id: other.stored.turn.message.id, seq: 1, from: .visitor, text: "hi", createdAt: StoreFixture.time)
        let turn = Turn(
            id: StoreFixture.ids.next(), conversation: new.id, message: message, replies: [], decision: nil,
            status: .bot, clientMessageID: nil)
        let bad = TurnCommit(
            stored: StoredTurn(turn: turn, content: .text("hi"), body: turn.encodedBody()),
            conversation: commit.conversation, previousSeq: 0, state: commit.state, createsConversation: true)
        await #expect(throws: (any Error).self) { try await fixture.conversations.commit(bad) }
        #expect(try await fixture.conversations.conversation(new.id) == nil)
        #expect(try count("conversation") == 1)
    }

    @Test("a conversation that is there already is a conflict and stays as it is")
    func twice() async throws {
        try await fixture.conversations.commit(try first())
        await #expect(throws: ChatError.self) { try await fixture.conversations.commit(try first("again")) }
        #expect(try await fixture.conversations.conversation(new.id)?.lastSeq == 2)
        #expect(try count("message") == 2)
    }

    @Test("what a turn adds is counted for its app and hour in the same transaction, and so is feedback")
    func accounts() async throws {
        let account = StorageAccount(app: AppName(trusted: "shop"), hour: 494_444)
        let bytes = try await fixture.conversations.commit(try first(account: account))
        #expect(try await fixture.conversations.storageUse(since: 0) == [StorageUse(account: account, bytes: bytes)])
        await #expect(throws: ChatError.self) {
            try await fixture.conversations.commit(try first("again", account: account))
        }
        let reply = try #require(
            try await fixture.conversations.messages(in: new.id, after: 1, limit: 1).messages.first)
        let feedback = Feedback(conversation: new.id, message: reply.id, rating: .up, comment: "thank you")
        #expect(try await fixture.conversations.record(feedback, at: StoreFixture.time, account: account))
        #expect(
            try await fixture.conversations.storageUse(since: 494_444)
                == [StorageUse(account: account, bytes: bytes + feedback.storedBytes)])
        #expect(try await fixture.conversations.storageUse(since: 494_445).isEmpty)
    }

    @Test(
        "the bytes that are counted are those by which the file grows, within a tenth",
        arguments: [20, 400, 900, 2_000])
    func size(length: Int) async throws {
        let store = fixture.conversations
        func pages() throws -> Int {
            try fixture.database.lookUp { try Int.fetchOne($0, sql: "PRAGMA page_count") ?? 0 }
        }
        var counted = 0
        func talk(_ conversations: Int) async throws {
            for number in 0..<conversations {
                var current = Conversation(
                    id: StoreFixture.ids.next(), app: AppName(trusted: "shop"), locale: .english, channel: .web,
                    metadata: .object(["page": .string(String(repeating: "p", count: length))]),
                    createdAt: StoreFixture.time)
                for turn in 0..<4 {
                    let text = "\(number) \(turn) " + String(repeating: "x", count: length)
                    let commit = try StoreFixture.commit(text, to: current, clientMessageID: "m\(turn)")
                    counted += try await store.commit(
                        TurnCommit(
                            stored: commit.stored, conversation: commit.conversation, previousSeq: current.lastSeq,
                            state: commit.state, reviewReason: turn == 0 ? .rejected : nil,
                            createsConversation: turn == 0))
                    current = commit.conversation
                }
            }
        }
        try await talk(20)
        counted = 0
        let before = try pages()
        try await talk(200)
        let grown = (try pages() - before) * 4_096
        #expect((0.9...1.1).contains(Double(counted) / Double(grown)), "\(counted) counted, \(grown) grown")
    }
}
