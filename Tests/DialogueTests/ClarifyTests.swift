import ConversationDomain
import Dialogue
import Testing
import TestSupport

@Suite struct ClarifyTests {
    private static let wrapping = TestBot.entry("wrap", title: "Gift wrapping")
    private static let content = BotContent(
        intents: TestBot.content.intents + [
            Intent(
                name: IntentName(trusted: "untitled"), examples: [Example(text: "some sentence", locale: .english)],
                answers: [TestBot.answer("untitled", 1, "here", "这里")])
        ],
        knowledge: [wrapping, TestBot.entry("ribbons")])

    private func chat(_ meaning: MessageUnderstanding, _ settings: BotContent.Settings? = nil) async throws -> TestChat
    {
        var content = Self.content
        content.writtenSettings = settings
        return try await TestChat(["?": meaning], content: content)
    }

    @Test("two close intents are offered as buttons in the visitor's language, with a person beside them")
    func close() async throws {
        let chat = try await TestChat(["???": .close("hours", "thanks"), "这个呢": .close("hours", "thanks")])
        let turn = try await chat.say("???")
        #expect(turn.decision?.action == .clarify && turn.rule == "candidates.close")
        #expect(turn.replies[0].buttons.map(\.title) == ["About hours", "About thanks", "Talk to a person"])
        #expect(
            try await chat.say("这个呢").replies[0].buttons.map(\.title) == ["关于hours", "关于thanks", "转人工"])
    }

    @Test("an intent and an entry are offered side by side; the entry by its title, or by its question without one")
    func mixed() async throws {
        let turn = try await chat(.ranked(("hours", 0.3), ("#wrap", 0.25), ("#ribbons", 0.21))).say("?")
        #expect(turn.decision?.action == .clarify)
        #expect(
            turn.replies[0].buttons == [
                Button(title: "About hours", intent: IntentName(trusted: "hours")),
                Button(title: "Gift wrapping", knowledge: Self.wrapping.id),
                Button(title: "ribbons?", knowledge: KnowledgeID(trusted: "ribbons")),
                Button(title: "Talk to a person", intent: .agentRequest),
            ])
    }

    @Test("at most three are offered, and a person only once")
    func bounded() async throws {
        let turn = try await chat(
            .ranked(("hours", 0.21), ("agent.request", 0.21), ("thanks", 0.2), ("#wrap", 0.2))
        ).say("?")
        #expect(turn.replies[0].buttons.map(\.intent?.rawValue) == ["hours", "thanks", "agent.request"])
    }

    @Test(
        "it is not asked between what is too unlikely, alone or together, or cannot be offered",
        arguments: [
            [("hours", 0.85)], [("hours", 0.6), ("#wrap", 0.14)], [("hours", 0.25), ("thanks", 0.24)],
            [("hours", 0.4), ("untitled", 0.4)], [("hours", 0.4), ("gone", 0.4)], [("hours", 0.4), ("#gone", 0.4)],
            [("hours", 0.4), ("out_of_scope", 0.4)], [("hours", 0.4), ("secret", 0.4)],
        ])
    func neverAlone(candidates: [(String, Double)]) async throws {
        var meaning = MessageUnderstanding.ranked()
        meaning.candidates = candidates.map { name, probability in
            Candidate(
                subject: name.hasPrefix("#")
                    ? .knowledge(KnowledgeID(trusted: String(name.dropFirst()))) : .intent(IntentName(trusted: name)),
                probability: probability)
        }
        let turn = try await chat(meaning).say("?")
        #expect(turn.decision?.action == .fallback && turn.rule == "low_confidence")
        #expect(turn.replies[0].buttons == [])
    }

    @Test(
        "a close rival is asked about although the best is probable enough, an entry is a button; a faint one is neither"
    )
    func rivals() async throws {
        let close = try await chat(.ranked(("hours", 0.6), ("thanks", 0.3), threshold: 0.55)).say("?")
        #expect(close.rule == "candidates.close")
        #expect(close.replies[0].buttons.map(\.intent?.rawValue) == ["hours", "thanks", "agent.request"])
        let entry = try await chat(.ranked(("hours", 0.6), ("#wrap", 0.3), threshold: 0.55)).say("?")
        #expect(entry.rule == "intent.accepted" && entry.decision?.intent?.rawValue == "hours")
        #expect(entry.replies[0].buttons.map(\.knowledge?.rawValue).contains("wrap"))
        for clear in [
            MessageUnderstanding.ranked(("hours", 0.8), ("thanks", 0.16), threshold: 0.55),
            .ranked(("hours", 0.6), ("thanks", 0.14), threshold: 0.55),
            .ranked(("hours", 0.6), ("untitled", 0.3), threshold: 0.55),
        ] {
            #expect(try await chat(clear).say("?").rule == "intent.accepted")
        }
        #expect(
            try await chat(.ranked(("#wrap", 0.6), ("hours", 0.3), threshold: 0.55)).say("?").rule
                == "knowledge.accepted")
    }

    @Test("a value that was given lately speaks for the only one of two that needs it, and for nothing later on")
    func known() async throws {
        let close = MessageUnderstanding.ranked(("order.status", 0.6), ("hours", 0.3), threshold: 0.55)
        let chat = try await TestChat([
            "where is A7": .accepted("order.status", 0.9, ("order_number", "A7")), "and?": close,
            "hm": .accepted("thanks"),
        ])
        #expect(try await chat.say("and?").rule == "candidates.close")
        try await chat.say("where is A7")
        #expect(try await chat.say("and?").decision?.intent?.rawValue == "order.status")
        for _ in 0..<3 { try await chat.say("hm") }
        #expect(try await chat.say("and?").rule == "candidates.close")
    }

    @Test("how eagerly it asks back is a setting")
    func eagerness() async throws {
        let meaning = MessageUnderstanding.ranked(("hours", 0.25), ("thanks", 0.2))
        #expect(try await chat(meaning).say("?").decision?.action == .fallback)
        #expect(try await chat(meaning, BotContent.Settings(askBack: 0.4)).say("?").decision?.action == .clarify)
        let close = MessageUnderstanding.ranked(("hours", 0.45), ("thanks", 0.4))
        #expect(try await chat(close, BotContent.Settings(askBack: 0.9)).say("?").decision?.action == .fallback)
    }

    @Test("asking back withdraws the offer of a person: yes does not call one")
    func withdrawsOffer() async throws {
        let chat = try await TestChat(["?": .close("hours", "thanks")])
        for text in ["qwert zuiop", "asdf ghjk"] { try await chat.say(text) }
        try await chat.say("?")
        #expect(try await chat.say("yes").status == .bot)
    }
}

