public import Actions
internal import ConversationDomain
public import Foundation
internal import GRDB
internal import SQLiteStore
internal import Wire

extension SQLiteActionStore: ActionJournal {
    /// Seconds that a call is remembered: as long as anybody may send a message again.
    private static let kept: TimeInterval = 86_400
    /// Calls that are forgotten in one transaction.
    private static let forgottenAtOnce = 500

    public func begin(_ request: ActionRequest, at time: Date) async throws -> EarlierCall {
        try await database.write { database in
            let known = try database.cachedStatement(sql: "SELECT outcome FROM action_run WHERE id = ?")
            for id in request.ids {
                guard let row = try Row.fetchOne(known, arguments: [id.rawValue]) else { continue }
                return try (row[0] as String?).map { .ended(try StoredOutcome.outcome($0)) } ?? .begun
            }
            let added = try database.cachedStatement(
                sql: "INSERT INTO action_run (id, conversation_id, begun_at) VALUES (?, ?, ?)")
            for id in request.ids {
                try added.execute(arguments: [
                    id.rawValue, request.conversation.id.rawValue, RowTime.milliseconds(time),
                ])
            }
            return .none
        }
    }

    public func end(_ request: ActionRequest, _ outcome: ActionOutcome) async throws {
        let text = StoredOutcome(outcome: outcome).jsonText()
        try await database.write { database in
            let ended = try database.cachedStatement(sql: "UPDATE action_run SET outcome = ? WHERE id = ?")
            for id in request.ids { try ended.execute(arguments: [text, id.rawValue]) }
        }
    }

    public func forget(at time: Date) async throws {
        let end = RowTime.milliseconds(time.addingTimeInterval(-Self.kept))
        while try await database.write({ database in
            try database.cachedStatement(
                sql: """
                    DELETE FROM action_run WHERE id IN (
                        SELECT id FROM action_run WHERE begun_at < ? ORDER BY begun_at LIMIT ?)
                    """
            ).execute(arguments: [end, Self.forgottenAtOnce])
            return database.changesCount == Self.forgottenAtOnce
        }) {}
    }
}

extension ActionRequest {
    /// What a call that may be made once only is known by.
    fileprivate var ids: Set<ActionID> { [id, place] }
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
