import ConversationDomain
import Testing
import TestSupport
import Wire

@Suite struct ReviewTests {
    @Test("what the bot had no answer to and what it had to ask back about goes into the review queue, nothing else")
    func reasons() async throws {
        let chat = try await TestChat(
            [
                "faint": .unsure("hours", 0.2), "likely": .ranked(("hours", 0.6), ("#faq", 0.25)),
                "times or travel": .close("hours", "trip.book"),
                "thanks": .accepted("thanks"), "secret": .accepted("secret"), "gone": .accepted("removed.intent"),
                "where": .accepted("order.status"), "a person": .accepted("agent.request"),
            ], knowledge: ["faq": .found("faq")])
        for text in ["faint", "likely", "times or travel", "thanks", "secret", "gone", "foreign", "faq"] {
            try await chat.say(text)
        }
        // A value that is not understood is asked for again; it means nothing by itself.
        for text in ["where", "hmm", "never mind", "a person"] { try await chat.say(text) }
        try await chat.press("removed.intent")
        #expect(
            chat.store.review == [
                "faint": .rejected, "foreign": .rejected, "gone": .rejected, "likely": .lowConfidence,
                "times or travel": .lowConfidence,
            ])
    }

    @Test("a decision tells of the label that it followed")
    func labelled() async throws {
        let label = LabelledMatch(intent: IntentName(trusted: "thanks"), similarity: 0.96)
        let understood = MessageUnderstanding(
            model: MessageUnderstanding.testModel, ranking: [IntentScore(intent: label.intent, confidence: 0.97)],
            threshold: 0.6, verdict: .accepted, entities: [], embedding: [1, 0], labelled: label)
        let result = try await TestChat(["cheers mate": understood]).send(.text("cheers mate"))
        #expect(result.turn.decision?.labelled == label)
        let read = try Turn(
            id: result.turn.id, conversation: result.turn.conversation, body: result.body, clientMessageID: nil)
        #expect(read.decision?.labelled == label)
    }
}