@Suite struct CandidateTests {
    private static let content = BotContent(
        intents: TestBot.content.intents,
        knowledge: [
            TestBot.entry("wrap", link: "https://shop.example/a"), TestBot.entry("包装", locale: .chinese),
            TestBot.entry("blank", answer: " \n"),
        ])

    private func said(
        _ meaning: MessageUnderstanding, _ text: String = "?", precision: Double = 0.95
    ) async throws -> Turn {
        var content = Self.content
        content.writtenSettings = BotContent.Settings(targetPrecision: precision)
        return try await TestChat([text: meaning], content: content).say(text)
    }

    @Test("the best candidate is acted on from the target precision on, an entry like an intent")
    func precision() async throws {
        let entry = try await said(.ranked(("#wrap", 0.95), ("hours", 0.04)))
        #expect(entry.texts.count == 1 && entry.texts[0].hasPrefix("see wrap\n\n"))
        #expect(entry.texts[0].hasSuffix(" https://shop.example/a"))
        #expect(entry.decision?.action == .search && entry.rule == "knowledge.accepted")
        #expect(entry.decision?.knowledge == KnowledgeID(trusted: "wrap"))
        #expect(try await said(.ranked(("#wrap", 0.94))).decision?.action == .fallback)
        #expect(try await said(.ranked(("#wrap", 0.94)), precision: 0.9).decision?.action == .search)
    }

