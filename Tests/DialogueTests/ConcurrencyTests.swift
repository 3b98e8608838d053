import ConversationDomain
import Testing
import TestSupport

@testable import Dialogue

@Suite(.timeLimit(.minutes(1))) struct ConcurrencyTests {
    private static let meanings = ["thanks": MessageUnderstanding.accepted("thanks")]
    private static let refusal = ChatError(
        .overloaded, "too many messages of this conversation wait for an answer", retryAfter: 1)

    @Test("a hundred messages at once in one conversation are each answered once, in turns without gaps")
    func hundred() async throws {
        let chat = try await TestChat(Self.meanings) { $0.waitingMessages = 100 }
        let turns = try await withThrowingTaskGroup(of: Turn.self) { group in
            for number in 0..<100 {
                group.addTask { try await chat.send(.text("thanks"), id: "m\(number)").turn }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let page = try await chat.store.messages(in: chat.conversation.id, after: 0, limit: 500)
        #expect(page.messages.map(\.seq) == Array(1...200))
        #expect(Set(turns.map(\.clientMessageID)).count == 100)
        #expect(
            turns.sorted { $0.message.seq < $1.message.seq }.flatMap { [$0.message] + $0.replies } == page.messages)
        #expect(
            page.messages.filter { $0.from == .bot }.map(\.inReplyTo)
                == page.messages.filter { $0.from == .visitor }.map(\.id))
        #expect(chat.engine.line.count == 0)
    }

    @Test("one id sent fifty times at once is answered once, all with the same bytes")
    func sameID() async throws {
        let classifier = FakeClassifier(Self.meanings)
        let chat = try await TestChat {
            $0.classifier = classifier
            $0.waitingMessages = 50
        }
        let results = try await withThrowingTaskGroup(of: TurnResult.self) { group in
            for _ in 0..<50 { group.addTask { try await chat.send(.text("thanks"), id: "m1") } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(results.map(\.body)).count == 1)
        #expect(results.count { !$0.isReplay } == 1)
        #expect(classifier.texts == ["thanks"])
    }

    @Test("more than 32 waiting messages of one conversation are refused; other conversations are not held up")
    func bounded() async throws {
        let gate = Gate()
        let held = FakeClassifier(Self.meanings) { await gate.pass() }
        let chat = try await TestChat { $0.classifier = held }
        try await withThrowingTaskGroup(of: ChatError?.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    do {
                        try await chat.say("thanks")
                        return nil
                    } catch let error as ChatError {
                        return error
                    }
                }
            }
            // One runs and 32 wait, so 67 are refused before the gate opens.
            for _ in 0..<67 { #expect(try await group.next() == Self.refusal) }
            #expect(chat.engine.line.waiting(in: chat.conversation.id) == 32)
            let started = try await chat.engine.start(ConversationRequest(), as: TestChat.shop)
            let button = InboundContent.button(intent: IntentName(trusted: "thanks"), slots: [:])
            let other = try await chat.engine.respond(
                to: InboundMessage(conversation: started.id, content: button), as: TestChat.shop)
            #expect(other.turn.replies.count == 1)
            gate.open()
            for _ in 0..<33 { #expect(try await group.next() == .some(nil)) }
        }
        #expect(try await chat.stored.lastSeq == 66)
        #expect(chat.engine.line.count == 0)
    }

    @Test("turns run in the order of their coming")
    func fair() async throws {
        let line = TurnLine(limit: 10)
        let id: ConversationID = IdentifierGenerator().next()
        let gate = Gate()
        let (order, note) = AsyncStream.makeStream(of: Int.self)
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await line.run(id) { await gate.pass() } }
            await gate.arrivals()
            for number in 0..<10 {
                group.addTask { try await line.run(id) { _ = note.yield(number) } }
                while line.waiting(in: id) <= number { await Task.yield() }
            }
            gate.open()
        }
        note.finish()
        #expect(await order.reduce(into: []) { $0.append($1) } == Array(0..<10))
    }

    @Test("a turn that fails lets the next one through")
    func failureLetsThrough() async throws {
        let chat = try await TestChat { $0.classifier = FakeClassifier { throw ChatError(.notReady, "no model") } }
        for _ in 0..<3 {
            await #expect(throws: ChatError(.notReady, "no model")) { try await chat.say("thanks") }
        }
        #expect(chat.engine.line.count == 0)
        #expect(try await chat.press("thanks").message.seq == 1)
    }

    @Test("a caller that goes away, before or during the commit, does not lose the turn", arguments: [true, false])
    func cancelled(isCommitting: Bool) async throws {
        let gate = Gate()
        let store = InMemoryConversationStore {
            if isCommitting {
                await gate.pass()
                try Task.checkCancellation()
            }
        }
        let classifier = FakeClassifier(Self.meanings) {
            if !isCommitting {
                await gate.pass()
                try Task.checkCancellation()
            }
        }
        let chat = try await TestChat(store: store) { $0.classifier = classifier }
        let caller = Task { try await chat.send(.text("thanks"), id: "m1") }
        await gate.arrivals()
        caller.cancel()
        gate.open()
        let first = try await caller.value
        #expect(try await chat.send(.text("thanks"), id: "m1").body == first.body)
        #expect(try await chat.stored.lastSeq == 2)
    }

    @Test("a message that comes while the conversation is being closed is answered before or refused")
    func closing() async throws {
        let gate = Gate()
        let chat = try await TestChat { $0.classifier = FakeClassifier(Self.meanings) { await gate.pass() } }
        async let turn = chat.say("thanks")
        await gate.arrivals()
        async let closed = chat.engine.close(chat.conversation.id, as: TestChat.shop)
        while chat.engine.line.waiting(in: chat.conversation.id) == 0 { await Task.yield() }
        gate.open()
        #expect(try await turn.status == .bot)
        #expect(try await closed.lastSeq == 2)
        await #expect(throws: ChatError(.conflict, "the conversation is closed")) { try await chat.say("thanks") }
    }
}
