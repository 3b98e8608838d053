public import ConversationDomain
public import Foundation
internal import GRDB

/// Keeps conversations, messages and turns. One turn is one savepoint of a shared transaction.
public struct SQLiteConversationStore: ConversationStore {
    private let database: SQLiteDatabase
    private let ids: IdentifierGenerator

    /// - Parameter ids: names what goes into the review queue.
    public init(_ database: SQLiteDatabase, ids: IdentifierGenerator = IdentifierGenerator()) {
        self.database = database
        self.ids = ids
    }

    public func create(_ conversation: Conversation) async throws {
        try await database.write { database in
            try database.cachedStatement(
                sql: """
                    INSERT INTO conversation (id, app, status, locale, locale_is_fixed, channel, visitor, metadata, last_seq,
                        state, handoff_reason, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                conversation.id.rawValue, conversation.app.rawValue, conversation.status.rawValue,
                conversation.locale.rawValue, conversation.localeIsFixed, conversation.channel.rawValue,
                try conversation.visitor.map(RowJSON.text), try conversation.metadata.map(RowJSON.text),
                conversation.lastSeq,
                try RowJSON.text(DialogueState()), conversation.handoffReason,
                RowTime.milliseconds(conversation.createdAt),
            ])
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

    public func commit(_ commit: TurnCommit) async throws {
        try await database.write { database in
            try Self.insert(commit, database)
            guard let reason = commit.reviewReason else { return }
            try ReviewQueue(database: database, ids: ids).file(
                reason, of: commit.stored, locale: commit.conversation.locale,
                at: RowTime.milliseconds(commit.stored.turn.message.createdAt))
        }
    }

    public func messages(in id: ConversationID, after seq: Int, limit: Int) async throws -> MessagePage {
        try await database.read { database in
            let lastSeq = try Int.fetchOne(
                database.cachedStatement(sql: "SELECT last_seq FROM conversation WHERE id = ?"),
                arguments: [id.rawValue])
            let statement = try database.cachedStatement(
                sql: "SELECT * FROM message WHERE conversation_id = ? AND seq > ? ORDER BY seq LIMIT ?")
            let rows = try Row.fetchAll(statement, arguments: [id.rawValue, seq, limit])
            return MessagePage(messages: try rows.map(Self.message), lastSeq: lastSeq ?? 0)
        }
    }

    public func record(_ feedback: Feedback, at time: Date) async throws -> Bool {
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
            return true
        }
    }

    public func setStatus(_ status: ConversationStatus, of id: ConversationID) async throws -> Conversation? {
        try await database.write { database in
            try database.execute(
                sql: "UPDATE conversation SET status = ? WHERE id = ?", arguments: [status.rawValue, id.rawValue])
            return try Self.fetch(id, database)?.conversation
        }
    }
}

extension SQLiteConversationStore {
    private static func fetch(_ id: ConversationID, _ database: Database) throws -> (
        conversation: Conversation, state: DialogueState
    )? {
        let statement = try database.cachedStatement(sql: "SELECT * FROM conversation WHERE id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [id.rawValue]) else { return nil }
        let conversation = Conversation(
            id: id, app: AppName(trusted: row["app"]), status: try RowJSON.enumeration(row["status"]),
            locale: BotLocale(row["locale"]) ?? .english, localeIsFixed: row["locale_is_fixed"],
            channel: ChannelName(trusted: row["channel"]),
            visitor: try (row["visitor"] as String?).map { try RowJSON.value($0) },
            metadata: try (row["metadata"] as String?).map { try RowJSON.value($0) },
            lastSeq: row["last_seq"], createdAt: RowTime.date(row["created_at"]), handoffReason: row["handoff_reason"])
        return (conversation, try RowJSON.value(row["state"]))
    }

    private static func turn(_ clientMessageID: String, of id: ConversationID, _ database: Database) throws
        -> StoredTurn?
    {
        let statement = try database.cachedStatement(
            sql: "SELECT id, content, body FROM turn WHERE conversation_id = ? AND client_message_id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [id.rawValue, clientMessageID]) else { return nil }
        let body: Data = row["body"]
        let turn = try Turn(
            id: TurnID(trusted: row["id"]), conversation: id, body: body, clientMessageID: clientMessageID)
        return StoredTurn(turn: turn, content: try RowJSON.value(row["content"]), body: body)
    }

    private static func message(_ row: Row) throws -> Message {
        Message(
            id: MessageID(trusted: row["id"]), seq: row["seq"], from: try RowJSON.enumeration(row["sender"]),
            text: row["text"],
            buttons: try (row["buttons"] as String?).map { try RowJSON.value($0) } ?? [],
            inReplyTo: (row["in_reply_to"] as String?).map(MessageID.init(trusted:)),
            createdAt: RowTime.date(row["created_at"]))
    }

    private static func insert(_ commit: TurnCommit, _ database: Database) throws {
        let conversation = commit.conversation
        try database.cachedStatement(
            sql: """
                UPDATE conversation SET status = ?, locale = ?, last_seq = ?, state = ?, handoff_reason = ?
                WHERE id = ? AND last_seq = ? AND status <> 'closed'
                """
        ).execute(arguments: [
            conversation.status.rawValue, conversation.locale.rawValue, conversation.lastSeq,
            try RowJSON.text(commit.state),
            conversation.handoffReason, conversation.id.rawValue, commit.previousSeq,
        ])
        guard database.changesCount == 1 else {
            throw ChatError(.conflict, "the conversation was closed or changed while the message was being answered")
        }
        for message in [commit.stored.turn.message] + commit.stored.turn.replies {
            try insert(message, in: conversation.id, database)
        }
        try insert(commit.stored, database)
    }

    private static func insert(_ message: Message, in id: ConversationID, _ database: Database) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO message (conversation_id, seq, id, sender, text, buttons, in_reply_to, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            id.rawValue, message.seq, message.id.rawValue, message.from.rawValue, message.text,
            message.buttons.isEmpty ? nil : try RowJSON.text(message.buttons), message.inReplyTo?.rawValue,
            RowTime.milliseconds(message.createdAt),
        ])
    }

    private static func insert(_ stored: StoredTurn, _ database: Database) throws {
        let turn = stored.turn
        try database.cachedStatement(
            sql: """
                INSERT INTO turn (conversation_id, seq, id, client_message_id, content, action, intent, confidence, model,
                    decision, body, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            turn.conversation.rawValue, turn.message.seq, turn.id.rawValue, turn.clientMessageID,
            try RowJSON.text(stored.content), turn.decision?.action.rawValue, turn.decision?.intent?.rawValue,
            turn.decision?.confidence, turn.decision?.model?.rawValue, try turn.decision.map(RowJSON.text),
            turn.clientMessageID == nil ? nil : stored.body, RowTime.milliseconds(turn.message.createdAt),
        ])
    }
}