    @Test("an entry that leads is shown with the next ones beside it where one of them is surely meant")
    func likeliest() async throws {
        let content = BotContent(
            intents: TestBot.content.intents,
            knowledge: [TestBot.entry("wrap"), TestBot.entry("ribbons", title: "Ribbons"), TestBot.entry("paper")])
        func said(_ meaning: MessageUnderstanding) async throws -> Turn {
            try await TestChat(["?": meaning], content: content).say("?")
        }
        let turn = try await said(.ranked(("#wrap", 0.45), ("#ribbons", 0.3), ("#paper", 0.05), threshold: 0.6))
        #expect(turn.decision?.action == .search && turn.rule == "knowledge.likeliest")
        #expect(turn.texts == ["see wrap"])
        #expect(turn.replies[0].buttons == [Button(title: "Ribbons", knowledge: KnowledgeID(trusted: "ribbons"))])
        #expect(turn.decision?.knowledge?.rawValue == "wrap" && turn.decision?.intent == nil)
        #expect(turn.decision?.confidence == 0.45)
        // Together not probable enough, no clear lead, too unlikely by itself, and an intent that is as likely.
        for other in [
            MessageUnderstanding.ranked(("#wrap", 0.45), ("#ribbons", 0.1), threshold: 0.6),
            .ranked(("#wrap", 0.4), ("#ribbons", 0.35), threshold: 0.6),
            .ranked(("#wrap", 0.34), ("#ribbons", 0.2), ("#paper", 0.2), threshold: 0.6),
            .ranked(("#wrap", 0.4), ("hours", 0.35), ("#ribbons", 0.22), threshold: 0.6),
        ] {
            #expect(try await said(other).decision?.action != .search)
        }
    }

    @Test("a threshold that was measured goes before the target precision, for intents and entries")
    func measured() async throws {
        #expect(try await said(.ranked(("hours", 0.62), threshold: 0.6)).rule == "intent.accepted")
        #expect(try await said(.ranked(("#wrap", 0.62), threshold: 0.6)).rule == "knowledge.accepted")
        #expect(try await said(.ranked(("hours", 0.97), threshold: 0.98)).decision?.action == .fallback)
        let threshold = try await said(.ranked(("hours", 0.62), threshold: 0.6)).decision?.threshold
        #expect(threshold == 0.6)
    }

    @Test("an intent without an answer does not win over an entry that has one")
    func silentIntent() async throws {
        let turn = try await said(.ranked(("secret", 0.7), ("#wrap", 0.65), threshold: 0.6))
        #expect(turn.decision?.knowledge?.rawValue == "wrap")
        // Where there is nothing else, it is at least understood.
        let alone = try await said(.ranked(("secret", 0.96), ("#wrap", 0.04)))
        #expect(alone.rule == "intent.without_answer" && alone.decision?.intent?.rawValue == "secret")
    }

