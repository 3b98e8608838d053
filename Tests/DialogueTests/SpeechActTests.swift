import ConversationDomain
import Dialogue
import Testing
import TestSupport

@Suite("What visitors do by saying something")
struct SpeechActTests {
    private static let status = MessageUnderstanding.accepted("order.status")

    private func afterTwoMisses(_ meanings: [String: MessageUnderstanding] = [:]) async throws -> TestChat {
        let chat = try await TestChat(meanings)
        for text in ["qwert zuiop", "asdf ghjk"] { try await chat.say(text) }
        return chat
    }

    @Test(
        "an offer is accepted and declined in words of any kind",
        arguments: [
            ("yeah sure", "handoff.accepted"), ("go ahead", "handoff.accepted"), ("👍", "handoff.accepted"),
            ("好的，谢谢", "handoff.accepted"), ("no thanks, I'm good", "handoff.declined"),
            ("rather not", "handoff.declined"), ("nah, all fine here", "handoff.declined"),
            ("不用了，谢谢", "handoff.declined"),
        ])
    func offers(text: String, rule: String) async throws {
        #expect(try await afterTwoMisses().say(text).rule == rule)
    }

    @Test("what is asked for in the place of an answer to an offer is answered, also after a word of consent")
    func offerPassedOver() async throws {
        let chat = try await afterTwoMisses(["ok, where is it": Self.status, "where is it": Self.status])
        #expect(try await chat.say("ok, where is it").rule == "slot.ask")
    }

    @Test("an act is found by nearness too, and not when something that the bot answers is nearer")
    func byNearness() async throws {
        let near = MessageUnderstanding.outOfScope.acting(.laughter, similarity: 0.8, lead: 0.3)
        let far = MessageUnderstanding.outOfScope.acting(.laughter, similarity: 0.8, lead: 0.01)
        let chat = try await TestChat(["tee hee hee": near, "giggling at it": far])
        #expect(try await chat.say("tee hee hee").rule == "act.laughter")
        #expect(try await chat.say("giggling at it").rule == "out_of_scope")
    }

    @Test("a greeting in front of a question does not hide it")
    func greeted() async throws {
        let chat = try await TestChat(["where is it": Self.status])
        #expect(try await chat.say("hi there, where is it").rule == "slot.ask")
        #expect(try await chat.say("你好").rule == "act.greeting")
    }

    @Test(
        "acts with nothing but a space between them ask for nothing, and the last one is answered",
        arguments: [("好的 谢谢", "thanks"), ("okay thanks", "thanks"), ("ok thanks bye", "act.goodbye")])
    func chained(text: String, meaning: String) async throws {
        let hours = MessageUnderstanding.accepted("hours")
        let chat = try await TestChat(["your times": hours, "your times\n" + text: hours])
        #expect(try await chat.say("your times").rule == "intent.accepted")
        let turn = try await chat.say(text)
        #expect(turn.decision?.intent?.rawValue ?? turn.rule == meaning)
    }

    @Test("the last reply is said once more when it is asked for")
    func repeats() async throws {
        let chat = try await TestChat(["your times": .accepted("hours")])
        let first = try await chat.say("your times")
        let again = try await chat.say("say that again")
        #expect(again.rule == "act.repeat" && again.texts == first.texts)
    }

    @Test("danger goes before all else, calls a person and names a contact only where the owner has confirmed it")
    func danger() async throws {
        let burning = Self.status.endangering(.dangerFire)
        let chat = try await TestChat(["my order is on fire": burning])
        let turn = try await chat.say("my order is on fire")
        #expect(turn.rule == "danger.fire" && turn.status == .waiting && turn.decision?.intent == nil)
        #expect(!turn.texts[0].isEmpty && !turn.texts[0].contains("{{"))
        #expect(turn.texts[0].contains("112") == false)
        var content = TestBot.content
        content.phrases = [Phrases(locale: .english, contacts: [.dangerFire: "555"], contactsAreConfirmed: true)]
        let confirmed = try await TestChat(["my order is on fire": burning], content: content)
        #expect(try await confirmed.say("my order is on fire").texts[0].contains("555"))
    }

    @Test("what surely asks for something is of danger only where that is sure too")
    func dangerBesideRequest() async throws {
        let text = "the glass is in a thousand pieces"
        for (confidence, margin, isHeard) in [(0.9, 2.0, false), (0.9, 3.0, true), (0.5, 2.0, true)] {
            let broken = MessageUnderstanding.accepted("order.status", confidence)
            let chat = try await TestChat([text: broken.endangering(.dangerMedical, by: margin)])
            #expect(try await chat.say(text).rule == (isHeard ? "danger.medical" : "slot.ask"))
        }
    }

