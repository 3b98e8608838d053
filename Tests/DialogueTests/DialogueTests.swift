import ConversationDomain
import Dialogue
import Foundation
import Testing

private typealias Understood = FakeClassifier

@Suite struct SlotTests {
    private let status = Understood.understanding([("order.status", 0.9)])
    private let number = Understood.understanding(
        [("thanks", 0.2)], verdict: .belowThreshold, entities: [("order_number", "A1234567")])

    @Test("an order question asks for the order number first, then answers with it, unescaped")
    func asksThenAnswers() async throws {
        let chat = try await TestChat(meanings: ["where is it": status, "A1234567": number])
        let asked = try await chat.say("where is it")
        #expect(asked.replies.map(\.text) == ["Which order?"])
        #expect(asked.decision?.action == .ask)
        let answered = try await chat.say("A1234567")
        #expect(answered.replies.map(\.text) == ["Order A1234567 <is> on its way."])
        #expect(answered.decision?.rule == "slot.filled")
        #expect(answered.decision?.template == "order.status#1@v1")
    }

    @Test("a number given at once is not asked for")
    func givenAtOnce() async throws {
        let both = Understood.understanding([("order.status", 0.9)], entities: [("order_number", "B7654321")])
        let chat = try await TestChat(meanings: ["where is B7654321": both])
        #expect(try await chat.say("where is B7654321").replies.map(\.text) == ["Order B7654321 <is> on its way."])
    }

    @Test("what is no number is asked for again, twice, and then a person is offered")
    func reasksAndGivesUp() async throws {
        let chat = try await TestChat(meanings: ["where is it": status])
        _ = try await chat.say("where is it")
        #expect(try await chat.say("hmm one").decision?.rule == "slot.reask")
        #expect(try await chat.say("hmm two").decision?.rule == "slot.reask")
        let last = try await chat.say("hmm three")
        #expect(last.decision?.rule == "slot.given_up")
        #expect(last.replies[0].buttons.map(\.intent) == [.agentRequest])
    }

    @Test("never mind drops the question", arguments: ["Never mind!", "算了", "cancel"])
    func cancels(text: String) async throws {
        let chat = try await TestChat(meanings: ["where is it": status, "A1234567": number])
        _ = try await chat.say("where is it")
        #expect(try await chat.say(text).decision?.rule == "slot.cancelled")
        #expect(try await chat.say("A1234567").decision?.action == .fallback)
    }

    @Test(
        "another accepted intent changes the subject, a question that knowledge knows is answered and the slot asked again"
    )
    func changesMind() async throws {
        let thanks = Understood.understanding([("thanks", 0.95)])
        let chat = try await TestChat(
            meanings: ["where is it": status, "thanks": thanks],
            hits: ["do you gift-wrap": TestChat.hit("wrap", score: 0.8)])
        _ = try await chat.say("where is it")
        let aside = try await chat.say("do you gift-wrap")
        #expect(aside.replies.map(\.text) == ["the answer\n\nMore about this: https://shop.example/a", "Which order?"])
        #expect(aside.decision?.knowledge == KnowledgeID(trusted: "wrap"))
        let changed = try await chat.say("thanks")
        #expect(changed.decision?.rule == "intent.changed")
        #expect(changed.decision?.action == .answer)
    }
}

@Suite struct AnswerTests {
    private let thanks = Understood.understanding([("thanks", 0.95)])

    @Test("a variant is never used twice in a row")
    func variants() async throws {
        let chat = try await TestChat(meanings: ["thanks": thanks])
        var texts: [String] = []
        for _ in 0..<12 { texts.append(try await chat.say("thanks").replies[0].text) }
        #expect(zip(texts, texts.dropFirst()).allSatisfy { $0 != $1 })
        #expect(Set(texts) == ["one", "two", "three"])
    }

    @Test("the answer with a condition that holds goes before the one without")
    func conditions() async throws {
        let hours = Understood.understanding([("hours", 0.95)])
        #expect(try await TestChat(meanings: ["h": hours]).say("h").replies[0].text == "see the page")
        #expect(try await TestChat(meanings: ["h": hours], channel: .api).say("h").replies[0].text == "9 to 21")
    }

    @Test("the bot answers in the language that the visitor writes and stays with it")
    func language() async throws {
        let chat = try await TestChat(meanings: ["谢谢你": thanks, "thank you very much": thanks, "👍": thanks])
        #expect(["一", "二", "三"].contains(try await chat.say("谢谢你").replies[0].text))
        #expect(["一", "二", "三"].contains(try await chat.say("👍").replies[0].text))
        #expect(["one", "two", "three"].contains(try await chat.say("thank you very much").replies[0].text))
        #expect(try await chat.store.conversation(chat.conversation.id)?.locale == .english)
    }

