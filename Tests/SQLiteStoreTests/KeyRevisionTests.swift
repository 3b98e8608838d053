import ConversationDomain
import Foundation
import SQLiteStore
import Testing

@Suite struct KeyRevisionTests {
    let fixture: StoreFixture

    init() throws { fixture = try StoreFixture() }

    private func key(_ number: UInt8) -> APIKey {
        APIKey(
            id: StoreFixture.ids.next(), name: "shop", app: AppName(trusted: "shop"), kind: .publishable,
            scopes: [.chat], origins: ["https://shop.example"], hash: Data(repeating: number, count: 32),
            display: "fd_pk_x", createdAt: StoreFixture.time)
    }

    @Test("the keys' revision changes with every key that is made or revoked, through another connection too")
    func changes() async throws {
        let keys = fixture.keys
        var seen: Set<KeyRevision> = [try await keys.revision()]
        let first = key(1)
        try await keys.add(first)
        seen.insert(try await keys.revision())
        let other = try SQLiteDatabase(url: fixture.file)
        try await SQLiteKeyStore(other).add(key(2))
        seen.insert(try await keys.revision())
        #expect(try await SQLiteKeyStore(other).revoke(first.id, at: StoreFixture.time))
        seen.insert(try await keys.revision())
        #expect(seen.count == 4)
        try other.close()
    }

    @Test("it stays the same while other things are committed")
    func stays() async throws {
        try await fixture.keys.add(key(1))
        let keys = fixture.keys
        let before = try await keys.revision()
        _ = try await fixture.conversation()
        #expect(try await keys.revision() == before)
        #expect(before == KeyRevision(keys: 1, revoked: 0, newest: try await keys.list().first?.id))
    }

    @Test("texts that are equal by canonical equivalence only are two examples")
    func examples() async throws {
        let intent = Intent(
            name: IntentName(trusted: "a"),
            examples: ["caf\u{E9}", "cafe\u{301}"].map { Example(text: $0, locale: .english) })
        for _ in 0..<2 {
            _ = try await fixture.contents.apply(
                BotContent(intents: [intent]), replacing: false, dryRun: false, progress: { _, _ in })
        }
        let stored = try await fixture.contents.content().content.intents.flatMap(\.examples).map { UTF8Text($0.text) }
        #expect(stored == ["caf\u{E9}", "cafe\u{301}"])
    }
}
