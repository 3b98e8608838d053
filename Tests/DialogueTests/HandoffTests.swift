import ConversationDomain
import Dialogue
import Testing
import TestSupport

@testable import Wording

@Suite struct HandoffTests {
    private func afterTwoMisses() async throws -> TestChat {
        let chat = try await TestChat(["thanks": .accepted("thanks")])
        #expect(try await chat.say("qwert zuiop").rule == "out_of_scope")
        let offered = try await chat.say("asdf ghjk")
        #expect(offered.rule == "miss.handoff_offered" && offered.status == .bot)
        #expect(offered.replies[0].buttons == [Button(title: "Talk to a person", intent: .agentRequest)])
        return chat
    }

    @Test(
        "the second miss in a row offers a person, and a plain yes accepts",
        arguments: ["Yes, please!", "ok", "好的", "是的。"])
    func accepts(text: String) async throws {
        let chat = try await afterTwoMisses()
        let accepted = try await chat.say(text)
        #expect(accepted.status == .waiting && accepted.decision?.action == .handoff)
        #expect(accepted.rule == "handoff.accepted")
        #expect(try await chat.stored.handoffReason == "the visitor accepted the offer of a person")
    }

    @Test("a plain no declines, and the misses are counted anew", arguments: ["No.", "no thanks", "不用了", "不需要"])
    func declines(text: String) async throws {
        let chat = try await afterTwoMisses()
        let declined = try await chat.say(text)
        #expect(declined.rule == "handoff.declined" && declined.status == .bot)
        #expect(try await chat.say("yxcv bnml").rule == "out_of_scope")
    }

    @Test("the offer ends with the next message that is about something else")
    func offerEnds() async throws {
        let chat = try await afterTwoMisses()
        #expect(try await chat.say("thanks").rule == "intent.accepted")
        #expect(try await chat.say("yes").status == .bot)
    }

    @Test("an answer in between ends the row of misses")
    func rowEnds() async throws {
        let chat = try await TestChat(["thanks": .accepted("thanks")])
        for text in ["qwert zuiop", "thanks", "asdf ghjk"] { try await chat.say(text) }
        #expect(chat.store.state(of: chat.conversation.id)?.misses == 1)
        #expect(chat.store.state(of: chat.conversation.id)?.handoffOffered == false)
    }

    @Test("a person is asked for once; asking again says so")
    func asksOnce() async throws {
        let chat = try await TestChat(["a human please": .accepted("agent.request")])
        let asked = try await chat.say("a human please")
        #expect(asked.texts == ["A person comes."] && asked.status == .waiting && asked.rule == "agent.requested")
        #expect(try await chat.stored.handoffReason == "the visitor asked for a person")
        let again = try await chat.press("agent.request")
        #expect(again.rule == "agent.requested_again" && again.status == .waiting)
        #expect(try await chat.stored.handoffReason == "the visitor asked for a person")
    }

    @Test("a person can be asked for while a slot is awaited")
    func whileAsked() async throws {
        let chat = try await TestChat([
            "where is it": .accepted("order.status"), "a human please": .accepted("agent.request"),
        ])
        try await chat.say("where is it")
        #expect(try await chat.say("a human please").status == .waiting)
        #expect(chat.store.state(of: chat.conversation.id)?.pendingIntent == nil)
    }

    @Test("a bot whose owner wrote no answer for it still calls a person")
    func withoutIntent() async throws {
        let chat = try await TestChat(content: BotContent(intents: []))
        let turn = try await chat.press("agent.request")
        #expect(turn.status == .waiting && turn.texts.count == 1)
        #expect(PhraseBook.shipped.variants(.personAsked, in: .english).contains(turn.texts[0]))
    }

    @Test("while a person is awaited the bot goes on answering, and misses offer nobody else")
    func waiting() async throws {
        let chat = try await TestChat(["thanks": .accepted("thanks")])
        try await chat.press("agent.request")
        #expect(try await chat.say("thanks").replies.count == 1)
        for _ in 0..<3 { #expect(try await chat.say("qwert zuiop").rule == "out_of_scope") }
    }

    @Test("the bot's own phrases are not the same twice in a row")
    func varied() async throws {
        let chat = try await TestChat()
        try await chat.press("agent.request")
        var texts: [String] = []
        for _ in 0..<6 { texts += try await chat.say("qwert zuiop").texts }
        #expect(zip(texts, texts.dropFirst()).allSatisfy { $0 != $1 } && Set(texts).count == 3)
    }

    @Test("once an agent has the conversation the bot is silent, and the message is kept")
    func agent() async throws {
        let classifier = FakeClassifier()
        let chat = try await TestChat { $0.classifier = classifier }
        _ = try await chat.store.setStatus(.agent, of: chat.conversation.id)
        let silent = try await chat.say("are you there")
        #expect(silent.replies == [] && silent.decision == nil && silent.status == .agent)
        let page = try await chat.store.messages(in: chat.conversation.id, after: 0, limit: 10)
        #expect(page == MessagePage(messages: [silent.message], lastSeq: 1))
        #expect(classifier.texts == [])
    }
}
