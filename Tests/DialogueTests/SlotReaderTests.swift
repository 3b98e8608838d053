import ConversationDomain
import Dialogue
import Testing
import TestSupport

@Suite struct SlotReaderTests {
    private func chat(
        _ meanings: [String: MessageUnderstanding] = [:], knowledge: [String: KnowledgeHit] = [:]
    ) async throws -> TestChat {
        let all = meanings.merging(["where is it": .accepted("order.status")]) { $1 }
        return try await TestChat(all, knowledge: knowledge) { $0.slotReader = DigitReader() }
    }

    @Test("a form that only counts as an answer fills the slot, even when the model takes it for something else")
    func askedForm() async throws {
        let chat = try await chat(["it is 445566": .accepted("thanks")])
        try await chat.say("where is it")
        #expect(try await chat.say("it is 445566").texts == ["Order 445566 <is> on its way."])
    }

    @Test("such a form inside another question or intent does not fill the slot")
    func askedFormAside() async throws {
        let question = "do you deliver to the postcode 10115 on Sundays"
        let hours = "your hours, I found the number 445566 in my mail"
        let chat = try await chat(
            [hours: .accepted("hours")], knowledge: [question: .found("delivery", link: nil)])
        try await chat.say("where is it")
        #expect(try await chat.say(question).texts == ["see delivery", "Which order?"])
        #expect(try await chat.say(hours).rule == "intent.changed")
    }

    @Test("such a form in a message that means nothing else fills the slot")
    func askedFormInLongMessage() async throws {
        let chat = try await chat()
        try await chat.say("where is it")
        let turn = try await chat.say("well let me look, I believe the mail said 445566 somewhere")
        #expect(turn.texts == ["Order 445566 <is> on its way."])
    }

    @Test("a button's value is normalised, asked for when it is none, and taken as it is when nobody can read its kind")
    func buttons() async throws {
        let chat = try await chat()
        #expect(
            try await chat.press("order.status", ["order_number": "no. 9876"]).texts == ["Order 9876 <is> on its way."])
        let other = try await self.chat()
        #expect(try await other.press("order.status", ["order_number": "soon"]).texts == ["Which order?"])
        let dates = ["departure": "tomorrow", "return": "friday"]
        #expect(try await other.press("trip.book", dates).texts == ["tomorrow to friday"])
    }

    @Test(
        "a fraction beside the value that was asked for is the amount that is asked for next; a whole number is not",
        arguments: [
            ("445566, both 54.90", "445566: 54.90"), ("445566, both", "How much?"), ("445566, twice 54", "How much?"),
        ])
    func amount(answer: String, reply: String) async throws {
        let money = EntityName(trusted: "amount")
        func slot(_ name: String, _ entity: EntityName, _ ask: String) -> SlotDefinition {
            SlotDefinition(name: SlotName(trusted: name), entity: entity, ask: [.english: ask])
        }
        let charged = Intent(
            name: IntentName(trusted: "charged"), examples: [Example(text: "charged twice", locale: .english)],
            slots: [
                slot("order_number", EntityName(trusted: "order_number"), "Which order?"),
                slot("paid", money, "How much?"),
            ],
            answers: [TestBot.answer("charged", 1, "{{order_number}}: {{paid}}", "{{order_number}}: {{paid}}")])
        let chat = try await TestChat(
            ["charged twice": .accepted("charged")], content: BotContent(intents: TestBot.content.intents + [charged])
        ) { $0.slotReader = MoneyReader() }
        #expect(try await chat.say("charged twice").texts == ["Which order?"])
        #expect(try await chat.say(answer).texts == [reply])
    }
}

/// Reads order numbers like ``DigitReader``, and the last word as an amount when it is a number.
private struct MoneyReader: SlotReader {
    func read(_ entity: EntityName, in text: String, locale: BotLocale?) -> SlotReading {
        guard entity.rawValue == "amount" else { return DigitReader().read(entity, in: text, locale: locale) }
        let scalars = Array(text.unicodeScalars)
        let start = (scalars.lastIndex(of: " ") ?? -1) + 1
        let word = String(String.UnicodeScalarView(scalars[start...]))
        guard Double(word) != nil else { return .absent }
        return .found(Entity(entity: entity, value: word, text: word, start: start, end: scalars.count))
    }
}
