import ConversationDomain
import Dialogue
import Testing
import TestSupport

@Suite struct ClarifyTests {
    @Test("two close intents are offered as buttons in the visitor's language, with a person beside them")
    func close() async throws {
        let chat = try await TestChat(["???": .close("hours", "thanks"), "这个呢": .close("hours", "thanks")])
        let turn = try await chat.say("???")
        #expect(turn.decision?.action == .clarify && turn.rule == "intents.close")
        #expect(turn.replies[0].buttons.map(\.title) == ["about hours", "about thanks", "Talk to a person"])
        #expect(
            try await chat.say("这个呢").replies[0].buttons.map(\.title) == ["关于hours", "关于thanks", "转人工"])
    }

    @Test("at most three intents are offered, and a person only once")
    func bounded() async throws {
        let many = MessageUnderstanding.close("hours", "agent.request", "thanks", "order.status")
        let turn = try await TestChat(["?": many]).say("?")
        #expect(turn.replies[0].buttons.map(\.intent.rawValue) == ["hours", "thanks", "agent.request"])
    }

    @Test("close intents that the content does not have are not offered")
    func unknown() async throws {
        #expect(try await TestChat(["?": .close("gone", "lost")]).say("?").rule == "low_confidence")
    }

    @Test("a likely intent that was not accepted is asked about; an unlikely one is a miss")
    func likely() async throws {
        let chat = try await TestChat(["maybe": .unsure("hours", 0.6), "hardly": .unsure("hours", 0.2)])
        let asked = try await chat.say("maybe")
        #expect(
            asked.rule == "intent.likely"
                && asked.replies[0].buttons.map(\.title) == ["about hours", "Talk to a person"])
        #expect(try await chat.say("hardly").rule == "low_confidence")
    }

    @Test("asking back withdraws the offer of a person: yes does not call one")
    func withdrawsOffer() async throws {
        let chat = try await TestChat(["?": .close("hours", "thanks")])
        for text in ["qwert zuiop", "asdf ghjk"] { try await chat.say(text) }
        try await chat.say("?")
        #expect(try await chat.say("yes").status == .bot)
    }
}

@Suite struct KnowledgeTests {
    @Test("what no intent covers is answered from the knowledge base, with its link, in the visitor's language")
    func found() async throws {
        let knowledge = FakeKnowledgeBase(["do you wrap gifts": .found("wrap"), "能包装吗": .found("wrap", link: nil)])
        let chat = try await TestChat { $0.knowledge = knowledge }
        let turn = try await chat.say("do you wrap gifts")
        #expect(turn.texts == ["see wrap\n\nMore about this: https://shop.example/a"])
        #expect(turn.decision?.action == .search && turn.rule == "knowledge.accepted")
        #expect(turn.decision?.knowledge == KnowledgeID(trusted: "wrap"))
        #expect(try await chat.say("能包装吗").texts == ["see wrap"])
        #expect(knowledge.queries == [.init("do you wrap gifts", .english), .init("能包装吗", .chinese)])
    }

    @Test("a hit below the knowledge base's own threshold is not given")
    func rejected() async throws {
        let chat = try await TestChat(knowledge: ["x y": .found("far", score: 0.3, isAccepted: false)])
        #expect(try await chat.say("x y").rule == "out_of_scope")
    }

    @Test("the entry's own question goes before an accepted intent, a merely related one does not")
    func exact() async throws {
        let chat = try await TestChat(
            ["a": .accepted("thanks"), "b": .accepted("thanks")],
            knowledge: ["a": .found("exact", score: 0.99), "b": .found("related", score: 0.7)])
        #expect(try await chat.say("a").rule == "knowledge.exact")
        #expect(try await chat.say("b").rule == "intent.accepted")
    }

    @Test("an intent that is probable goes before a hit that is merely accepted, not before a strong one")
    func probable() async throws {
        let unsure = MessageUnderstanding.unsure("hours", 0.65)
        let chat = try await TestChat(
            ["a": unsure, "b": unsure], knowledge: ["a": .found("weak"), "b": .found("strong", score: 0.95)])
        #expect(try await chat.say("a").rule == "intent.likely")
        #expect(try await chat.say("b").rule == "knowledge.accepted")
    }
}