    @Test("an entry without text, one of another language and one that is gone are passed over")
    func unsayable() async throws {
        for id in ["#blank", "#包装", "#gone"] {
            #expect(try await said(.ranked((id, 0.98))).decision?.action == .fallback, "\(id)")
            #expect(
                try await said(.ranked((id, 0.7), ("#wrap", 0.65), threshold: 0.6)).decision?.knowledge?.rawValue
                    == "wrap", "\(id)")
        }
        #expect(try await said(.ranked(("#包装", 0.98)), "能包装吗").texts == ["see 包装"])
    }

    @Test(
        "an intent whose answer is of another channel or language gives way, and is answered when nothing else is there"
    )
    func elsewhere() async throws {
        let content = BotContent(
            intents: [
                TestBot.intent(
                    "mail", answers: [TestBot.answer("mail", 1, "by mail", nil, when: AnswerCondition(channel: .web))]),
                TestBot.intent("english", answers: [TestBot.answer("english", 1, "only in English", nil)]),
                TestBot.intent("hours", answers: [TestBot.answer("hours", 1, "9 to 21", "9 点到 21 点")]),
            ], knowledge: [])
        func said(_ text: String, _ meaning: MessageUnderstanding, _ channel: ChannelName) async throws -> [String] {
            try await TestChat([text: meaning], channel: channel, content: content) { $0.defaultLocale = .english }
                .say(text).texts
        }
        let mail = MessageUnderstanding.ranked(("mail", 0.7), ("hours", 0.65), threshold: 0.6)
        #expect(try await said("?", .ranked(("mail", 0.9), ("hours", 0.05), threshold: 0.6), .web) == ["by mail"])
        #expect(try await said("?", mail, .api) == ["9 to 21"])
        let english = MessageUnderstanding.ranked(("english", 0.7), ("hours", 0.65), threshold: 0.6)
        #expect(
            try await said("what is it", .ranked(("english", 0.9), ("hours", 0.05), threshold: 0.6), .api)
                == ["only in English"])
        #expect(try await said("这是什么", english, .api) == ["9 点到 21 点"])
        #expect(try await said("这是什么", .ranked(("english", 0.99)), .api) == ["only in English"])
    }

    @Test("a decision keeps the five best candidates, and an understanding the ten best")
    func bounded() async throws {
        let many = (0..<12).map {
            Candidate(subject: .knowledge(KnowledgeID(trusted: "k\($0)")), probability: Double($0) / 100)
        }
        let understanding = MessageUnderstanding(
            model: MessageUnderstanding.testModel, ranking: [], threshold: 1, verdict: .belowThreshold, entities: [],
            embedding: [], candidates: many)
        #expect(understanding.candidates == Array(many.reversed().prefix(10)))
        #expect(try await said(understanding).decision?.candidates == Array(many.reversed().prefix(5)))
    }

    @Test("a person who is asked for comes, with an answer for it in the content or without")
    func person() async throws {
        #expect(try await said(.ranked(("agent.request", 0.97))).status == .waiting)
        let bare = try await TestChat(["?": .ranked(("agent.request", 0.97))], content: BotContent())
        #expect(try await bare.say("?").status == .waiting)
    }

    @Test("a pressed button shows its entry; the history has its title, or its question")
    func pressed() async throws {
        let classifier = FakeClassifier()
        let content = BotContent(
            intents: TestBot.content.intents,
            knowledge: [TestBot.entry("wrap", title: "Gift wrapping"), TestBot.entry("ribbons")])
        let chat = try await TestChat(content: content) { $0.classifier = classifier }
        let turn = try await chat.press(entry: "wrap")
        #expect(turn.texts == ["see wrap"] && turn.message.text == "Gift wrapping")
        #expect(turn.decision?.action == .search && turn.rule == "button" && classifier.texts == [])
        #expect(turn.decision?.knowledge?.rawValue == "wrap")
        #expect(try await chat.press(entry: "ribbons").message.text == "ribbons?")
    }

    @Test("a button whose entry is gone is a miss, not an error")
    func goneButton() async throws {
        let turn = try await TestChat().press(entry: "gone")
        #expect(turn.rule == "button.unknown" && turn.message.text == "gone")
    }

    @Test("an entry in a form, heard or pressed, is a word in between; a likely one is not")
    func form() async throws {
        let chat = try await TestChat(
            [
                "where is it": .accepted("order.status"), "wrap?": .ranked(("#wrap", 0.97)),
                "hm": .ranked(("#wrap", 0.5)),
            ],
            content: Self.content)
        try await chat.say("where is it")
        #expect(try await chat.say("wrap?").texts.last == "Which order?")
        let pressed = try await chat.press(entry: "wrap")
        #expect(pressed.replies.count == 2 && pressed.texts[1] == "Which order?" && pressed.rule == "button")
        #expect(try await chat.say("hm").rule == "slot.reask")
    }
}

/// What stands in for a ranking where a classifier has none.
@Suite struct HeadCandidatesTests {
    private func rules(
        _ understanding: MessageUnderstanding, _ hit: KnowledgeHit
    ) async throws -> String? {
        let content = BotContent(intents: TestBot.content.intents, knowledge: [hit.entry])
        let chat = try await TestChat(["?": understanding], content: content) {
            $0.knowledge = FakeKnowledgeBase(["?": hit])
        }
        return try await chat.say("?").rule
    }

    @Test("what no intent covers is answered from the knowledge base, unless the hit is not accepted")
    func found() async throws {
        #expect(try await rules(.outOfScope, .found("wrap")) == "knowledge.accepted")
        #expect(try await rules(.outOfScope, .found("far", score: 0.3, isAccepted: false)) == "out_of_scope")
    }

    @Test(
        "the entry's own question goes before an accepted intent, a related one does not; a strong one before a likely")
    func order() async throws {
        #expect(try await rules(.accepted("thanks"), .found("exact", score: 0.99)) == "knowledge.accepted")
        #expect(try await rules(.accepted("thanks"), .found("related", score: 0.7)) == "intent.accepted")
        #expect(try await rules(.unsure("hours", 0.65), .found("weak")) == "low_confidence")
        #expect(try await rules(.unsure("hours", 0.65), .found("strong", score: 0.95)) == "knowledge.accepted")
        #expect(try await rules(.unsure("hours", 0.5), .found("weak")) == "knowledge.accepted")
        #expect(try await rules(.close("hours", "thanks"), .found("weak")) == "candidates.close")
    }
}
