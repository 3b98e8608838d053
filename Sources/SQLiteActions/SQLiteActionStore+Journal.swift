public import Actions
public import ConversationDomain
public import Foundation
internal import GRDB
internal import SQLiteStore
internal import Wire

extension SQLiteActionStore: ActionJournal {
    /// Seconds that a call is remembered: as long as anybody may send a message again.
    private static let kept: TimeInterval = 86_400
    /// Calls that are forgotten at once.
    private static let forgottenAtOnce = 100

    public func begin(_ id: ActionID, in conversation: ConversationID, at time: Date) async throws -> EarlierCall {
        try await database.write { database in
            try database.cachedStatement(
                sql: """
                    DELETE FROM action_run WHERE id IN (
                        SELECT id FROM action_run WHERE begun_at < ? ORDER BY begun_at LIMIT ?)
                    """
            ).execute(arguments: [RowTime.milliseconds(time.addingTimeInterval(-Self.kept)), Self.forgottenAtOnce])
            let known = try database.cachedStatement(sql: "SELECT outcome FROM action_run WHERE id = ?")
            if let row = try Row.fetchOne(known, arguments: [id.rawValue]) {
                guard let text = row[0] as String? else { return .begun }
                return .ended(try StoredOutcome.outcome(text))
            }
            try database.cachedStatement(
                sql: "INSERT INTO action_run (id, conversation_id, begun_at) VALUES (?, ?, ?)"
            ).execute(arguments: [id.rawValue, conversation.rawValue, RowTime.milliseconds(time)])
            return .none
        }
    }

    public func end(_ id: ActionID, _ outcome: ActionOutcome) async throws {
        let text = StoredOutcome(outcome: outcome).jsonText()
        try await database.write { database in
            try database.cachedStatement(sql: "UPDATE action_run SET outcome = ? WHERE id = ?")
                .execute(arguments: [text, id.rawValue])
        }
    }
}

/// `{"fields":{…}}` or `{"failure":"late"}`.
private struct StoredOutcome: JSONWritable {
    let outcome: ActionOutcome

    func write(to json: inout JSONWriter) {
        json.object { json in
            switch outcome {
            case .success(let fields): json.member("fields", fields)
            case .failure(let failure): json.member("failure", failure.rawValue)
            }
        }
    }

    static func outcome(_ text: String) throws -> ActionOutcome {
        var fields = try JSONFields(try JSONValue.parse(text.utf8))
        if let values = try fields.stringMap("fields", limit: IntentAction.fieldLimit) { return .success(values) }
        // A later program may know more of them.
        return .failure(ActionFailure(rawValue: try fields.requiredString("failure")) ?? .interrupted)
    }
}
