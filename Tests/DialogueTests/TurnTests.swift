import ConversationDomain
import Dialogue
import Foundation
import Synchronization
import Testing
import TestSupport
import Wire

@Suite struct TurnTests {
    private static let meanings = ["thanks": MessageUnderstanding.accepted("thanks")]
    private static let usedTwice = ChatError(
        .conflict, "this client_message_id was used for another message of the conversation")
    private static let absent = ChatError(.notFound, "there is no such conversation")

    @Test("the same client message id gives the same bytes and runs nothing; another payload is a conflict")
    func replay() async throws {
        let classifier = FakeClassifier(Self.meanings)
        let chat = try await TestChat { $0.classifier = classifier }
        let first = try await chat.send(.text("thanks"), id: "m1")
        let second = try await chat.send(.text("thanks"), id: "m1")
        #expect(!first.isReplay)
        #expect(second == TurnResult(turn: first.turn, body: first.body, isReplay: true))
        #expect(classifier.texts == ["thanks"])
        await #expect(throws: Self.usedTwice) { try await chat.send(.text("other"), id: "m1") }
        await #expect(throws: Self.usedTwice) {
            try await chat.send(.button(intent: IntentName(trusted: "thanks"), slots: [:]), id: "m1")
        }
        #expect(try await chat.stored.lastSeq == 2)
    }

    @Test("a repeat is answered after the conversation was closed too")
    func replayAfterClose() async throws {
        let chat = try await TestChat(Self.meanings)
        let first = try await chat.send(.text("thanks"), id: "m1")
        _ = try await chat.engine.close(chat.conversation.id, as: TestChat.shop)
        #expect(try await chat.send(.text("thanks"), id: "m1").body == first.body)
    }

    @Test("the same client message id in another conversation is another message")
    func idsPerConversation() async throws {
        let store = InMemoryConversationStore()
        for _ in 0..<2 {
            let chat = try await TestChat(Self.meanings, store: store)
            #expect(try await chat.send(.text("thanks"), id: "m1").isReplay == false)
        }
    }

    @Test("another app's conversation is as if absent, for every call; an agent's key sees it")
    func foreign() async throws {
        let chat = try await TestChat(Self.meanings)
        let other = TestChat.principal("other", .chat)
        let (engine, id) = (chat.engine, chat.conversation.id)
        let reply = try await chat.say("thanks").replies[0].id
        let feedback = Feedback(conversation: id, message: reply, rating: .up, comment: nil)
        await #expect(throws: Self.absent) { try await engine.conversation(id, as: other) }
        await #expect(throws: Self.absent) { try await engine.messages(in: id, after: 0, limit: 1, as: other) }
        await #expect(throws: Self.absent) { try await engine.record(feedback, from: nil, as: other) }
        await #expect(throws: Self.absent) { try await engine.close(id, as: other) }
        await #expect(throws: Self.absent) { _ = try await engine.follow(id, as: other) }
        await #expect(throws: Self.absent) { try await chat.send(.text("thanks"), as: other) }
        let stored = try await chat.stored
        #expect(try await engine.conversation(id, as: TestChat.principal("desk", .admin)) == stored)
    }

    @Test("a key without the chat scope is refused")
    func scope() async throws {
        let chat = try await TestChat()
        let searcher = TestChat.principal("shop", .search)
        let refusal = ChatError(.forbidden, "this key lacks the scope 'chat'")
        await #expect(throws: refusal) { try await chat.engine.start(ConversationRequest(), as: searcher) }
        await #expect(throws: refusal) { try await chat.send(.text("hi"), as: searcher) }
    }

    @Test("a closed conversation takes no message, and closing twice tells the followers once")
    func closed() async throws {
        let chat = try await TestChat()
        let subscription = try await chat.engine.follow(chat.conversation.id, as: TestChat.shop)
        for _ in 0..<2 {
            #expect(try await chat.engine.close(chat.conversation.id, as: TestChat.shop).status == .closed)
        }
        await #expect(throws: ChatError(.conflict, "the conversation is closed")) { try await chat.say("hi there") }
        subscription.cancel()
        #expect(subscription.takeAll() == [.status(.closed)])
    }

    @Test("feedback is kept for a reply of the conversation and refused for anything else")
    func feedback() async throws {
        let chat = try await TestChat(Self.meanings)
        let turn = try await chat.say("thanks")
        let verdict = Feedback(
            conversation: chat.conversation.id, message: turn.replies[0].id, rating: .down, comment: "meh")
        try await chat.engine.record(verdict, from: nil, as: TestChat.shop)
        #expect(chat.store.feedback(on: turn.replies[0].id) == verdict)
        let own = Feedback(conversation: chat.conversation.id, message: turn.message.id, rating: .up, comment: nil)
        await #expect(throws: ChatError(.notFound, "there is no such reply in this conversation")) {
            try await chat.engine.record(own, from: nil, as: TestChat.shop)
        }
    }

    @Test("a turn's body is the wire format, every field there, absent ones as null")
    func wire() async throws {
        let result = try await TestChat().send(.text("qwert zuiop"))
        #expect(result.turn.encodedBody() == result.body)
        let json = try #require(try JSONSerialization.jsonObject(with: result.body) as? [String: Any])
        #expect(Set(json.keys) == ["message", "replies", "decision", "status"])
        let decision = try #require(json["decision"] as? [String: Any])
        #expect(
            Set(decision.keys) == [
                "action", "intent", "confidence", "threshold", "ranking", "rule", "template", "knowledge", "model",
                "labelled", "labels", "candidates", "elapsed_ms",
            ])
        #expect(decision["intent"] is NSNull && json["status"] as? String == "bot")
    }

    @Test("a turn records what the other classifiers say of the message, and a button has none")
    func labels() async throws {
        func judgement(_ classifier: String, _ labels: [(String, Double)]) -> LabelJudgement {
            LabelJudgement(
                classifier: ClassifierName(trusted: classifier),
                ranking: labels.map { LabelScore(label: LabelName(trusted: $0), confidence: $1) }, isAccepted: false)
        }
        let understood = MessageUnderstanding(
            model: MessageUnderstanding.testModel, ranking: [], threshold: 0.7, verdict: .outOfScope, entities: [],
            embedding: [1, 0],
            labels: [
                judgement("sentiment", [("negative", 0.75), ("positive", 0.25)]), judgement("urgency", [("high", 1)]),
            ])
        let chat = try await TestChat(["what a mess": understood])
        let turn = try await chat.say("what a mess")
        let expected = [
            ClassifierName(trusted: "sentiment"): LabelScore(label: LabelName(trusted: "negative"), confidence: 0.75),
            ClassifierName(trusted: "urgency"): LabelScore(label: LabelName(trusted: "high"), confidence: 1),
        ]
        #expect(turn.decision?.labels == expected)
        #expect(try await chat.press("order.status").decision?.labels == [:])
    }

    @Test("the observer hears of each new turn with its action, not of repeats")
    func observer() async throws {
        let observer = Observer()
        let chat = try await TestChat(Self.meanings) { $0.observer = observer }
        for _ in 0..<2 { _ = try await chat.send(.text("thanks"), id: "m1") }
        try await chat.say("qwert zuiop")
        _ = try await chat.store.setStatus(.agent, of: chat.conversation.id)
        try await chat.say("hello")
        #expect(observer.heard.withLock { $0 } == [.answer, .fallback, nil])
    }

    @Test("a turn that could not be committed left nothing behind, and the next one runs")
    func failedCommit() async throws {
        struct DiskFull: Error {}
        let failures = Mutex(1)
        let store = InMemoryConversationStore {
            let fails = failures.withLock { left in
                defer { left -= 1 }
                return left > 0
            }
            if fails { throw DiskFull() }
        }
        let chat = try await TestChat(Self.meanings, store: store)
        let subscription = try await chat.engine.follow(chat.conversation.id, as: TestChat.shop)
        await #expect(throws: DiskFull.self) { try await chat.send(.text("thanks"), id: "m1") }
        #expect(try await chat.stored.lastSeq == 0)
        let turn = try await chat.send(.text("thanks"), id: "m1")
        #expect(!turn.isReplay && turn.turn.replies.map(\.seq) == [2])
        subscription.cancel()
        #expect(subscription.takeAll() == [.turn(turn.turn, origin: nil)])
    }

    private final class Observer: TurnObserver {
        let heard = Mutex<[Action?]>([])

        func turnFinished(action: Action?, seconds: Double) {
            heard.withLock { $0.append(seconds > 0 ? action : .handoff) }
        }
    }
}
