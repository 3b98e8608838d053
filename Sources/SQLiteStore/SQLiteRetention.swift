public import ConversationDomain
public import Foundation
internal import GRDB

/// Removes conversations that are not kept any longer, in steps that are small enough to stand between turns.
///
/// Identifiers of conversations sort by the time of their beginning, so no index is needed, and no turn has to keep one up to
/// date: everything that began before a time is one stretch of the table. The file does not shrink; SQLite writes new rows
/// into the pages that became free.
public struct SQLiteRetention: Sendable {
    /// How much one step may do.
    public struct StepLimits: Hashable, Sendable {
        /// Messages that are removed; a longer conversation is closed and removed over several steps.
        public var messages = 40
        /// Conversations that are looked at.
        public var conversations = 200
        /// No further conversation is begun after this time.
        public var time = Duration.milliseconds(2)

        public init() {}
    }

    /// What a step did.
    public struct Step: Hashable, Sendable {
        /// Those that are gone.
        public var conversations: [ConversationID] = []
        public var messages = 0
        /// Where the next step begins; nil when everything was looked at.
        public var next: ConversationID?
        /// How long the writer was kept.
        public var duration = Duration.zero
    }

    private let database: SQLiteDatabase
    private let limits: StepLimits

    public init(_ database: SQLiteDatabase, limits: StepLimits = StepLimits()) {
        self.database = database
        self.limits = limits
    }

    /// One step through the conversations that began before `time`: those whose last message is older go, with what belongs
    /// to them. Texts of theirs that wait in the review queue go too; what people decided on stays, without the reference.
    /// - Parameter cursor: `next` of the step before; nil to begin.
    public func removeConversations(lastMessageBefore time: Date, after cursor: ConversationID?) async throws -> Step {
        let limits = limits
        return try await database.writeInBackground { database in
            let begin = ContinuousClock.now
            var step = Step()
            var place = cursor?.rawValue ?? ""
            let end = IdentifierGenerator.first(at: time, ConversationID.self).rawValue
            for _ in 0..<limits.conversations {
                guard let id = try Self.conversation(after: place, before: end, database) else {
                    step.duration = ContinuousClock.now - begin
                    return step
                }
                if try Self.isOld(id, time, database) {
                    let isWhole = try Self.remove(id, atMost: limits.messages - step.messages, &step, database)
                    if !isWhole { break }
                    step.conversations.append(ConversationID(trusted: id))
                }
                place = id
                if step.messages >= limits.messages || ContinuousClock.now - begin >= limits.time { break }
            }
            step.next = ConversationID(trusted: place)
            step.duration = ContinuousClock.now - begin
            return step
        }
    }

    /// Removes conversations that began before `time` and in which nothing was said, at most as many as a step may look at.
    public func removeEmptyConversations(startedBefore time: Date) async throws -> Step {
        let limits = limits
        return try await database.writeInBackground { database in
            let begin = ContinuousClock.now
            var step = Step()
            let ids = try String.fetchAll(
                database.cachedStatement(
                    sql: "SELECT id FROM conversation WHERE last_seq = 0 AND id < ? ORDER BY id LIMIT ?"),
                arguments: [IdentifierGenerator.first(at: time, ConversationID.self).rawValue, limits.conversations])
            let removal = try database.cachedStatement(sql: "DELETE FROM conversation WHERE id = ? AND last_seq = 0")
            for id in ids {
                try removal.execute(arguments: [id])
                step.conversations.append(ConversationID(trusted: id))
                if ContinuousClock.now - begin >= limits.time { break }
            }
            step.next = ids.isEmpty ? nil : step.conversations.last
            step.duration = ContinuousClock.now - begin
            return step
        }
    }

    /// Forgets what apps stored in earlier hours.
    public func removeStorageUse(before hour: Int) async throws {
        try await database.writeInBackground { database in
            try database.execute(sql: "DELETE FROM app_storage WHERE hour < ?", arguments: [hour])
        }
    }
}

extension SQLiteRetention {
    private static func conversation(after place: String, before end: String, _ database: Database) throws -> String? {
        try String.fetchOne(
            database.cachedStatement(
                sql: "SELECT id FROM conversation WHERE id > ? AND id < ? ORDER BY id LIMIT 1"),
            arguments: [place, end])
    }

    /// False for a conversation without messages too.
    private static func isOld(_ id: String, _ time: Date, _ database: Database) throws -> Bool {
        let last = try Int64.fetchOne(
            database.cachedStatement(
                sql: "SELECT created_at FROM message WHERE conversation_id = ? ORDER BY seq DESC LIMIT 1"),
            arguments: [id])
        return last.map { $0 < RowTime.milliseconds(time) } ?? false
    }

    /// False when messages are left; the conversation is closed then, so that none is added.
    private static func remove(_ id: String, atMost limit: Int, _ step: inout Step, _ database: Database) throws -> Bool
    {
        // The seq of the first message that would be too many.
        let rest = try Int.fetchOne(
            database.cachedStatement(
                sql: "SELECT seq FROM message WHERE conversation_id = ? ORDER BY seq LIMIT 1 OFFSET ?"),
            arguments: [id, limit])
        // A conversation of a usual length goes whole, in this step or the next.
        if rest != nil, step.messages > 0 { return false }
        if let rest {
            try database.cachedStatement(sql: "UPDATE conversation SET status = 'closed' WHERE id = ?").execute(
                arguments: [id])
            try database.cachedStatement(sql: "DELETE FROM message WHERE conversation_id = ? AND seq < ?").execute(
                arguments: [id, rest])
            step.messages += database.changesCount
            return false
        }
        try forget(id, database)
        try database.cachedStatement(sql: "DELETE FROM message WHERE conversation_id = ?").execute(arguments: [id])
        step.messages += database.changesCount
        try database.cachedStatement(sql: "DELETE FROM conversation WHERE id = ?").execute(arguments: [id])
        return true
    }

    private static func forget(_ id: String, _ database: Database) throws {
        try database.cachedStatement(sql: "DELETE FROM review WHERE conversation_id = ? AND status = 'open'").execute(
            arguments: [id])
        try database.cachedStatement(
            sql: "UPDATE review SET message_id = NULL, conversation_id = NULL WHERE conversation_id = ?"
        ).execute(arguments: [id])
    }
}