    @Test("two close intents are offered as buttons, with a person beside them")
    func clarifies() async throws {
        let close = Understood.understanding(
            [("hours", 0.48), ("thanks", 0.45)],
            verdict: .ambiguous([IntentName(trusted: "hours"), IntentName(trusted: "thanks")]))
        let turn = try await TestChat(meanings: ["?!": close]).say("?!")
        #expect(turn.decision?.action == .clarify)
        #expect(turn.replies[0].buttons.map(\.title) == ["about hours", "about thanks", "Talk to a person"])
    }

    @Test("a likely intent that was not accepted is asked about; an unlikely one is a miss")
    func likely() async throws {
        let likely = Understood.understanding([("hours", 0.6)], verdict: .belowThreshold)
        let unlikely = Understood.understanding([("hours", 0.2)], verdict: .belowThreshold)
        let chat = try await TestChat(meanings: ["maybe": likely, "hardly": unlikely])
        #expect(try await chat.say("maybe").decision?.rule == "intent.likely")
        #expect(try await chat.say("hardly").decision?.rule == "low_confidence")
    }

    @Test("the entry's own question goes before an accepted intent, a merely related one does not")
    func exactKnowledge() async throws {
        let chat = try await TestChat(
            meanings: ["a": thanks, "b": thanks],
            hits: ["a": TestChat.hit("exact", score: 0.99), "b": TestChat.hit("related", score: 0.7)])
        #expect(try await chat.say("a").decision?.rule == "knowledge.exact")
        #expect(try await chat.say("b").decision?.rule == "intent.accepted")
    }

    @Test("a hit below the knowledge base's own threshold is not given")
    func rejectedHit() async throws {
        let chat = try await TestChat(hits: ["x y": TestChat.hit("far", score: 0.3, accepted: false)])
        #expect(try await chat.say("x y").decision?.action == .fallback)
    }

    @Test("a pressed button takes its intent and slots as given; one whose intent is gone is a miss, not an error")
    func buttons() async throws {
        let chat = try await TestChat()
        #expect(
            try await chat.press("order.status", slots: ["order_number": "C1"]).replies[0].text
                == "Order C1 <is> on its way.")
        #expect(try await chat.press("no.such").decision?.rule == "button.unknown")
    }
}

@Suite struct HandoffTests {
    @Test("the second miss in a row offers a person, and yes accepts")
    func misses() async throws {
        let chat = try await TestChat()
        #expect(try await chat.say("qwert zuiop").decision?.rule == "out_of_scope")
        let offered = try await chat.say("asdf ghjk")
        #expect(offered.decision?.rule == "miss.handoff_offered")
        #expect(offered.status == .bot)
        let accepted = try await chat.say("Yes, please!")
        #expect(accepted.status == .waiting)
        #expect(accepted.replies.map(\.text) == ["A person comes."])
        #expect(
            try await chat.store.conversation(chat.conversation.id)?.handoffReason
                == "the visitor accepted the offer of a person")
    }

    @Test("while a person is awaited the bot goes on answering; once an agent has it the bot is silent")
    func waitingAndAgent() async throws {
        let chat = try await TestChat(meanings: ["thanks": Understood.understanding([("thanks", 0.95)])])
        #expect(try await chat.press("agent.request").status == .waiting)
        #expect(try await chat.say("thanks").replies.count == 1)
        #expect(try await chat.press("agent.request").decision?.rule == "agent.requested_again")
        _ = try await chat.store.setStatus(.agent, of: chat.conversation.id)
        let silent = try await chat.say("thanks")
        #expect(silent.replies.isEmpty)
        #expect(silent.decision == nil)
    }
}

@Suite struct TurnTests {
    private let thanks = Understood.understanding([("thanks", 0.95)])

