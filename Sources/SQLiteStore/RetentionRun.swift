public import ConversationDomain
public import Foundation

/// Walks through everything that is not kept any longer, step by step, and rests between the steps so that the writer is free
/// for turns nearly all the time.
public struct RetentionRun: Sendable {
    /// What is removed.
    public struct Rules: Hashable, Sendable {
        /// How long a conversation is kept after its last message; nil keeps all.
        public var conversations: KeepingTime?
        /// How long a conversation is kept in which nothing is said.
        public var emptyConversations = KeepingTime(seconds: 86_400)
        /// How long it is known what apps have stored.
        public var storageUse = KeepingTime(seconds: 26 * 3_600)

        public init() {}
    }

    /// What a run did.
    public struct Outcome: Hashable, Sendable {
        public var conversations = 0
        public var messages = 0
        public var emptyConversations = 0
        public var steps = 0

        public init() {}

        public var isNothing: Bool { conversations == 0 && messages == 0 && emptyConversations == 0 }
    }

    private let retention: SQLiteRetention
    private let rules: Rules
    private let pause: @Sendable (Duration) async throws -> Void

    /// - Parameter pause: waits; a test need not.
    public init(
        _ retention: SQLiteRetention, rules: Rules,
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.retention = retention
        self.rules = rules
        self.pause = pause
    }

    /// - Parameter removed: hears of the conversations of each step after they are gone.
    public func run(now: Date, removed: @Sendable ([ConversationID]) -> Void = { _ in }) async throws -> Outcome {
        var outcome = Outcome()
        try await retention.removeStorageUse(before: Int(before(now, rules.storageUse).timeIntervalSince1970 / 3_600))
        let emptyBefore = before(now, rules.emptyConversations)
        while true {
            let step = try await retention.removeEmptyConversations(startedBefore: emptyBefore)
            outcome.emptyConversations += step.conversations.count
            try await finish(step, &outcome, removed)
            if step.next == nil { break }
        }
        guard let kept = rules.conversations else { return outcome }
        let time = before(now, kept)
        var cursor: ConversationID?
        repeat {
            let step = try await retention.removeConversations(lastMessageBefore: time, after: cursor)
            outcome.conversations += step.conversations.count
            outcome.messages += step.messages
            cursor = step.next
            try await finish(step, &outcome, removed)
        } while cursor != nil
        return outcome
    }

    private func before(_ now: Date, _ time: KeepingTime) -> Date { now.addingTimeInterval(-Double(time.seconds)) }

    private func finish(
        _ step: SQLiteRetention.Step, _ outcome: inout Outcome, _ removed: @Sendable ([ConversationID]) -> Void
    ) async throws {
        outcome.steps += 1
        if !step.conversations.isEmpty { removed(step.conversations) }
        if step.next != nil { try await pause(Self.rest(after: step.duration)) }
    }

    /// The writer works on this for about one hundredth of the time.
    static func rest(after duration: Duration) -> Duration {
        min(max(duration * 100, .milliseconds(100)), .seconds(5))
    }
}
