internal import ConversationDomain
internal import GRDB
import Wire

/// The rows of a turn. They are made before the writer takes them, so that its thread, which all turns share, only writes.
struct TurnRows: Sendable {
    private typealias Values = [DatabaseValue]

    /// The conversation's row when the turn is the first and creates it.
    private let creation: Values?
    private let update: Values
    private let messages: [Values]
    private let turn: Values
    private let usage: StorageAccount?
    /// About how many bytes the turn adds to the file: its values, and for each row what SQLite adds in the table and its index.
    let bytes: Int

    init(_ commit: TurnCommit) throws {
        let after = commit.conversation
        creation = commit.createsConversation ? try ConversationRow.values(after, state: commit.state) : nil
        update = Self.values([
            after.status.rawValue, after.locale.rawValue, after.lastSeq, commit.state.jsonText(), after.handoffReason,
            after.id.rawValue, commit.previousSeq,
        ])
        let turn = commit.stored.turn
        messages = ([turn.message] + turn.replies).map { message in
            Self.values([
                turn.conversation.rawValue, message.seq, message.id.rawValue, message.from.rawValue, message.text,
                message.buttons.isEmpty ? nil : message.buttons.jsonText(), message.inReplyTo?.rawValue,
                RowTime.milliseconds(message.createdAt),
            ])
        }
        self.turn = Self.values([
            turn.conversation.rawValue, turn.message.seq, turn.id.rawValue, turn.clientMessageID,
            commit.stored.content.jsonText(), turn.decision?.action.rawValue, turn.decision?.intent?.rawValue,
            turn.decision?.confidence, turn.decision?.model?.rawValue, turn.decision?.jsonText(),
            turn.clientMessageID == nil ? nil : commit.stored.body, RowTime.milliseconds(turn.message.createdAt),
        ])
        usage = commit.account
        let review = commit.reviewReason == nil ? 0 : RowBytes.review(textBytes: turn.message.text.utf8.count)
        bytes =
            (messages + [self.turn] + (creation.map { [$0] } ?? [])).reduce(0) { $0 + RowBytes.count($1) } + review
    }

    private static func values(_ values: [(any DatabaseValueConvertible)?]) -> Values {
        values.map { $0?.databaseValue ?? .null }
    }

    /// - Throws: `ChatError(.conflict)` when the conversation is not as the turn found it.
    func write(to database: Database) throws {
        if let creation {
            try ConversationRow.insert(creation, database)
        } else {
            try database.cachedStatement(
                sql: """
                    UPDATE conversation SET status = ?, locale = ?, last_seq = ?, state = ?, handoff_reason = ?
                    WHERE id = ? AND last_seq = ? AND status <> 'closed'
                    """
            ).execute(arguments: StatementArguments(update))
        }
        guard database.changesCount == 1 else {
            throw ChatError(.conflict, "the conversation was closed or changed while the message was being answered")
        }
        let insertion = try database.cachedStatement(
            sql: """
                INSERT INTO message (conversation_id, seq, id, sender, text, buttons, in_reply_to, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for message in messages { try insertion.execute(arguments: StatementArguments(message)) }
        try database.cachedStatement(
            sql: """
                INSERT INTO turn (conversation_id, seq, id, client_message_id, content, action, intent, confidence, model,
                    decision, body, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: StatementArguments(turn))
        if let usage { try StorageUseRow.add(bytes, to: usage, database) }
    }
}

/// The row of a conversation that is created.
enum ConversationRow {
    static func values(_ conversation: Conversation, state: DialogueState) throws -> [DatabaseValue] {
        let values: [(any DatabaseValueConvertible)?] = [
            conversation.id.rawValue, conversation.app.rawValue, conversation.status.rawValue,
            conversation.locale.rawValue, conversation.localeIsFixed, conversation.channel.rawValue,
            try conversation.visitor.map(RowJSON.text), try conversation.metadata.map(RowJSON.text),
            conversation.lastSeq, state.jsonText(), conversation.handoffReason,
            RowTime.milliseconds(conversation.createdAt),
        ]
        return values.map { $0?.databaseValue ?? .null }
    }

    /// Changes nothing when there is a conversation of that id.
    static func insert(_ values: [DatabaseValue], _ database: Database) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO conversation (id, app, status, locale, locale_is_fixed, channel, visitor, metadata, last_seq,
                    state, handoff_reason, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO NOTHING
                """
        ).execute(arguments: StatementArguments(values))
    }
}
