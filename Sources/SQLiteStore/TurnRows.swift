internal import ConversationDomain
internal import GRDB

/// The rows of a turn. They are made before the writer takes them, so that its thread, which all turns share, only writes.
struct TurnRows: Sendable {
    private let conversation: StatementArguments
    private let messages: [StatementArguments]
    private let turn: StatementArguments

    init(_ commit: TurnCommit) {
        let after = commit.conversation
        conversation = [
            after.status.rawValue, after.locale.rawValue, after.lastSeq, commit.state.jsonText(), after.handoffReason,
            after.id.rawValue, commit.previousSeq,
        ]
        let turn = commit.stored.turn
        messages = ([turn.message] + turn.replies).map { message in
            [
                turn.conversation.rawValue, message.seq, message.id.rawValue, message.from.rawValue, message.text,
                message.buttons.isEmpty ? nil : message.buttons.jsonText(), message.inReplyTo?.rawValue,
                RowTime.milliseconds(message.createdAt),
            ]
        }
        self.turn = [
            turn.conversation.rawValue, turn.message.seq, turn.id.rawValue, turn.clientMessageID,
            commit.stored.content.jsonText(), turn.decision?.action.rawValue, turn.decision?.intent?.rawValue,
            turn.decision?.confidence, turn.decision?.model?.rawValue, turn.decision?.jsonText(),
            turn.clientMessageID == nil ? nil : commit.stored.body, RowTime.milliseconds(turn.message.createdAt),
        ]
    }

    /// - Throws: `ChatError(.conflict)` when the conversation is not as the turn found it.
    func write(to database: Database) throws {
        try database.cachedStatement(
            sql: """
                UPDATE conversation SET status = ?, locale = ?, last_seq = ?, state = ?, handoff_reason = ?
                WHERE id = ? AND last_seq = ? AND status <> 'closed'
                """
        ).execute(arguments: conversation)
        guard database.changesCount == 1 else {
            throw ChatError(.conflict, "the conversation was closed or changed while the message was being answered")
        }
        let insertion = try database.cachedStatement(
            sql: """
                INSERT INTO message (conversation_id, seq, id, sender, text, buttons, in_reply_to, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for message in messages { try insertion.execute(arguments: message) }
        try database.cachedStatement(
            sql: """
                INSERT INTO turn (conversation_id, seq, id, client_message_id, content, action, intent, confidence, model,
                    decision, body, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: turn)
    }
}