    @Test(
        "a message that sounds like danger is one where one of its sentences clearly is, and not where that is torn from the rest",
        arguments: [(2.0, true), (1.0, false)])
    func dangerInOneSentence(margin: Double, isHeard: Bool) async throws {
        let text = "can my sister collect it? I am going to jump off the bridge."
        let whole = MessageUnderstanding.unsure("order.status", 0.3)
        let chat = try await TestChat([
            text: whole.endangering(.dangerSelfHarm, by: -1),
            "can my sister collect it?": whole.endangering(.dangerThreat, by: -.infinity),
            "I am going to jump off the bridge": whole.endangering(.dangerSelfHarm, by: margin),
        ])
        #expect(try await chat.say(text).rule == (isHeard ? "danger.self_harm" : "low_confidence"))
        // What sounds like no danger is not taken apart for one.
        let calm = try await TestChat([
            text: whole, "I am going to jump off the bridge": whole.endangering(.dangerSelfHarm, by: 5),
        ])
        #expect(try await calm.say(text).rule == "low_confidence")
    }
}

@Suite("Messages as people type them")
struct WritingTests {
    private static let status = MessageUnderstanding.accepted("order.status")

    @Test(
        "shouted, abbreviated and misspelled words are also read as what is meant",
        arguments: [
            ("WHERE IS MY ORDER", "where is my order"), ("wher is ur ordr", "where is your order"),
            ("我的块递呢", "我的快递呢"), ("wo de kuaidi 呢", "我的 快递 呢"),
        ])
    func spelled(text: String, meant: String) async throws {
        let locale: BotLocale = text.unicodeScalars.allSatisfy(\.isASCII) ? .english : .chinese
        let chat = try await TestChat([meant: Self.status], locale: locale)
        #expect(try await chat.say(text).rule == "slot.ask")
    }

    @Test("the words as they were typed count where they are clearer")
    func typed() async throws {
        let chat = try await TestChat([
            "ordr": .accepted("hours", 0.95), "order": .unsure("order.status", 0.2),
        ])
        #expect(try await chat.say("ordr").decision?.intent?.rawValue == "hours")
    }

    @Test("in a long message what leads by far is answered; in a short one, or beside another, it is not")
    func story() async throws {
        let story =
            "my neighbour took it in last week and then went on holiday and nobody here has a key so I would like to know what now"
        let leading = MessageUnderstanding.ranked(("hours", 0.45), ("thanks", 0.05), threshold: 0.9)
        let beside = MessageUnderstanding.ranked(("hours", 0.45), ("thanks", 0.14), threshold: 0.9)
        let faint = MessageUnderstanding.ranked(("hours", 0.39), ("thanks", 0.01), threshold: 0.9)
        let chat = try await TestChat([
            story: leading, "short": leading, story + " ?": beside, story + " !": faint,
        ])
        let turn = try await chat.say(story)
        #expect(turn.rule == "story.likeliest" && turn.decision?.intent?.rawValue == "hours")
        for text in ["short", story + " ?", story + " !"] {
            #expect(try await chat.say(text).decision?.action == .fallback, "\(text)")
        }
    }

    @Test("what somebody labelled is not read without its greeting, in another spelling or clause by clause")
    func labelled() async throws {
        let label = MessageUnderstanding(
            model: MessageUnderstanding.testModel, ranking: [], threshold: 0.7, verdict: .outOfScope, entities: [],
            embedding: [1, 0], labelled: LabelledMatch(intent: .outOfScope, similarity: 0.97))
        let chat = try await TestChat(["hi, where is it": label, "where is it": Self.status])
        #expect(try await chat.say("hi, where is it").rule == "out_of_scope")
    }
}

@Suite("What the visitor turns down, chooses and corrects")
struct ListeningTests {
    private static let status = MessageUnderstanding.accepted("order.status")

    @Test("what is turned down is not done")
    func refusal() async throws {
        let chat = try await TestChat([
            "do not cancel it": MessageUnderstanding.accepted("order.cancel").refusing("order.cancel")
        ])
        let turn = try await chat.say("do not cancel it")
        #expect(turn.rule == "refusal" && turn.decision?.action == .answer && turn.decision?.intent == nil)
    }

    @Test("where nearness leaves it open, a message that is built like a refusal turns down what it means without that")
    func refusalByWording() async throws {
        let text = "I don't want to cancel it"
        let open = MessageUnderstanding.accepted("order.cancel").nearlyRefusing("order.cancel")
        let refused = try await TestChat([text: open, "cancel it": .accepted("order.cancel")])
        #expect(try await refused.say(text).rule == "refusal")
        // About something else without it, or not near to the refusals: asked for.
        let other = try await TestChat([text: open, "cancel it": .accepted("hours")])
        #expect(try await other.say(text).rule != "refusal")
        let far = try await TestChat([text: .accepted("order.cancel"), "cancel it": .accepted("order.cancel")])
        #expect(try await far.say(text).rule != "refusal")
    }

