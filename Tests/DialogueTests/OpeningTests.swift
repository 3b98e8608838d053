import ConversationDomain
import Dialogue
import Testing
import TestSupport

@Suite("What a bot does with an opening message")
struct OpeningTests {
    private static func intent(_ name: String) -> Candidate.Subject { .intent(IntentName(trusted: name)) }

    @Test("it acts, asks back or says that it does not know, as a turn would, and stores nothing")
    func asATurn() async throws {
        let entry = TestBot.entry("wrap", title: "Gift wrapping")
        let content = BotContent(intents: TestBot.content.intents, knowledge: [entry])
        let meanings: [String: MessageUnderstanding] = [
            "when do you open": .ranked(("hours", 0.95), threshold: 0.7),
            "where is my parcel": .ranked(("order.status", 0.9), threshold: 0.7),
            "wrap it": .ranked(("#wrap", 0.8), ("hours", 0.1), threshold: 0.7),
            "hours or wrapping": .ranked(("hours", 0.4), ("#wrap", 0.35), threshold: 0.7),
            "a person please": .ranked(("agent.request", 0.9), threshold: 0.7),
            "the secret": .ranked(("secret", 0.9), threshold: 0.7),
            "hm": .ranked(("hours", 0.3), threshold: 0.7),
        ]
        let chat = try await TestChat(meanings, content: content)
        let texts = [
            "when do you open", "where is my parcel", "wrap it", "hours or wrapping", "a person please", "the secret",
            "hm", "something else",
        ]
        let replies = try await chat.engine.openingReplies(to: texts)
        #expect(
            replies == [
                .acted(on: Self.intent("hours")), .acted(on: Self.intent("order.status")),
                .acted(on: .knowledge(entry.id)), .askedBack([Self.intent("hours"), .knowledge(entry.id)]),
                .acted(on: .intent(.agentRequest)), .acted(on: Self.intent("secret")), .rejected, .rejected,
            ])
        #expect(try await chat.stored.lastSeq == 0)
    }

    @Test("each message is understood in its own language")
    func languages() async throws {
        let english = TestBot.entry("wrap.en", title: "Wrapping")
        let chinese = TestBot.entry("wrap.zh", locale: .chinese, title: "包装")
        let meaning = MessageUnderstanding.ranked(("#wrap.en", 0.46), ("#wrap.zh", 0.44), threshold: 0.4)
        let chat = try await TestChat(
            ["do you wrap": meaning, "可以包装吗": meaning],
            content: BotContent(intents: TestBot.content.intents, knowledge: [english, chinese]))
        #expect(
            try await chat.engine.openingReplies(to: ["可以包装吗", "do you wrap"]) == [
                .acted(on: .knowledge(chinese.id)), .acted(on: .knowledge(english.id)),
            ])
    }
}