    private func code(_ body: () async throws -> Void) async -> ChatError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? ChatError)?.code
        }
    }

    @Test("the same client message id gives the same bytes and runs nothing; other content is a conflict")
    func replay() async throws {
        let chat = try await TestChat(meanings: ["thanks": thanks])
        let first = try await chat.result(.text("thanks"), id: "m1")
        let second = try await chat.result(.text("thanks"), id: "m1")
        #expect(!first.isReplay && second.isReplay)
        #expect(first.body == second.body && first.turn == second.turn)
        #expect(await code { _ = try await chat.result(.text("other"), id: "m1") } == .conflict)
        #expect(try await chat.store.conversation(chat.conversation.id)?.lastSeq == 2)
    }

    @Test("a hundred messages at once in one conversation are each answered once, seq without gaps")
    func concurrency() async throws {
        let chat = try await TestChat(meanings: ["thanks": thanks])
        let served = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<100 { group.addTask { (try? await chat.say("thanks")) != nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        let page = try await chat.store.messages(in: chat.conversation.id, after: 0, limit: 500)
        #expect(page.messages.map(\.seq) == Array(1...(served * 2)))
        #expect(served >= 33)
    }

    @Test("another app's conversation is as if absent, and a closed one takes nothing")
    func foreignAndClosed() async throws {
        let chat = try await TestChat()
        let other = Principal(
            key: IdentifierGenerator().next(), kind: .secret, app: AppName(trusted: "other"), scopes: [.chat])
        #expect(await code { _ = try await chat.engine.conversation(chat.conversation.id, as: other) } == .notFound)
        let message = InboundMessage(conversation: chat.conversation.id, content: .text("hi"))
        #expect(await code { _ = try await chat.engine.respond(to: message, as: other) } == .notFound)
        _ = try await chat.engine.close(chat.conversation.id, as: TestChat.shop)
        #expect(await code { _ = try await chat.say("hi there") } == .conflict)
        let mute = Principal(key: other.key, kind: .secret, app: other.app, scopes: [.search])
        #expect(await code { _ = try await chat.engine.start(ConversationRequest(), as: mute) } == .forbidden)
    }

    @Test("a follower sees turns in commit order and knows its own")
    func feed() async throws {
        let chat = try await TestChat(meanings: ["thanks": thanks])
        let subscription = try await chat.engine.follow(chat.conversation.id, as: TestChat.shop)
        let own = try await chat.engine.respond(
            to: InboundMessage(conversation: chat.conversation.id, content: .text("thanks"), origin: subscription.id),
            as: TestChat.shop)
        let other = try await chat.say("thanks")
        _ = try await chat.engine.close(chat.conversation.id, as: TestChat.shop)
        var events = subscription.events.makeAsyncIterator()
        #expect(await events.next() == .turn(own.turn, origin: subscription.id))
        #expect(await events.next() == .turn(other, origin: nil))
        #expect(await events.next() == .status(.closed))
        subscription.cancel()
        #expect(await events.next() == nil)
        #expect(chat.engine.subscriptions == 0)
    }

    @Test("a follower that does not read is ended rather than kept in memory")
    func slowFollower() async throws {
        let chat = try await TestChat(meanings: ["thanks": thanks])
        let subscription = try await chat.engine.follow(chat.conversation.id, as: TestChat.shop)
        for _ in 0..<300 { _ = try await chat.say("thanks") }
        #expect(chat.engine.subscriptions == 0)
        var seen = 0
        for await _ in subscription.events { seen += 1 }
        #expect(seen == 256)
    }

    @Test("a decision's JSON has every field, absent ones as null")
    func wire() async throws {
        let chat = try await TestChat()
        let body = try await chat.result(.text("qwert zuiop"), id: nil).body
        let json = try #require(try JSONSerialization.jsonObject(with: body) as? [String: Any])
        let decision = try #require(json["decision"] as? [String: Any])
        #expect(
            Set(decision.keys) == [
                "action", "intent", "confidence", "threshold", "ranking", "rule", "template", "knowledge", "model",
                "elapsed_ms",
            ])
        #expect(decision["intent"] is NSNull)
        #expect(json["status"] as? String == "bot")
    }
}

@Suite struct TemplateSyntaxTests {
    @Test("variables are found, with and without spaces")
    func variables() throws {
        #expect(try TemplateSyntax.variables(in: "a {{ b }} c{{d}}{{b}}") == ["b", "d", "b"])
        #expect(try TemplateSyntax.variables(in: "no { braces } here") == [])
    }

    @Test(
        "everything but variables is refused",
        arguments: [
            "{{#a}}x{{/a}}", "{{^a}}", "{{>p}}", "{{{a}}}", "{{&a}}", "{{!c}}", "{{=<% %>=}}", "{{a", "a}}", "{{a b}}",
            "{{}}",
        ])
    func refused(text: String) {
        #expect(throws: TemplateSyntaxError.self) { try TemplateSyntax.variables(in: text) }
    }
}
