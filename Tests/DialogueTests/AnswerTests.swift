import ConversationDomain
import Dialogue
import Testing
import TestSupport

@testable import Wording

@Suite struct AnswerTests {
    @Test("a decision tells what was understood, what was chosen and why")
    func decision() async throws {
        let turn = try await TestChat(["hi": .accepted("hours", 0.95)]).say("hi")
        let decision = try #require(turn.decision)
        #expect(
            decision
                == Decision(
                    action: .answer, intent: IntentName(trusted: "hours"), confidence: 0.95, threshold: 0.7,
                    ranking: [IntentScore(intent: IntentName(trusted: "hours"), confidence: 0.95)],
                    rule: "intent.accepted", template: "hours#1@v1", knowledge: nil,
                    model: MessageUnderstanding.testModel,
                    candidates: [Candidate(subject: .intent(IntentName(trusted: "hours")), probability: 0.95)],
                    elapsedMilliseconds: decision.elapsedMilliseconds))
        #expect(decision.elapsedMilliseconds > 0)
    }

    @Test("when a slot is filled, the confidence is that of the slot's intent, not of whatever the value looked like")
    func confidenceOfTheIntent() async throws {
        let value = MessageUnderstanding.unsure("thanks", 0.2, ("order_number", "B7"))
        let chat = try await TestChat(["where": .accepted("order.status"), "B7": value])
        try await chat.say("where")
        let decision = try #require(try await chat.say("B7").decision)
        #expect(decision.intent?.rawValue == "order.status")
        #expect(decision.confidence == nil && decision.threshold == nil)
        #expect(decision.ranking.map(\.intent.rawValue) == ["thanks"])
    }

    @Test("a variant is never used twice in a row, and each has its turn")
    func variants() async throws {
        let chat = try await TestChat(["thanks": .accepted("thanks")])
        var texts: [String] = []
        for _ in 0..<40 { texts += try await chat.say("thanks").texts }
        #expect(zip(texts, texts.dropFirst()).allSatisfy { $0 != $1 })
        #expect(Set(texts) == ["one", "two", "three"])
    }

    @Test(
        "the answer for the channel goes before the one for all",
        arguments: [("web", "see the page"), ("api", "9 to 21")])
    func channel(name: String, text: String) async throws {
        let chat = try await TestChat(["h": .accepted("hours")], channel: ChannelName(trusted: name))
        #expect(try await chat.say("h").texts == [text])
    }

    @Test("an answer's buttons are titled in the reply's language")
    func buttons() async throws {
        let button = ButtonTemplate(
            title: [.english: "Where is it?", .chinese: "到哪了？"], intent: IntentName(trusted: "order.status"),
            slots: ["order_number": "A1"])
        let content = BotContent(intents: [
            TestBot.intent("hours", answers: [TestBot.answer("hours", 1, "9 to 21", "9 点到 21 点", buttons: [button])])
        ])
        let chat = try await TestChat(["几点": .accepted("hours")], content: content)
        #expect(
            try await chat.say("几点").replies[0].buttons
                == [Button(title: "到哪了？", intent: IntentName(trusted: "order.status"), slots: ["order_number": "A1"])])
    }

    @Test("an intent without an answer offers a person, whom yes calls")
    func withoutAnswer() async throws {
        let chat = try await TestChat(["psst": .accepted("secret")])
        let turn = try await chat.say("psst")
        #expect(turn.rule == "intent.without_answer" && turn.replies[0].buttons.map(\.intent) == [.agentRequest])
        #expect(try await chat.say("yes please").rule == "handoff.accepted")
    }

    @Test("an answer that would have a hole is not given; another one is, or a person is offered")
    func noHoles() async throws {
        let silent = SlotDefinition(
            name: SlotName(trusted: "colour"), entity: EntityName(trusted: "colour"), ask: [:])
        let holed = TestBot.answer("paint", 1, "In {{colour}}.", nil, when: AnswerCondition(channel: .api))
        let whole = TestBot.answer("paint", 2, "In any colour.", nil)
        func said(_ answers: [AnswerTemplate]) async throws -> Turn {
            let content = BotContent(intents: [TestBot.intent("paint", slots: [silent], answers: answers)])
            return try await TestChat(["paint it": .accepted("paint")], content: content).say("paint it")
        }
        #expect(try await said([holed, whole]).texts == ["In any colour."])
        let none = try await said([holed])
        #expect(PhraseBook.shipped.variants(.noAnswerYet, in: .english).contains(none.texts[0]))
        #expect(none.replies[0].buttons.map(\.intent) == [.agentRequest])
    }

    @Test("an accepted intent that the content does not have any more is looked up in the knowledge base")
    func unknownIntent() async throws {
        let gone = MessageUnderstanding.accepted("gone")
        let chat = try await TestChat(["a": gone, "b": gone], knowledge: ["a": .found("about")])
        #expect(try await chat.say("a").rule == "knowledge.accepted")
        #expect(try await chat.say("b").rule == "intent.without_content")
    }
}

@Suite struct ButtonTests {
    @Test("a pressed button takes its intent and slots as given and needs no understanding")
    func asGiven() async throws {
        let classifier = FakeClassifier()
        let chat = try await TestChat { $0.classifier = classifier }
        let turn = try await chat.press("order.status", ["order_number": "C1", "unknown": "x"])
        #expect(turn.texts == ["Order C1 <is> on its way."] && turn.rule == "button")
        #expect(classifier.texts == [])
        #expect(chat.store.state(of: chat.conversation.id)?.slots == ["order_number": "C1"])
    }

    @Test("a button without the slot asks for it")
    func asks() async throws {
        #expect(try await TestChat().press("order.status").texts == ["Which order?"])
    }

    @Test("a button whose intent is gone is a miss, not an error", arguments: ["no.such", "out_of_scope"])
    func unknown(name: String) async throws {
        #expect(try await TestChat().press(name).rule == "button.unknown")
    }

    @Test("the history shows a pressed button by its title")
    func history() async throws {
        let button = ButtonTemplate(title: [.english: "Opening hours"], intent: IntentName(trusted: "hours"))
        let intents =
            TestBot.content.intents + [
                TestBot.intent("menu", answers: [TestBot.answer("menu", 1, "Choose.", nil, buttons: [button])])
            ]
        let chat = try await TestChat(content: BotContent(intents: intents))
        #expect(try await chat.press("hours").message.text == "Opening hours")
        #expect(try await chat.press("thanks").message.text == "About thanks")
        #expect(try await chat.press("agent.request").message.text == "Talk to a person")
        #expect(try await chat.press("no.such").message.text == "no.such")
    }
}
