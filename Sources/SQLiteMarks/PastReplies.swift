public import ConversationDomain
internal import GRDB
public import People
internal import SQLiteStore

extension SQLiteMarkStore {
    public func pastReplies(in app: AppName, besides id: ConversationID, limit: Int) async throws -> [PastReply] {
        try await database.read { try PastReplies(app: app, besides: id, limit: limit).found($0) }
    }
}

/// Walks along the messages of agents, those of the newest conversations first, and puts those together that follow one message of a
/// visitor. A reply that the visitor rated down did not help.
private struct PastReplies {
    let app: AppName
    let besides: ConversationID
    let limit: Int

    /// Agents' messages that are looked at.
    private static let lookedAt = 2_000
    /// How far before a reply the visitor's message may stand.
    private static let distance = 8
    /// Messages that are one reply, and Unicode scalars of it.
    private static let joined = 3
    private static let scalars = 2_000

    /// A visitor's message with the answers to it; the walk meets the last one first.
    private struct Found {
        let conversation: String
        let seq: Int
        let question: String
        var answers: [String]
    }

    func found(_ database: Database) throws -> [PastReply] {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT posted_message.conversation_id, posted_message.seq, message.text,
                    EXISTS (SELECT 1 FROM feedback WHERE message_id = message.id AND rating = 'down'),
                    conversation.app = ? AND conversation.id <> ?
                FROM posted_message
                CROSS JOIN conversation ON conversation.id = posted_message.conversation_id
                CROSS JOIN message ON message.conversation_id = posted_message.conversation_id
                    AND message.seq = posted_message.seq
                WHERE posted_message.author IS NOT NULL
                ORDER BY posted_message.conversation_id DESC, posted_message.seq DESC LIMIT ?
                """, arguments: [app.rawValue, besides.rawValue, Self.lookedAt])
        var all: [Found] = []
        while let row = try rows.next() {
            let isDown: Bool = row[3]
            let isOurs: Bool = row[4]
            guard isOurs, !isDown else { continue }
            let (conversation, seq): (String, Int) = (row[0], row[1])
            guard let asked = try question(before: seq, in: conversation, database) else { continue }
            if let last = all.last, last.conversation == conversation, last.seq == asked.seq {
                all[all.count - 1].answers.append(row[2])
                continue
            }
            guard all.count < limit else { break }
            all.append(
                Found(conversation: conversation, seq: asked.seq, question: asked.text, answers: [row[2]]))
        }
        return all.map(Self.reply)
    }

    private func question(before seq: Int, in conversation: String, _ database: Database) throws -> (
        seq: Int, text: String
    )? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT seq, text FROM message
                WHERE conversation_id = ?1 AND seq < ?2 AND seq >= ?2 - \(Self.distance) AND sender = 'visitor'
                ORDER BY seq DESC LIMIT 1
                """)
        return try Row.fetchOne(statement, arguments: [conversation, seq]).map { ($0[0], $0[1]) }
    }

    private static func reply(_ found: Found) -> PastReply {
        let text = found.answers.reversed().prefix(joined).joined(separator: "\n\n")
        return PastReply(
            conversation: ConversationID(trusted: found.conversation), question: found.question,
            text: String(String.UnicodeScalarView(text.unicodeScalars.prefix(scalars))))
    }
}
