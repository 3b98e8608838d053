import ConversationDomain
import DataFolder
import Foundation
import GRDB
import Synchronization
import Testing

@testable import SQLiteStore

@Suite("A database that is lost, emptied or altered is told, never replaced by a new one")
struct DatabaseLossTests {
    let fixture: StoreFixture

    init() throws { fixture = try StoreFixture() }

    private func refusal(of url: URL) -> StoreError.Code? {
        do {
            try SQLiteDatabase(url: url).close()
            return nil
        } catch { return (error as? StoreError)?.code }
    }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path).sorted()
    }

    @Test("a new database is private and leaves nothing else behind")
    func new() throws {
        let mode = try FileManager.default.attributesOfItem(atPath: fixture.file.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try names().allSatisfy { $0.hasPrefix("frontdesk.sqlite") })
    }

    @Test("an emptied file, one without tables and a log without its file are errors")
    func lost() throws {
        try fixture.database.close()
        let empty = fixture.folder.appending(path: "empty.sqlite")
        try Data().write(to: empty)
        #expect(refusal(of: empty) == .damaged)
        #expect(try Data(contentsOf: empty).isEmpty)

        let bare = fixture.folder.appending(path: "bare.sqlite")
        let queue = try DatabaseQueue(path: bare.path)
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA user_version = 1") }
        try queue.close()
        #expect(refusal(of: bare) == .foreign)

        let log = fixture.folder.appending(path: "gone.sqlite-wal")
        try Data(repeating: 1, count: 100).write(to: log)
        #expect(refusal(of: fixture.folder.appending(path: "gone.sqlite")) == .damaged)
        #expect(try Data(contentsOf: log).count == 100)
    }

    /// Takes the file's name away in some way while it is open.
    private static let losses: [(words: String, lose: @Sendable (URL) throws -> Void)] = [
        ("deleted", { try FileManager.default.removeItem(at: $0) }),
        (
            "replaced",
            { file in
                let copy = file.deletingLastPathComponent().appending(path: "copy")
                try FileManager.default.copyItem(at: file, to: copy)
                try FileManager.default.removeItem(at: file)
                try FileManager.default.moveItem(at: copy, to: file)
            }
        ),
        ("emptied", { try FileHandle(forWritingTo: $0).truncate(atOffset: 0) }),
        ("log was deleted", { try FileManager.default.removeItem(at: URL(fileURLWithPath: $0.path + "-wal")) }),
    ]

    @Test("nothing is acknowledged once the file has lost its name, and the watch says why", arguments: 0..<4)
    func watched(index: Int) async throws {
        let loss = Self.losses[index]
        let conversation = try await fixture.conversation()
        let heard = Mutex<[String?]>([])
        let watch = DatabaseWatch(fixture.database) { fault in heard.withLock { $0.append(fault) } }
        #expect(await watch.fault() == nil)
        try loss.lose(fixture.file)
        let commit = try StoreFixture.commit("hello", to: conversation)
        let error = await #expect(throws: ChatError.self) { try await fixture.conversations.commit(commit) }
        #expect(error?.code == .notReady && error?.message.contains(loss.words) == true, "\(error?.message ?? "")")
        // The watch looks on a thread of its own.
        let deadline = ContinuousClock.now + .seconds(10)
        while await watch.fault() == nil, ContinuousClock.now < deadline {}
        #expect(await watch.fault()?.contains(loss.words) == true)
        #expect(heard.withLock { $0 }.count == 1)
        #expect(heard.withLock { $0 }.first??.contains(loss.words) == true)
    }

    @Test("a file that comes back is taken again, and both changes are told")
    func comesBack() async throws {
        let heard = Mutex<[Bool]>([])
        let watch = DatabaseWatch(fixture.database) { fault in heard.withLock { $0.append(fault == nil) } }
        let away = fixture.folder.appending(path: "away")
        try FileManager.default.moveItem(at: fixture.file, to: away)
        let deadline = ContinuousClock.now + .seconds(20)
        while await watch.fault() == nil, ContinuousClock.now < deadline {}
        try FileManager.default.moveItem(at: away, to: fixture.file)
        // The write probe's outcome is kept some seconds.
        while await watch.fault() != nil, ContinuousClock.now < deadline { await Task.yield() }
        #expect(await watch.fault() == nil)
        _ = try await fixture.conversation()
        // The files and the probe may each have their own word for the fault.
        let turns = heard.withLock { $0 }.reduce(into: [Bool]()) { if $0.last != $1 { $0.append($1) } }
        #expect(turns == [false, true])
    }

    // MARK: - Files from outside

    private func inspection(after sql: String) throws -> StoreError.Code? {
        let copy = fixture.folder.appending(path: "copy-\(UUID().uuidString)")
        try fixture.database.backup(to: copy)
        let queue = try DatabaseQueue(path: copy.path)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
        do {
            try SQLiteDatabase.inspect(copy, name: "the copy")
            return nil
        } catch let error as StoreError {
            #expect(error.message.hasPrefix("the copy"))
            return error.code
        }
    }

    @Test(
        "a sound copy passes; a trigger, a view, a newer or a foreign schema do not, not even with its checksums made right"
    )
    func inspected() throws {
        #expect(try inspection(after: "SELECT 1") == nil)
        let trigger = "CREATE TRIGGER t AFTER INSERT ON message BEGIN DELETE FROM conversation; END"
        #expect(try inspection(after: trigger) == .altered)
        #expect(try inspection(after: "CREATE VIEW v AS SELECT 1") == .altered)
        #expect(try inspection(after: "PRAGMA application_id = 1") == .foreign)
        #expect(try inspection(after: "INSERT INTO schema_migration VALUES (99, 'x', 'x', 'x', 0)") == .newer)
        #expect(
            try inspection(
                after: """
                    \(trigger); UPDATE schema_migration SET schema_checksum = '\
                    \(try forgedChecksum(trigger))'
                    """) == .altered)
    }

    /// What the program would record for the schema with the addition.
    private func forgedChecksum(_ sql: String) throws -> String {
        let copy = fixture.folder.appending(path: "forged-\(UUID().uuidString)")
        try fixture.database.backup(to: copy)
        let queue = try DatabaseQueue(path: copy.path)
        defer { try? queue.close() }
        return try queue.writeWithoutTransaction { database in
            try database.execute(sql: sql)
            return try SchemaMigrator.schemaChecksum(database)
        }
    }

    @Test("a damaged page and an orphaned row are found")
    func damaged() throws {
        #expect(
            try inspection(
                after: """
                    PRAGMA foreign_keys = OFF;
                    INSERT INTO activation (model_id, at) VALUES ('model_none', 0)
                    """) == .damaged)
        let copy = fixture.folder.appending(path: "damaged")
        try fixture.database.backup(to: copy)
        var bytes = try Data(contentsOf: copy)
        for start in stride(from: 8192, to: bytes.count, by: 4096) {
            bytes.replaceSubrange(start..<start + 300, with: Data(repeating: 0x5A, count: 300))
        }
        try bytes.write(to: copy)
        #expect(throws: StoreError.self) { try SQLiteDatabase.inspect(copy, name: "the copy") }
    }
}
