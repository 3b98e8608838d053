import ConversationDomain
import Foundation
import GRDB
import Synchronization
import Testing

@testable import SQLiteStore

@Suite("Query plans")
struct QueryPlanTests {
    /// Statements that ran, without their values.
    private final class Seen: Sendable {
        let statements = Mutex<Set<String>>([])
        func add(_ sql: String) { _ = statements.withLock { $0.insert(sql) } }
    }

    /// Runs `body` and gives what it ran on the writing connection and on the one for look-ups.
    private func statements(of database: SQLiteDatabase, during body: () async throws -> Void) async throws -> Set<
        String
    > {
        let seen = Seen()
        let watch: @Sendable (Database) -> Void = { database in
            database.trace(options: .statement) { event in
                if case .statement(let statement) = event { seen.add(statement.sql) }
            }
        }
        try await database.pool.writeWithoutTransaction { watch($0) }
        try await database.lookUps.read { watch($0) }
        try await body()
        try await database.pool.writeWithoutTransaction { $0.trace(options: []) }
        try await database.lookUps.read { $0.trace(options: []) }
        return seen.statements.withLock { $0 }
    }

    @Test("no statement of a turn walks through a table: its cost does not grow with what is stored")
    func turn() async throws {
        let fixture = try StoreFixture()
        let conversation = try await fixture.conversation()
        let key = APIKey(
            id: StoreFixture.ids.next(), name: "shop", app: AppName(trusted: "shop"), kind: .secret, scopes: [.chat],
            origins: [], hash: Data(repeating: 7, count: 32), display: "fd_sk_x", createdAt: StoreFixture.time)
        try await fixture.keys.add(key)
        let statements = try await statements(of: fixture.database) {
            _ = try await fixture.keys.key(hash: key.hash)
            let store = fixture.conversations
            _ = try await store.turnContext(conversation.id, clientMessageID: "m1")
            let commit = try StoreFixture.commit("where is it", to: conversation, clientMessageID: "m1")
            try await store.commit(commit)
            let context = try await store.turnContext(conversation.id, clientMessageID: "m1")
            #expect(context?.repeated != nil)
            _ = try await store.record(
                Feedback(
                    conversation: conversation.id, message: commit.stored.turn.replies[0].id, rating: .up, comment: nil),
                at: StoreFixture.time)
        }
        let ours = statements.filter { ["SELECT", "INSERT", "UPDATE", "DELETE"].contains($0.prefix(6).uppercased()) }
        #expect(ours.count >= 7, "\(ours)")
        for sql in ours {
            let plan = try await fixture.database.pool.read { database in
                try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN \(sql)", arguments: Self.nulls(sql)).map {
                    $0["detail"] as String
                }
            }
            #expect(!plan.contains { $0.hasPrefix("SCAN") }, "\(sql): \(plan)")
        }
    }

    /// A value for each parameter; which one does not matter to the plan.
    private static func nulls(_ sql: String) -> StatementArguments {
        StatementArguments(sql.filter { $0 == "?" }.map { _ in DatabaseValue.null })
    }
}
