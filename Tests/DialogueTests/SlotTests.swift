import ConversationDomain
import Dialogue
import Testing
import TestSupport

@testable import Wording

@Suite struct SlotTests {
    private static let status = MessageUnderstanding.accepted("order.status")
    private static let meanings: [String: MessageUnderstanding] = [
        "where is it": status, "A1234567": .values(("order_number", "A1234567")),
        "I want to book": .accepted("trip.book"),
    ]

    @Test("an order question asks for the number first, then answers with it, unescaped")
    func asksThenAnswers() async throws {
        let chat = try await TestChat(Self.meanings)
        let asked = try await chat.say("where is it")
        #expect(asked.texts == ["Which order?"])
        #expect(asked.decision?.action == .ask && asked.rule == "slot.ask")
        let answered = try await chat.say("A1234567")
        #expect(answered.texts == ["Order A1234567 <is> on its way."])
        #expect(answered.decision?.action == .answer && answered.rule == "slot.filled")
        #expect(answered.decision?.template == "order.status#1@v1")
        let state = try #require(chat.store.state(of: chat.conversation.id))
        #expect(state.slots == ["order_number": "A1234567"] && state.lastVariants == ["order.status": 1])
        #expect(state.pendingIntent == nil && state.awaitedSlot == nil && state.askCount == 0)
        #expect(state.topic?.subject == .intent(IntentName(trusted: "order.status")) && state.turn == 2)
    }

    @Test("a number in the question itself is not asked for")
    func givenAtOnce() async throws {
        let chat = try await TestChat(["where is B7": .accepted("order.status", 0.9, ("order_number", "B7"))])
        let turn = try await chat.say("where is B7")
        #expect(turn.texts == ["Order B7 <is> on its way."])
        #expect(turn.rule == "intent.accepted")
    }

    @Test("a number that is known from one intent is used by the next, until a newer one comes")
    func reuse() async throws {
        let chat = try await TestChat([
            "where is B7": .accepted("order.status", 0.9, ("order_number", "B7")),
            "cancel it": .accepted("order.cancel"),
            "and cancel C8": .accepted("order.cancel", 0.9, ("order_number", "C8")),
        ])
        try await chat.say("where is B7")
        #expect(try await chat.say("cancel it").texts == ["Cancel B7 on its page."])
        #expect(try await chat.say("and cancel C8").texts == ["Cancel C8 on its page."])
        #expect(try await chat.say("cancel it").texts == ["Cancel C8 on its page."])
    }

    @Test("two slots of one kind are asked for one after the other, and each keeps its own answer")
    func oneAfterTheOther() async throws {
        let meanings = Self.meanings.merging([
            "May 1": .values(("date", "2026-05-01")), "May 3": .values(("date", "2026-05-03")),
        ]) { $1 }
        let chat = try await TestChat(meanings)
        #expect(try await chat.say("I want to book").texts == ["Leaving when?"])
        #expect(try await chat.say("May 1").texts == ["Back when?"])
        #expect(try await chat.say("May 3").texts == ["2026-05-01 to 2026-05-03"])
    }

    @Test("one message fills several slots, also after a question")
    func severalAtOnce() async throws {
        let both = MessageUnderstanding.values(("date", "2026-05-01"), ("date", "2026-05-03"))
        let chat = try await TestChat(
            Self.meanings.merging(["from the first to the third of May, please": both]) { $1 })
        try await chat.say("I want to book")
        let turn = try await chat.say("from the first to the third of May, please")
        #expect(turn.texts == ["2026-05-01 to 2026-05-03"])
    }

    @Test("what has no number is asked for again, and after the second failure a person is offered, whom yes calls")
    func givesUp() async throws {
        let chat = try await TestChat(Self.meanings)
        try await chat.say("where is it")
        let again = try await chat.say("hmm one")
        #expect(again.rule == "slot.reask" && again.decision?.action == .ask)
        #expect(again.texts[0].hasSuffix(" Which order?"))
        let last = try await chat.say("hmm two")
        #expect(last.rule == "slot.given_up")
        #expect(last.replies[0].buttons == [Button(title: "Talk to a person", intent: .agentRequest)])
        #expect(try await chat.say("yes").status == .waiting)
    }

