import ConversationDomain
import Dialogue
import Synchronization
import Testing
import TestSupport

/// Remembers what it was told.
private final class Listener: TurnFollower {
    struct Heard: Hashable {
        let text: String
        let message: MessageID
        let top: String?
    }

    let heard = Mutex<[Heard]>([])

    func turnCommitted(_ turn: Turn, understanding: MessageUnderstanding) {
        heard.withLock {
            $0.append(
                Heard(
                    text: turn.message.text, message: turn.message.id, top: understanding.top?.intent.rawValue))
        }
    }
}

@Suite struct FollowerTests {
    @Test("a follower hears once of every turn that understood words; buttons, repeats and an agent's time are none")
    func follower() async throws {
        let listener = Listener()
        let chat = try await TestChat(["thanks": .accepted("thanks")]) { $0.follower = listener }
        let first = try await chat.send(.text("thanks"), id: "one").turn
        _ = try await chat.send(.text("thanks"), id: "one")
        try await chat.press("hours")
        let second = try await chat.say("unknown words")
        _ = try await chat.store.setStatus(.agent, of: chat.conversation.id)
        try await chat.say("thanks")
        #expect(
            listener.heard.withLock { $0 } == [
                Listener.Heard(text: "thanks", message: first.message.id, top: "thanks"),
                Listener.Heard(text: "unknown words", message: second.message.id, top: nil),
            ])
    }
}