    @Test("what is taken back in a message is left out of another reading; the reading that is more probable counts")
    func takenBack() async throws {
        let text = "where is A1 sorry I mean B2"
        var whole = MessageUnderstanding.unsure("order.status", 0.3)
        whole.entities = [("A1", 9), ("B2", 25)].map { value, start in
            Entity(entity: .orderNumber, value: value, text: value, start: start, end: start + 2)
        }
        let clear = MessageUnderstanding.accepted("order.status", 0.9)
        let chat = try await TestChat([text: whole, "where is B2": clear])
        let turn = try await chat.say(text)
        #expect(turn.decision?.intent?.rawValue == "order.status" && turn.texts.contains { $0.contains("B2") })
        let unclear = try await TestChat([text: whole, "where is B2": .unsure("order.status", 0.2)])
        #expect(try await unclear.say(text).decision?.action == .fallback)
    }

    @Test("what is asked for beside what is turned down is answered")
    func contrast() async throws {
        let refused = MessageUnderstanding.accepted("order.cancel").refusing("order.cancel")
        let chat = try await TestChat([
            "not cancel, your times": MessageUnderstanding.ranked(
                ("order.cancel", 0.8), ("hours", 0.1), threshold: 0.6
            ).refusing("order.cancel"),
            "not cancel": refused, "your times": .accepted("hours"),
        ])
        #expect(try await chat.say("not cancel, your times").texts == ["9 to 21"])
    }