    @Test("asking the same thing again instead of answering is an attempt too")
    func sameQuestion() async throws {
        let chat = try await TestChat(Self.meanings)
        let rules = try await [
            chat.say("where is it"), chat.say("where is it"), chat.say("where is it"), chat.say("where is it"),
        ].map(\.rule)
        #expect(rules == ["slot.ask", "slot.repeated", "slot.repeated", "slot.given_up"])
    }

    @Test("who waits for a person already is not offered one again")
    func givesUpWhileWaiting() async throws {
        let chat = try await TestChat(Self.meanings)
        try await chat.press("agent.request")
        try await chat.say("where is it")
        try await chat.say("hmm one")
        let last = try await chat.say("hmm two")
        #expect(PhraseBook.shipped.variants(.personAskedAlready, in: .english).contains(last.texts[0]))
        #expect(last.replies[0].buttons.isEmpty)
    }

    @Test(
        "a short way out drops the question", arguments: ["Never mind!", "cancel.", "No, thanks", "算了", "不用了。", "取消"])
    func cancels(text: String) async throws {
        let chat = try await TestChat(Self.meanings)
        try await chat.say("where is it")
        let dropped = try await chat.say(text)
        #expect(dropped.rule == "slot.cancelled" && dropped.replies.count == 1)
        let state = try #require(chat.store.state(of: chat.conversation.id))
        #expect(state.pendingIntent == nil && state.awaitedSlot == nil && state.askCount == 0 && state.slots.isEmpty)
        #expect(try await chat.say("A1234567").rule == "value.alone")
    }

    @Test("a long message that has the way out in it is not one")
    func longMessageDoesNotCancel() async throws {
        let chat = try await TestChat(Self.meanings)
        try await chat.say("where is it")
        #expect(try await chat.say("I tried to cancel but never mind that, my parcel is late").rule == "slot.reask")
    }

    @Test("another accepted intent changes the subject for good")
    func changesMind() async throws {
        let chat = try await TestChat(Self.meanings.merging(["your opening times": .accepted("hours")]) { $1 })
        try await chat.say("where is it")
        let changed = try await chat.say("your opening times")
        #expect(changed.rule == "intent.changed" && changed.decision?.action == .answer)
        #expect(try await chat.say("A1234567").rule == "value.alone")
    }

    @Test("another intent below its threshold does not change the subject")
    func unsureDoesNotChange() async throws {
        let chat = try await TestChat(Self.meanings.merging(["opening": .unsure("hours", 0.6)]) { $1 })
        try await chat.say("where is it")
        #expect(try await chat.say("opening").rule == "slot.reask")
    }

    @Test("a question that knowledge answers is answered, then the slot is asked again, at no cost")
    func aside() async throws {
        let chat = try await TestChat(Self.meanings, knowledge: ["do you gift-wrap": .found("wrap")])
        try await chat.say("where is it")
        for _ in 0..<4 {
            let aside = try await chat.say("do you gift-wrap")
            #expect(aside.texts[0].hasPrefix("see wrap\n\n") && aside.texts[0].hasSuffix(" https://shop.example/a"))
            #expect(aside.texts.dropFirst() == ["Which order?"])
            #expect(aside.decision?.action == .search && aside.decision?.knowledge?.rawValue == "wrap")
        }
        #expect(try await chat.say("A1234567").rule == "slot.filled")
    }

    @Test("a question about a slot that the content lost meanwhile is forgotten")
    func lostIntent() async throws {
        let chat = try await TestChat(Self.meanings)
        try await chat.say("where is it")
        let lost = try await TestChat(Self.meanings, content: BotContent(intents: []), store: chat.store)
        let message = InboundMessage(conversation: chat.conversation.id, content: .text("A1234567"))
        #expect(try await lost.engine.respond(to: message, as: TestChat.shop).turn.rule == "out_of_scope")
        let state = try #require(chat.store.state(of: chat.conversation.id))
        #expect(state.pendingIntent == nil && state.misses == 1)
    }
}
