public import ConversationDomain
public import Foundation
internal import GRDB
public import People

extension SQLiteConversationStore: VisitorStore {
    /// Conversations that one step of an erasure removes.
    private static let erasedAtOnce = 50

    public func visitor(_ id: String, of app: AppName?) async throws -> VisitorRecord? {
        try await database.read { database in
            let counted = try Row.fetchOne(
                database,
                sql: """
                    SELECT count(*), min(created_at), max(id) FROM conversation
                    WHERE visitor_id = ?1 AND (?2 IS NULL OR app = ?2)
                    """, arguments: [id, app?.rawValue])
            guard let counted, let newest = counted[2] as String?,
                let found = try Self.fetch(ConversationID(trusted: newest), database)?.conversation
            else { return nil }
            return VisitorRecord(
                visitor: found.visitor ?? Visitor(id: id), conversations: counted[0],
                firstSeen: RowTime.date(counted[1]), lastSeen: found.createdAt)
        }
    }

    public func erase(_ id: String, of app: AppName?) async throws -> Erasure {
        try await database.write { database in
            let ids = try String.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT id FROM conversation WHERE visitor_id = ?1 AND (?2 IS NULL OR app = ?2) ORDER BY id
                        LIMIT ?3
                        """), arguments: [id, app?.rawValue, Self.erasedAtOnce + 1])
            var erasure = Erasure()
            erasure.isUnfinished = ids.count > Self.erasedAtOnce
            for conversation in ids.prefix(Self.erasedAtOnce) {
                try Self.erase(ConversationID(trusted: conversation), &erasure, database)
            }
            return erasure
        }
    }

    /// Row counts are taken where rows are removed, so that they are what was removed.
    private static func erase(_ id: ConversationID, _ erasure: inout Erasure, _ database: Database) throws {
        func remove(_ sql: String) throws -> Int {
            try database.cachedStatement(sql: sql).execute(arguments: [id.rawValue])
            return database.changesCount
        }
        erasure.reviewItems += try remove("DELETE FROM review WHERE conversation_id = ? AND status = 'open'")
        _ = try remove("UPDATE review SET message_id = NULL, conversation_id = NULL WHERE conversation_id = ?")
        erasure.feedback += try remove(
            "DELETE FROM feedback WHERE message_id IN (SELECT id FROM message WHERE conversation_id = ?)")
        erasure.notes += try remove("DELETE FROM note WHERE conversation_id = ?")
        erasure.messages += try remove("DELETE FROM message WHERE conversation_id = ?")
        _ = try remove("DELETE FROM conversation WHERE id = ?")
        erasure.conversations.append(id)
    }

    public func merge(_ id: String, into other: String, of app: AppName?) async throws -> Int {
        try await database.write { database in
            try database.execute(
                sql: """
                    UPDATE conversation SET visitor_id = ?1, visitor = json_set(visitor, '$.id', ?1)
                    WHERE visitor_id = ?2 AND (?3 IS NULL OR app = ?3)
                    """, arguments: [other, id, app?.rawValue])
            return database.changesCount
        }
    }
}

// MARK: - Agents

extension SQLiteConversationStore {
    /// People who are listed.
    private static let agentLimit = 10_000

    public func agents(of app: AppName?) async throws -> [Agent] {
        try await database.read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM agent WHERE ?1 IS NULL OR app = ?1 ORDER BY app, name, id LIMIT ?2",
                arguments: [app?.rawValue, Self.agentLimit]
            ).map(Self.agent)
        }
    }

    public func add(_ agent: Agent, key: APIKey) async throws {
        let teams = try RowJSON.text(agent.teams)
        try await database.write { database in
            try SQLiteKeyStore.insert(key, database)
            do {
                try database.execute(
                    sql: """
                        INSERT INTO agent (id, app, name, role, teams, key_id, created_at, disabled_at)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        agent.id.rawValue, agent.app.rawValue, agent.name, agent.role.rawValue, teams,
                        agent.key.rawValue, RowTime.milliseconds(agent.createdAt),
                        agent.disabledAt.map(RowTime.milliseconds),
                    ])
            } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE {
                throw ChatError(.conflict, "there is an agent of this name in the app")
            }
        }
    }

    public func disable(_ id: AgentID, at time: Date) async throws -> Bool {
        try await database.write { database in
            try database.execute(
                sql: "UPDATE agent SET disabled_at = ? WHERE id = ? AND disabled_at IS NULL",
                arguments: [RowTime.milliseconds(time), id.rawValue])
            guard database.changesCount == 1 else { return false }
            try database.execute(
                sql: """
                    UPDATE api_key SET revoked_at = ?
                    WHERE id = (SELECT key_id FROM agent WHERE id = ?) AND revoked_at IS NULL
                    """, arguments: [RowTime.milliseconds(time), id.rawValue])
            return true
        }
    }
}
