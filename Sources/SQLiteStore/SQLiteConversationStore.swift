public import ConversationDomain
public import Foundation
internal import GRDB
import Wire

/// Keeps conversations, messages and turns. One turn is one savepoint of a shared transaction.
public struct SQLiteConversationStore: ConversationStore {
    let database: SQLiteDatabase
    private let ids: IdentifierGenerator
    var outbox: EventOutbox { database.outbox }

    /// - Parameter ids: names what goes into the review queue.
    public init(_ database: SQLiteDatabase, ids: IdentifierGenerator = IdentifierGenerator()) {
        self.database = database
        self.ids = ids
    }

    public func create(_ conversation: Conversation) async throws {
        let row = try ConversationRow.values(conversation, state: DialogueState())
        try await database.write { database in
            try ConversationRow.insert(row, database)
            guard database.changesCount == 1 else { throw ChatError(.conflict, "there is a conversation of this id") }
            try ConversationJournal.record([.created], of: conversation, at: conversation.createdAt, outbox, database)
        }
    }

    public func conversation(_ id: ConversationID) async throws -> Conversation? {
        try database.lookUp { try Self.fetch(id, $0)?.conversation }
    }

    public func turnContext(_ id: ConversationID, clientMessageID: String?) async throws -> TurnContext? {
        try database.lookUp { database in
            guard let found = try Self.fetch(id, database) else { return nil }
            let repeated = try clientMessageID.flatMap { try Self.turn($0, of: id, database) }
            return TurnContext(conversation: found.conversation, state: found.state, repeated: repeated)
        }
    }

    @discardableResult
    public func commit(_ commit: TurnCommit) async throws -> Int {
        let rows = try TurnRows(commit)
        return try await database.write { database in
            try rows.write(to: database)
            try ConversationJournal.record(
                rows.events, of: commit.conversation, at: commit.stored.turn.message.createdAt, outbox, database)
            if let reason = commit.reviewReason {
                try ReviewQueue(database: database, ids: ids).file(
                    reason, of: commit.stored, locale: commit.conversation.locale,
                    at: RowTime.milliseconds(commit.stored.turn.message.createdAt))
            }
            return rows.bytes
        }
    }

    public func messages(in id: ConversationID, after seq: Int, limit: Int) async throws -> MessagePage {
        try await database.read { database in
            let lastSeq = try Int.fetchOne(
                database.cachedStatement(sql: "SELECT last_seq FROM conversation WHERE id = ?"),
                arguments: [id.rawValue])
            let statement = try database.cachedStatement(
                sql: """
                    SELECT *, CASE sender WHEN 'agent' THEN (
                        SELECT author_name FROM posted_message
                        WHERE posted_message.conversation_id = message.conversation_id AND posted_message.seq = message.seq
                    ) END AS author_name
                    FROM message WHERE conversation_id = ? AND seq > ? ORDER BY seq LIMIT ?
                    """)
            let rows = try Row.fetchAll(statement, arguments: [id.rawValue, seq, limit])
            return MessagePage(messages: try rows.map(Self.message), lastSeq: lastSeq ?? 0)
        }
    }

    public func record(_ feedback: Feedback, at time: Date, account: StorageAccount? = nil) async throws -> Bool {
        try await database.write { database in
            let sender = try String.fetchOne(
                database, sql: "SELECT sender FROM message WHERE id = ? AND conversation_id = ?",
                arguments: [feedback.message.rawValue, feedback.conversation.rawValue])
            guard let sender, sender != Sender.visitor.rawValue else { return false }
            try database.execute(
                sql: """
                    INSERT INTO feedback (message_id, conversation_id, rating, comment, created_at) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (message_id) DO UPDATE SET rating = excluded.rating, comment = excluded.comment,
                        created_at = excluded.created_at
                    """,
                arguments: [
                    feedback.message.rawValue, feedback.conversation.rawValue, feedback.rating.rawValue,
                    feedback.comment,
                    RowTime.milliseconds(time),
                ])
            if feedback.rating == .down {
                _ = try ReviewQueue(database: database, ids: ids).file(
                    .ratedDown, message: feedback.message, suggestion: nil, at: RowTime.milliseconds(time))
            }
            if let account { try StorageUseRow.add(feedback.storedBytes, to: account, database) }
            if let conversation = try Self.fetch(feedback.conversation, database)?.conversation {
                try ConversationJournal.record([.rated(feedback)], of: conversation, at: time, outbox, database)
            }
            return true
        }
    }

    public func setStatus(_ status: ConversationStatus, of id: ConversationID) async throws -> Conversation? {
        try await database.write { database in
            let before = try Self.fetch(id, database)?.conversation
            try database.execute(
                sql: "UPDATE conversation SET status = ? WHERE id = ?", arguments: [status.rawValue, id.rawValue])
            guard let before, let after = try Self.fetch(id, database)?.conversation else { return nil }
            if before.status != status {
                try ConversationJournal.record(
                    [.statusChanged(from: before.status)], of: after, at: Date(), outbox, database)
            }
            return after
        }
    }
}

extension SQLiteConversationStore {
    static func fetch(_ id: ConversationID, _ database: Database) throws -> (
        conversation: Conversation, state: DialogueState
    )? {
        try database.first("SELECT \(ConversationRow.columns), state FROM conversation WHERE id = ?", [id.rawValue]) {
            row in
            (try ConversationRow.conversation(row), try RowJSON.state(row[ConversationRow.columnCount]))
        }
    }

    private static func turn(_ clientMessageID: String, of id: ConversationID, _ database: Database) throws
        -> StoredTurn?
    {
        let sql = "SELECT id, content, body FROM turn WHERE conversation_id = ? AND client_message_id = ?"
        return try database.first(sql, [id.rawValue, clientMessageID]) { row in
            let body: Data = row[2]
            let turn = try Turn(
                id: TurnID(trusted: row[0]), conversation: id, body: body, clientMessageID: clientMessageID)
            return StoredTurn(turn: turn, content: try RowJSON.value(row[1]), body: body)
        }
    }

    static func message(_ row: Row) throws -> Message {
        Message(
            id: MessageID(trusted: row["id"]), seq: row["seq"], from: try RowJSON.enumeration(row["sender"]),
            text: row["text"],
            buttons: try (row["buttons"] as String?).map { try RowJSON.value($0) } ?? [],
            inReplyTo: (row["in_reply_to"] as String?).map(MessageID.init(trusted:)), agent: row["author_name"],
            createdAt: RowTime.date(row["created_at"]))
    }
}
