internal import ConversationDomain
internal import GRDB

/// Reads what visitors wrote, over all conversations.
public struct RecentUtterances: Sendable {
    private let database: SQLiteDatabase

    public init(_ database: SQLiteDatabase) {
        self.database = database
    }

    /// The newest messages of visitors, newest first; pressed buttons are left out, since nothing had to be understood.
    /// - Parameter limit: messages at most.
    public func texts(limit: Int) async throws -> [String] {
        try await database.read { database in
            let messages = try Row.fetchCursor(
                database,
                sql: """
                    SELECT turn.content FROM message
                    JOIN turn ON turn.conversation_id = message.conversation_id AND turn.seq = message.seq
                    ORDER BY message.id DESC
                    """)
            var texts: [String] = []
            while texts.count < limit, let row = try messages.next() {
                let content: InboundContent = try RowJSON.value(row["content"])
                if case .text(let text) = content { texts.append(text) }
            }
            return texts
        }
    }
}
