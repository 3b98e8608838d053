import ConversationDomain
import DataFolder
import Foundation
import GRDB
import Migrations
import Testing

@testable import SQLiteStore

@Suite struct SchemaTests {
    let fixture: StoreFixture

    init() throws { fixture = try StoreFixture() }

    /// Closes the database, lets `body` change the file, and opens it again.
    func reopen(after body: (Database) throws -> Void) throws -> StoreError.Code? {
        try fixture.database.close()
        let queue = try DatabaseQueue(path: fixture.file.path)
        try queue.writeWithoutTransaction(body)
        try queue.close()
        do {
            try SQLiteDatabase(url: fixture.file).close()
            return nil
        } catch let error as StoreError {
            return error.code
        }
    }

    @Test("a database that nobody touched opens again")
    func untouched() throws { #expect(try reopen { _ in } == nil) }

    @Test("a migration that was recorded with other text is refused")
    func changedMigration() throws {
        #expect(try reopen { try $0.execute(sql: "UPDATE schema_migration SET checksum = 'x'") } == .altered)
    }

    @Test("a table altered by hand is refused")
    func alteredTable() throws {
        #expect(try reopen { try $0.execute(sql: "ALTER TABLE intent ADD COLUMN extra TEXT") } == .altered)
    }

    @Test("a schema newer than the program is refused")
    func newer() throws {
        let code = try reopen { database in
            try database.execute(
                sql:
                    "INSERT INTO schema_migration SELECT 99, name, checksum, schema_checksum, applied_at FROM schema_migration WHERE number = 1"
            )
        }
        #expect(code == .newer)
    }

    @Test("a database of the first schema is brought up to date and keeps its content")
    func older() async throws {
        let old = fixture.folder.appending(path: "old.sqlite")
        let pool = try DatabasePool(path: old.path)
        try SchemaMigrator(migrations: Array(MigrationList.sqlite.prefix(1))).migrate(pool, path: old.path)
        try await pool.write { database in
            try database.execute(
                sql: """
                    INSERT INTO knowledge (id, locale, questions, answer) VALUES ('k', 'en', '["what"]', 'that');
                    INSERT INTO knowledge_terms (rowid, questions, answer) SELECT number, 'what', 'that' FROM knowledge;
                    """)
        }
        try pool.close()
        let database = try SQLiteDatabase(url: old)
        let entry = KnowledgeEntry(
            id: KnowledgeID(trusted: "k"), locale: .english, questions: ["what"], answer: "that")
        #expect(try await SQLiteContentStore(database).content().content.knowledge == [entry])
        try database.close()
    }

    @Test("another program's database and a file that is none are refused and left as they were")
    func foreign() throws {
        let foreign = fixture.folder.appending(path: "foreign.sqlite")
        let queue = try DatabaseQueue(path: foreign.path)
        try queue.write { try $0.execute(sql: "CREATE TABLE t (x)") }
        try queue.close()
        #expect(throws: StoreError.self) { try SQLiteDatabase(url: foreign) }

        let text = fixture.folder.appending(path: "text.sqlite")
        try Data("hello, this is not a database at all".utf8).write(to: text)
        #expect(throws: StoreError.self) { try SQLiteDatabase(url: text) }
        #expect(try Data(contentsOf: text) == Data("hello, this is not a database at all".utf8))
    }

    @Test("a damaged file is named as damaged")
    func damaged() async throws {
        try fixture.database.close()
        let handle = try FileHandle(forWritingTo: fixture.file)
        try handle.seek(toOffset: 100)
        try handle.write(contentsOf: Data(repeating: 0xAA, count: 4096))
        try handle.close()
        #expect(throws: StoreError.self) { try SQLiteDatabase(url: fixture.file) }
    }

    @Test("commits are synced to disk: WAL with synchronous=FULL on the connection that writes")
    func durability() throws {
        let pragmas = try fixture.database.durabilityPragmas()
        #expect(pragmas.journalMode == "wal")
        #expect(pragmas.synchronous == 2)
        #expect(pragmas.foreignKeys)
    }

    @Test("a backup taken while turns are being written opens and holds whole turns")
    func backup() async throws {
        let conversation = try await fixture.conversation()
        let store = fixture.conversations
        let copy = fixture.folder.appending(path: "copy.sqlite")
        let database = fixture.database
        async let writing: Void = {
            var current = conversation
            for number in 0..<50 {
                let commit = try StoreFixture.commit("\(number)", to: current)
                try await store.commit(commit)
                current = commit.conversation
            }
        }()
        try database.backup(to: copy)
        try await writing
        let restored = try SQLiteDatabase(url: copy)
        try restored.checkIntegrity()
        let page = try await SQLiteConversationStore(restored).messages(in: conversation.id, after: 0, limit: 500)
        #expect(page.messages.count == page.lastSeq)
        #expect(page.lastSeq.isMultiple(of: 2))
        try restored.close()
    }
}