    @Test("a clause that turns something down leaves the others to what they ask for")
    func clauseBesideRefusal() async throws {
        let (whole, refusing, asking) = ("where is it. don't cancel", "don't cancel", "where is it")
        func chat(_ prominence: Double, _ asked: MessageUnderstanding) async throws -> TestChat {
            try await TestChat([
                whole: .ranked(("order.cancel", prominence), ("hours", 0.02), threshold: 0.6),
                refusing: MessageUnderstanding.ranked(("order.cancel", 0.8), threshold: 0.6).refusing("order.cancel"),
                asking: asked,
            ])
        }
        let sure = MessageUnderstanding.ranked(("hours", 0.9), threshold: 0.6)
        let turn = try await chat(0.45, sure).say(whole)
        #expect(turn.rule == "clauses.one" && turn.texts == ["9 to 21"])
        // What is hardly in the message is not what is turned down in it.
        #expect(try await chat(0.1, sure).say(whole).rule == "low_confidence")
        // What leads its clause is done though it is not sure, and what does not lead is not.
        #expect(try await chat(0.8, .ranked(("hours", 0.45), threshold: 0.6)).say(whole).texts == ["9 to 21"])
        #expect(
            try await chat(0.8, .ranked(("hours", 0.3), threshold: 0.6)).say(whole).decision?.action == .fallback)
    }

    @Test(
        "a question is taken back in words with more behind them; what is asked for instead is done",
        arguments: [
            ("never mind my son found it", "slot.cancelled"), ("never mind, your times", "clauses.one"),
        ])
    func takenBackWithMore(text: String, rule: String) async throws {
        let chat = try await TestChat([
            "where is it": Self.status, text: .ranked(("hours", 0.2), ("order.status", 0.1), threshold: 0.6),
            "your times": .ranked(("hours", 0.9), threshold: 0.6),
        ])
        try await chat.say("where is it")
        #expect(try await chat.say(text).rule == rule)
    }

    @Test(
        "a choice is named by its place, by its words or refused",
        arguments: [
            ("the first one", "choice.taken"), ("2", "choice.taken"), ("the last one", "choice.taken"),
            ("hours", "choice.taken"), ("neither", "choice.neither"), ("yes", "choice.which"),
        ])
    func choice(text: String, rule: String) async throws {
        let chat = try await TestChat(["times or what": .close("hours", "trip.book")])
        #expect(try await chat.say("times or what").decision?.action == .clarify)
        let turn = try await chat.say(text)
        // A choice that needs a value asks for it.
        #expect(turn.rule == rule || rule == "choice.taken" && turn.rule == "slot.ask")
    }

    @Test("values that were given before a choice are kept")
    func keepsValues() async throws {
        let both = MessageUnderstanding.close("order.status", "order.cancel").naming(("order_number", "A1"))
        let chat = try await TestChat(["something with A1": both])
        #expect(try await chat.say("something with A1").decision?.action == .clarify)
        #expect(try await chat.press("order.cancel").texts == ["Cancel A1 on its page."])
    }

    @Test("an intent that is to be confirmed is asked about; yes and its button act, no leaves it")
    func confirms() async throws {
        var content = TestBot.content
        content.intents.append(
            TestBot.intent(
                "account.delete", confirms: true, answers: [TestBot.answer("account.delete", 1, "Gone.", nil)]))
        let meanings = ["delete me": MessageUnderstanding.accepted("account.delete")]
        for (text, rule) in [("yes please", "confirmed"), ("no", "confirm.declined")] {
            let chat = try await TestChat(meanings, content: content)
            let asked = try await chat.say("delete me")
            #expect(asked.rule == "confirm.ask" && asked.decision?.action == .ask)
            #expect(asked.texts[0].contains("About account.delete"))
            #expect(try await chat.say(text).rule == rule)
        }
        let chat = try await TestChat(meanings, content: content)
        try await chat.say("delete me")
        #expect(try await chat.press("account.delete").texts == ["Gone."])
    }

    @Test(
        "the corrected value counts, and a denied one does not",
        arguments: [
            ("A1 sorry B2", "B2"), ("it's not A1, it's B2", "B2"), ("不是A1，是B2", "B2"), ("B2 , not A1", "B2"),
        ])
    func corrected(text: String, value: String) async throws {
        let first = text.hasPrefix("B2") ? "B2" : "A1"
        let second = first == "A1" ? "B2" : "A1"
        let values = MessageUnderstanding.outOfScope.locating([first, second], in: text)
        let chat = try await TestChat(["where is it": Self.status, text: values])
        try await chat.say("where is it")
        #expect(try await chat.say(text).texts[0].contains(value))
    }

    @Test("another value after the answer runs the intent again")
    func correctedAfterwards() async throws {
        let text = "no, I meant B2"
        let chat = try await TestChat([
            "where is A1": .accepted("order.status", 0.9, ("order_number", "A1")),
            text: MessageUnderstanding.outOfScope.locating(["B2"], in: text),
        ])
        try await chat.say("where is A1")
        let turn = try await chat.say(text)
        #expect(turn.rule == "slot.corrected" && turn.texts == ["Order B2 <is> on its way."])
    }

    @Test("whoever has no number is offered another way at once")
    func noNumber() async throws {
        let chat = try await TestChat(["where is it": Self.status])
        try await chat.say("where is it")
        let turn = try await chat.say("I don't have one")
        #expect(turn.rule == "slot.unknown" && turn.replies[0].buttons.map(\.intent) == [.agentRequest])
        #expect(try await chat.say("yes").status == .waiting)
    }

    @Test("two questions are answered in their order; one that needs a value asks last")
    func both() async throws {
        let whole = MessageUnderstanding.ranked(("hours", 0.5), ("order.status", 0.4), threshold: 0.6)
        let chat = try await TestChat([
            "your times? and where is it?": whole, "your times?": .ranked(("hours", 0.9), threshold: 0.6),
            "where is it?": .ranked(("order.status", 0.9), threshold: 0.6),
        ])
        let turn = try await chat.say("your times? and where is it?")
        #expect(turn.rule == "clauses.both" && turn.texts == ["9 to 21", "Which order?"])
    }

    @Test("after a long silence nothing that was talked about is meant any more")
    func silence() async throws {
        let clock = FixedClock()
        let after = MessageUnderstanding.ranked(("hours", 0.9), threshold: 0.6)
        let chat = try await TestChat([
            "where is it": Self.status, "A1": MessageUnderstanding.outOfScope.locating(["A1"], in: "A1"),
            "your times": .accepted("hours"), "your times\nand on sundays": after,
        ]) { $0.now = { clock.now } }
        try await chat.say("where is it")
        clock.advance(by: 31 * 60)
        #expect(try await chat.say("A1").rule == "value.alone")
        try await chat.say("your times")
        clock.advance(by: 31 * 60)
        #expect(try await chat.say("and on sundays").rule == "out_of_scope")
    }

    @Test("a short message is read after what was talked about, and a foreign one is not")
    func context() async throws {
        let after = MessageUnderstanding.ranked(("hours", 0.9), threshold: 0.6)
        let foreign = MessageUnderstanding.outOfScope.foreign(by: 0.4)
        let chat = try await TestChat([
            "your times": .accepted("hours"), "your times\nand on sundays": after, "your times\nwho won": after,
            "who won": foreign,
        ])
        try await chat.say("your times")
        #expect(try await chat.say("and on sundays").texts == ["9 to 21"])
        #expect(try await chat.say("who won").rule == "out_of_scope")
    }
}
