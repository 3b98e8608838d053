package import ConversationDomain
internal import Crypto
internal import Foundation
package import GRDB
import ModelRecords

/// Writes into the review queue, within the caller's transaction: the queue is never behind the turns, and a turn that
/// does not qualify pays nothing.
package struct ReviewQueue {
    let database: Database
    let ids: IdentifierGenerator
    /// Open items that are kept; the oldest give way.
    var openLimit = SQLiteReviewStore.openLimit

    package init(database: Database, ids: IdentifierGenerator, openLimit: Int = SQLiteReviewStore.openLimit) {
        self.database = database
        self.ids = ids
        self.openLimit = openLimit
    }

    /// Puts the turn's message into the queue.
    func file(_ reason: ReviewReason, of turn: StoredTurn, locale: BotLocale, at time: Int64) throws {
        guard case .text(let text) = turn.content else { return }
        let decision = turn.turn.decision
        _ = try file(
            ReviewFiling(
                reason: reason, text: text, locale: locale, message: turn.turn.message.id,
                conversation: turn.turn.conversation, intent: decision?.intent, confidence: decision?.confidence,
                model: decision?.model),
            at: time)
    }

    /// Files the visitor's message, or the one that a reply answers; nil when there is none, or no words.
    package func file(_ reason: ReviewReason, message: MessageID, suggestion: IntentName?, at time: Int64) throws
        -> ReviewID?
    {
        let row = try Row.fetchOne(
            database,
            sql: """
                SELECT said.id, turn.conversation_id, turn.content, turn.intent, turn.confidence, turn.model,
                    conversation.locale
                FROM message AS named
                JOIN message AS said ON said.id = coalesce(named.in_reply_to, named.id)
                JOIN turn ON turn.conversation_id = said.conversation_id AND turn.seq = said.seq
                JOIN conversation ON conversation.id = turn.conversation_id
                WHERE named.id = ?
                """,
            arguments: [message.rawValue])
        guard let row, case .text(let text) = try RowJSON.value(row["content"]) as InboundContent else { return nil }
        return try file(
            ReviewFiling(
                reason: reason, text: text, locale: BotLocale(row["locale"]) ?? .english,
                message: MessageID(trusted: row["id"]), conversation: ConversationID(trusted: row["conversation_id"]),
                intent: (row["intent"] as String?).map(IntentName.init(trusted:)), confidence: row["confidence"],
                model: (row["model"] as String?).map(ModelVersionID.init(trusted:)), suggestion: suggestion),
            at: time)
    }

    /// A text that is there already is counted once for each message.
    func file(_ filing: ReviewFiling, at time: Int64) throws -> ReviewID {
        let text = filing.text.trimmingCharacters(in: .whitespacesAndNewlines)
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO review (id, key, text, locale, count, intent, confidence, model, suggestion, message_id,
                    conversation_id, created_at, last_seen_at)
                VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11)
                ON CONFLICT (key) DO UPDATE SET
                    count = count + (message_id IS NULL OR excluded.message_id IS NULL
                        OR excluded.message_id > message_id),
                    intent = coalesce(excluded.intent, intent), confidence = coalesce(excluded.confidence, confidence),
                    model = coalesce(excluded.model, model), suggestion = coalesce(excluded.suggestion, suggestion),
                    conversation_id = CASE WHEN coalesce(excluded.message_id > message_id, excluded.message_id IS NOT NULL)
                        THEN excluded.conversation_id ELSE conversation_id END,
                    message_id = CASE WHEN coalesce(excluded.message_id > message_id, excluded.message_id IS NOT NULL)
                        THEN excluded.message_id ELSE message_id END,
                    last_seen_at = excluded.last_seen_at
                RETURNING id, status, label, target
                """)
        let row = try Row.fetchOne(
            statement,
            arguments: [
                ids.next(ReviewID.self).rawValue, Self.key(of: text), text, filing.locale.rawValue,
                filing.intent?.rawValue, filing.confidence, filing.model?.rawValue, filing.suggestion?.rawValue,
                filing.message?.rawValue, filing.conversation?.rawValue, time,
            ])
        guard let row else { throw ChatError(.internal, "a text was not put into the review queue") }
        let id = ReviewID(trusted: row["id"])
        try database.cachedStatement(
            sql: "INSERT INTO review_reason (review_id, reason) VALUES (?, ?) ON CONFLICT DO NOTHING"
        ).execute(arguments: [id.rawValue, filing.reason.rawValue])
        if filing.reason == .corrected, row["status"] != ReviewStatus.open.rawValue,
            row["target"] as String? != filing.suggestion?.rawValue
        {
            try reopen(id)
        }
        try keepWithinLimit()
        return id
    }

    /// The earlier label stays, so that the next decision can take it back.
    private func reopen(_ id: ReviewID) throws {
        try database.execute(
            sql: "UPDATE review SET status = 'open', decided_by = NULL, decided_at = NULL WHERE id = ?",
            arguments: [id.rawValue])
    }

    /// Makes room when there are too many open items, for some at a time.
    ///
    /// Those give way that only the bot itself put there, once: first where most came in the same hour, so that whoever floods the
    /// queue takes the room from himself, and what people said over weeks stays. When there are none of these, the oldest go.
    private func keepWithinLimit() throws {
        let some = max(1, openLimit / 50)
        let statement = try database.cachedStatement(
            sql: "SELECT id FROM review WHERE status = 'open' ORDER BY id DESC LIMIT 1 OFFSET ?")
        guard try String.fetchOne(statement, arguments: [openLimit + some - 1]) != nil else { return }
        try database.execute(
            sql: """
                DELETE FROM review WHERE id IN (
                    SELECT id FROM (
                        SELECT id, row_number() OVER (PARTITION BY created_at / 3600000 ORDER BY id DESC) AS place
                        FROM review
                        WHERE status = 'open' AND count = 1 AND NOT EXISTS (
                            SELECT 1 FROM review_reason WHERE review_id = review.id
                                AND reason NOT IN ('rejected', 'low_confidence')))
                    ORDER BY place DESC, id LIMIT ?)
                """, arguments: [some])
        guard let oldest = try String.fetchOne(statement, arguments: [openLimit]) else { return }
        try database.execute(sql: "DELETE FROM review WHERE status = 'open' AND id <= ?", arguments: [oldest])
    }

    /// What texts that differ in case, spaces and punctuation only have in common.
    private static func key(of text: String) -> Data {
        let plain = SearchTerms.plain(text)
        return Data(SHA256.hash(data: Data((plain.isEmpty ? text : plain).utf8)))
    }
}
