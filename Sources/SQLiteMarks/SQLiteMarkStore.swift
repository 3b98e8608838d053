public import ConversationDomain
public import Foundation
internal import GRDB
public import People
public import SQLiteStore

/// Keeps what agents and visitors mark: how far they have read, and what was wrong; finds what agents answered.
public struct SQLiteMarkStore: MarkStore {
    let database: SQLiteDatabase
    private let ids: IdentifierGenerator

    /// - Parameter ids: names what goes into the review queue.
    public init(_ database: SQLiteDatabase, ids: IdentifierGenerator = IdentifierGenerator()) {
        self.database = database
        self.ids = ids
    }

    public func markRead(_ id: ConversationID, upTo seq: Int, by side: ConversationSide) async throws -> ReadMarks? {
        let column =
            switch side {
            case .visitor: "read_by_visitor"
            case .agent: "read_by_agent"
            }
        return try await database.write { database in
            let statement = try database.cachedStatement(
                sql: """
                    UPDATE conversation SET \(column) = max(\(column), min(?, last_seq)) WHERE id = ?
                    RETURNING read_by_visitor, read_by_agent
                    """)
            return try Row.fetchOne(statement, arguments: [seq, id.rawValue]).map {
                ReadMarks(visitor: $0[0], agent: $0[1])
            }
        }
    }

    public func mark(_ wrong: WrongReply, at time: Date) async throws -> (review: ReviewID, isNew: Bool) {
        let time = RowTime.milliseconds(time)
        return try await database.write { database in
            try Self.checkIsAnswer(wrong, database)
            if let review = try Self.known(wrong, database) { return (review, false) }
            let filed = try ReviewQueue(database: database, ids: ids).file(
                .corrected, message: wrong.message, suggestion: wrong.intent, at: time)
            guard let filed else {
                throw ChatError(.conflict, "this reply answers a pressed button: there are no words to learn from")
            }
            // Somebody has decided that there is nothing to learn, before this was known.
            if wrong.knowledge != nil || wrong.note != nil {
                try database.cachedStatement(
                    sql: """
                        UPDATE review SET status = 'open', decided_by = NULL, decided_at = NULL
                        WHERE id = ? AND status = 'dismissed'
                        """
                ).execute(arguments: [filed.rawValue])
            }
            try database.cachedStatement(
                sql: """
                    INSERT INTO wrong_reply (message_id, review_id, intent, knowledge, note, marked_at)
                    VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT (message_id) DO UPDATE SET review_id = excluded.review_id, intent = excluded.intent,
                        knowledge = excluded.knowledge, note = excluded.note, marked_at = excluded.marked_at
                    """
            ).execute(arguments: [
                wrong.message.rawValue, filed.rawValue, wrong.intent?.rawValue, wrong.knowledge?.rawValue, wrong.note,
                time,
            ])
            return (filed, true)
        }
    }

    /// - Throws: `ChatError` when it is no message of the conversation, or none that the bot answered with.
    private static func checkIsAnswer(_ wrong: WrongReply, _ database: Database) throws {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT sender, in_reply_to IS NOT NULL FROM message WHERE id = ? AND conversation_id = ?"),
            arguments: [wrong.message.rawValue, wrong.conversation.rawValue])
        guard let row else { throw ChatError(.notFound, "there is no such message in this conversation") }
        let sender: String = row[0]
        guard sender == Sender.bot.rawValue else {
            throw ChatError(
                .conflict, "only what the bot said can be marked as wrong; this message is from the \(sender)")
        }
        guard row[1] else {
            throw ChatError(.conflict, "the bot said this unasked: there is no message of the visitor to learn from")
        }
    }

    /// The text in the queue, when the reply was marked with the same words before.
    private static func known(_ wrong: WrongReply, _ database: Database) throws -> ReviewID? {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT review_id, intent, knowledge, note FROM wrong_reply WHERE message_id = ?"),
            arguments: [wrong.message.rawValue])
        guard let row, row[1] as String? == wrong.intent?.rawValue, row[2] as String? == wrong.knowledge?.rawValue,
            (row[3] as String?).map({ UTF8Text($0) }) == wrong.note.map({ UTF8Text($0) })
        else { return nil }
        return ReviewID(trusted: row[0])
    }
}
