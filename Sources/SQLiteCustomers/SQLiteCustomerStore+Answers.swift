import ConversationDomain
public import Foundation
import GRDB
public import People
import SQLiteStore

extension SQLiteCustomerStore: AnswerStore {
    /// Answers that one step of a sweep removes.
    private static let removedAtOnce = 500

    public func answer(to request: RepeatableRequest, keptSince time: Date) async throws -> KeptAnswer? {
        try database.lookUp { database in
            try database.first(
                """
                SELECT request, answer, conversation_id FROM kept_answer
                WHERE key_id = ? AND name = ? AND created_at >= ?
                """, [request.key.rawValue, request.name, RowTime.milliseconds(time)]
            ) { row in
                KeptAnswer(
                    body: row[0], sealed: row[1],
                    conversation: (row[2] as String?).map(ConversationID.init(trusted:)))
            }
        }
    }

    public func keep(_ answer: KeptAnswer, to request: RepeatableRequest, at time: Date) async throws {
        let limit = limitPerKey
        try await database.write { database in
            let key = request.key.rawValue
            let newest = try database.first("SELECT max(place) FROM kept_answer WHERE key_id = ?", [key]) {
                $0[0] as Int64?
            }
            let place = (newest.flatMap(\.self) ?? 0) + 1
            // Takes the place of one that is too old to be given.
            try database.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO kept_answer (key_id, name, request, place, conversation_id, answer, created_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                key, request.name, answer.body, place, answer.conversation?.rawValue, answer.sealed,
                RowTime.milliseconds(time),
            ])
            try database.cachedStatement(sql: "DELETE FROM kept_answer WHERE key_id = ? AND place <= ?").execute(
                arguments: [key, place - Int64(limit)])
        }
    }

    public func removeAnswers(keptBefore time: Date) async throws -> Int {
        try await database.writeInBackground { database in
            try database.execute(
                sql: """
                    DELETE FROM kept_answer WHERE (key_id, name) IN (
                        SELECT key_id, name FROM kept_answer WHERE created_at < ? ORDER BY created_at LIMIT ?)
                    """, arguments: [RowTime.milliseconds(time), Self.removedAtOnce])
            return database.changesCount
        }
    }
}
