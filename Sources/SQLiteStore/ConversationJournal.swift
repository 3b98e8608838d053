internal import ConversationDomain
internal import Foundation
internal import GRDB
import Wire

/// Where everything that happens in a conversation passes, in the transaction that makes it so: turns, changes of who has it, what
/// agents write. Whoever wants to hear of it without missing anything adds a row here.
enum ConversationJournal {
    /// - Parameters:
    ///   - conversation: as it is after the events.
    ///   - outbox: keeps what other programs are told of.
    static func record(
        _ events: [ConversationEvent], of conversation: Conversation, at time: Date, _ outbox: EventOutbox,
        _ database: Database
    ) throws {
        for event in events {
            switch event {
            case .posted(let posted): try write(posted, conversation, database)
            case .noted(let id, let text, let author):
                try database.cachedStatement(
                    sql: """
                        INSERT INTO note (conversation_id, id, author, author_name, text, created_at)
                        VALUES (?, ?, ?, ?, ?, ?)
                        """
                ).execute(arguments: [
                    conversation.id.rawValue, id, author.id, author.name, text, RowTime.milliseconds(time),
                ])
            case .ticketRequested(let email):
                // The rest of what is known of the visitor stays as somebody else may be changing it.
                let sql =
                    "UPDATE conversation SET visitor = json_set(coalesce(visitor, '{}'), '$.email', ?) WHERE id = ?"
                try database.cachedStatement(sql: sql).execute(arguments: [email, conversation.id.rawValue])
            case .created, .turn, .statusChanged, .handoffRequested, .handoffTaken, .handoffMissed, .edited, .rated:
                break
            }
        }
        try outbox.record(events, of: conversation, at: time, database)
    }

    private static func write(_ posted: PostedMessage, _ conversation: Conversation, _ database: Database) throws {
        let message = posted.message
        try database.cachedStatement(sql: MessageRow.insertion).execute(
            arguments: StatementArguments(MessageRow.values(message, of: conversation.id)))
        try database.cachedStatement(
            sql: """
                INSERT INTO posted_message (conversation_id, seq, author, author_name, client_message_id)
                VALUES (?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            conversation.id.rawValue, message.seq, posted.author?.id, posted.author?.name, posted.clientMessageID,
        ])
    }
}
