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
}
