import ConversationDomain
import Foundation
import Testing

@testable import SQLiteStore

@Suite("Audit log and the use of keys")
struct AuditLogTests {
    private let fixture: StoreFixture
    private var log: SQLiteAuditLog { SQLiteAuditLog(fixture.database) }

    init() throws { fixture = try StoreFixture() }

    private func event(_ action: AuditEvent.Action, after seconds: Double, count: Int = 1) -> AuditEvent {
        AuditEvent(
            at: StoreFixture.time.addingTimeInterval(seconds), action: action, actor: "key_1", subject: "key_2",
            detail: "a", source: "192.0.2.0/24", count: count)
    }

    @Test("events are kept as they were told, in the order of their time")
    func order() async throws {
        let events = [
            event(.keyCreated, after: 0), event(.limitHit, after: 10, count: 70),
            AuditEvent(at: StoreFixture.time.addingTimeInterval(20), action: .serverStarted, actor: "command line"),
        ]
        try await log.record([events[1], events[2]])
        try await log.record([events[0]])
        #expect(try await log.events(since: StoreFixture.time, limit: 10) == events)
        #expect(try await log.events(since: StoreFixture.time, limit: 2) == Array(events.suffix(2)))
        #expect(try await log.events(since: events[1].at, limit: 10) == Array(events.suffix(2)))
        #expect(try await log.removeEvents(before: events[1].at) == 1)
        #expect(try await log.events(since: .distantPast, limit: 10) == Array(events.suffix(2)))
    }

    private func key(_ id: String, hash: UInt8) -> APIKey {
        APIKey(
            id: KeyID(trusted: id), name: "a", app: AppName(trusted: "shop"), kind: .secret, scopes: [.chat],
            origins: [], hash: Data(repeating: hash, count: 32), display: "fd_sk_…", createdAt: StoreFixture.time)
    }

    @Test("a key is replaced by another, and expires at the end of the overlap or before")
    func rotation() async throws {
        let store = SQLiteKeyStore(fixture.database)
        let (old, new) = (key("key_1", hash: 1), key("key_2", hash: 2))
        try await store.add(old)
        let before = try await store.revision()
        let end = StoreFixture.time.addingTimeInterval(60)
        #expect(try await store.replace(old.id, by: new, expiring: end))
        #expect(try await store.key(hash: old.hash)?.expiresAt == end)
        #expect(try await store.key(hash: new.hash) == new)
        #expect(try await store.revision() != before)
        #expect(try await store.replace(old.id, by: key("key_3", hash: 3), expiring: end.addingTimeInterval(60)))
        #expect(try await store.key(hash: old.hash)?.expiresAt == end)
        _ = try await store.revoke(old.id, at: end)
        #expect(try await !store.replace(old.id, by: key("key_4", hash: 4), expiring: end))
        #expect(try await store.list().count == 3)
    }

    @Test("the last use of a key is kept, whichever is told first")
    func uses() async throws {
        let store = SQLiteKeyStore(fixture.database)
        let known = key("key_1", hash: 1)
        try await store.add(known)
        let (early, late) = (StoreFixture.time, StoreFixture.time.addingTimeInterval(5))
        try await store.noteUses([known.id: late, KeyID(trusted: "key_gone"): late])
        try await store.noteUses([known.id: early])
        #expect(try await store.lastUses() == [known.id: late])
    }
}
