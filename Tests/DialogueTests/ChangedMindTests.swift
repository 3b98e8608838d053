import ConversationDomain
import Dialogue
import TestSupport
import Testing

@Suite("Visitors who change their minds")
struct ChangedMindTests {
    private static let cancel = MessageUnderstanding.accepted("order.cancel", 0.9, ("order_number", "A1234567"))
    private static let hours = MessageUnderstanding.accepted("hours")

    private static func chat(_ meanings: [String: MessageUnderstanding]) async throws -> TestChat {
        try await TestChat(
            meanings.merging(["cancel A1234567": cancel, "cancel it": .accepted("order.cancel")]) { $1 })
    }

    @Test(
        "what was asked for is taken back, and what is asked for beside that is answered",
        arguments: ["never mind, when are you open", "no, when are you open", "算了，when are you open"])
    func replaced(text: String) async throws {
        // The whole still sounds like what was asked for before.
        let chat = try await Self.chat([text: .accepted("order.cancel"), "when are you open": Self.hours])
        #expect(try await chat.say("cancel A1234567").rule == "intent.accepted")
        let turn = try await chat.say(text)
        #expect(turn.rule == "clauses.one" && turn.decision?.intent?.rawValue == "hours")
    }

    @Test("so is what the bot asks a value for, and the question is not asked again")
    func questionLeft() async throws {
        let chat = try await Self.chat([
            "never mind, when are you open": .accepted("order.cancel"), "when are you open": Self.hours,
        ])
        #expect(try await chat.say("cancel it").rule == "slot.ask")
        let turn = try await chat.say("never mind, when are you open")
        #expect(turn.rule == "clauses.one" && turn.decision?.intent?.rawValue == "hours" && turn.texts.count == 1)
        #expect(try await chat.say("A1234567").rule != "slot.filled")
    }

    @Test("what is taken back and only sounds like the same again is left; who asks for it all the same gets it")
    func left() async throws {
        let chat = try await Self.chat([
            "never mind, it fits": .accepted("order.cancel"), "it fits": .outOfScope,
            "no, do cancel it": .accepted("order.cancel"), "do cancel it": .accepted("order.cancel"),
        ])
        try await chat.say("cancel A1234567")
        #expect(try await chat.say("never mind, it fits").rule == "act.cancel")
        try await chat.say("cancel A1234567")
        let insisting = try await chat.say("no, do cancel it")
        #expect(insisting.decision?.intent?.rawValue == "order.cancel")
    }

    @Test("a value after a no puts the value right")
    func corrected() async throws {
        let other = MessageUnderstanding.unsure("hours", 0.4, ("order_number", "B7654321"))
        let chat = try await Self.chat(["no, it is B7654321": other, "it is B7654321": other])
        try await chat.say("cancel A1234567")
        let turn = try await chat.say("no, it is B7654321")
        #expect(turn.decision?.intent?.rawValue == "order.cancel" && turn.texts[0].contains("B7654321"))
    }

    @Test(
        "the very sentence of an act is that act, unless an intent is certain",
        arguments: [(0.85, true), (0.95, false)])
    func exactAct(confidence: Double, isAct: Bool) async throws {
        let chat = try await TestChat(["never mind": .accepted("hours", confidence)])
        #expect(try await chat.say("never mind").rule == (isAct ? "act.cancel" : "intent.accepted"))
    }
}
