import ConversationDomain
import Dialogue
import Testing
import TestSupport

@Suite("Replies from passages")
struct PassageReplyTests {
    private static let passage = KnowledgeEntry(
        id: KnowledgeID(trusted: "docs.a"), locale: .english, title: "Returns", questions: ["Guide › Returns"],
        answer:
            "We like parcels. Send it back within 30 days. Use the label in the box. The money comes after five days.",
        link: "https://d.example/returns#back", collection: CollectionName(trusted: "docs"))

    private static func chat(_ understanding: MessageUnderstanding) async throws -> TestChat {
        try await TestChat(["how?": understanding], content: BotContent(knowledge: [passage]))
    }

    private static func found(_ sentences: [Int]) -> MessageUnderstanding {
        var understanding = MessageUnderstanding.ranked(("#docs.a", 0.9), threshold: 0.6)
        understanding.candidates[0].sentences = sentences
        return understanding
    }

    @Test("the sentences that answer are quoted in their order, with the source")
    func quoted() async throws {
        let turn = try await Self.chat(Self.found([2, 1])).say("how?")
        #expect(turn.rule == "knowledge.accepted")
        let text = try #require(turn.texts.first)
        #expect(text.hasPrefix("Send it back within 30 days. Use the label in the box.\n\n"))
        #expect(text.hasSuffix("https://d.example/returns#back"))
        #expect(!text.contains("money"))
    }

    @Test("where no ranking chose them, the first ones are shown")
    func beginning() async throws {
        let text = try #require(try await Self.chat(Self.found([])).say("how?").texts.first)
        #expect(text.hasPrefix("We like parcels. Send it back within 30 days. Use the label in the box.\n\n"))
    }
}
