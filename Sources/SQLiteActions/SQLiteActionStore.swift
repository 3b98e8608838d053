public import Actions
public import ConversationDomain
internal import Foundation
internal import GRDB
internal import Outbox
public import SQLiteStore

/// Keeps where the shop's services are, and the calls that may be made once only.
public struct SQLiteActionStore: ActionTargetStore {
    let database: SQLiteDatabase

    public init(_ database: SQLiteDatabase) { self.database = database }

    private static let columns = "name, url, secret, previous_secret, previous_until, created_at"

    public func target(_ name: ActionName) throws -> ActionTarget? {
        try database.lookUp { database in
            let statement = try database.cachedStatement(
                sql: "SELECT \(Self.columns) FROM action_target WHERE name = ?")
            return try Row.fetchOne(statement, arguments: [name.rawValue]).map(Self.target)
        }
    }

    public func targets() throws -> [ActionTarget] {
        try database.lookUp { database in
            let statement = try database.cachedStatement(
                sql: "SELECT \(Self.columns) FROM action_target ORDER BY name LIMIT \(ActionTarget.limit)")
            return try Row.fetchAll(statement).map(Self.target)
        }
    }

    public func put(_ targets: [ActionTarget]) async throws {
        try await database.write { database in
            for target in targets {
                try database.execute(
                    sql: "INSERT OR REPLACE INTO action_target (\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?)",
                    arguments: [
                        target.name.rawValue, target.url, target.secrets.current, target.secrets.previous,
                        target.secrets.previousUntil.map(RowTime.milliseconds), RowTime.milliseconds(target.createdAt),
                    ])
            }
            let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM action_target") ?? 0
            guard count <= ActionTarget.limit else {
                throw ChatError(.conflict, "a bot has at most \(ActionTarget.limit) targets of actions")
            }
        }
    }

    public func remove(_ names: [ActionName]) async throws -> [ActionName] {
        try await database.write { database in
            try names.filter { name in
                try database.execute(sql: "DELETE FROM action_target WHERE name = ?", arguments: [name.rawValue])
                return database.changesCount == 1
            }
        }
    }

    private static func target(_ row: Row) -> ActionTarget {
        ActionTarget(
            name: ActionName(trusted: row[0]), url: row[1],
            secrets: WebhookSecrets(
                current: row[2], previous: row[3], previousUntil: (row[4] as Int64?).map(RowTime.date)),
            createdAt: RowTime.date(row[5]))
    }
}
