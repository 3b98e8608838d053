import ConversationDomain
import Foundation
import GRDB
import ModelRecords
import SQLiteModels
import SQLiteStore
import Testing

@Suite struct ModelAndKeyStoreTests {
    let fixture: StoreFixture

    init() throws { fixture = try StoreFixture() }

    func model() -> ModelVersion {
        ModelVersion(
            id: StoreFixture.ids.next(), createdAt: StoreFixture.time, encoder: "multilingual-e5-small",
            encoderHash: "ab",
            dataHash: "cd", labels: [IntentName(trusted: "a"), .outOfScope],
            metrics: ModelMetrics(
                examples: 2, accuracy: 0.5, coverage: 1, precision: 0.5, outOfScopeRecall: nil, calibrationError: 0.1,
                seconds: 1),
            head: Data([1, 2, 3]))
    }

    @Test("activation follows the newest, rollback goes back one by one and stops at the first")
    func activation() async throws {
        let store = fixture.models
        let versions = [model(), model(), model()]
        for version in versions {
            try await store.add(version)
            try await store.activate(version.id, at: StoreFixture.time)
        }
        #expect(try await store.model(versions[1].id) == versions[1])
        #expect(try await store.activeID() == versions[2].id)
        #expect(try await store.rollback(at: StoreFixture.time) == versions[1].id)
        #expect(try await store.rollback(at: StoreFixture.time) == versions[0].id)
        await #expect(throws: ChatError.self) { try await store.rollback(at: StoreFixture.time) }
        #expect(try await store.activeID() == versions[0].id)
        #expect(try await store.list().filter(\.isActive).map(\.id) == [versions[0].id])
        await #expect(throws: ChatError.self) {
            try await store.activate(StoreFixture.ids.next(), at: StoreFixture.time)
        }
    }

    @Test("embeddings come back as halves, and only for the encoder that made them; those of earlier programs exactly")
    func embeddings() async throws {
        let (key, old) = (Data([9, 9]), Data([8]))
        try await fixture.models.cacheEmbeddings([key: [0.1, -2, 3.140625]], encoderHash: "h1")
        let queue = try DatabaseQueue(path: fixture.file.path)
        try await queue.write { database in
            try database.execute(
                sql: "INSERT INTO embedding (encoder_hash, key, vector) VALUES ('h1', ?, ?)",
                arguments: [old, Data([0xCD, 0xCC, 0xCC, 0x3D, 0, 0, 0, 0xC0])])
        }
        #expect(
            try await fixture.models.cachedEmbeddings([key, old, Data([1])], encoderHash: "h1") == [
                key: [0.099975586, -2, 3.140625], old: [0.1, -2],
            ])
        #expect(try await fixture.models.cachedEmbeddings([key], encoderHash: "h2").isEmpty)
    }

    @Test("a key revoked through another connection is dead at the next look")
    func keys() async throws {
        let key = APIKey(
            id: StoreFixture.ids.next(), name: "shop", app: AppName(trusted: "shop"), kind: .publishable,
            scopes: [.chat],
            origins: ["https://shop.example", APIKey.sameOrigin], hash: Data(repeating: 7, count: 32),
            display: "fd_pk_x",
            createdAt: StoreFixture.time, expiresAt: StoreFixture.time.addingTimeInterval(60))
        try await fixture.keys.add(key)
        #expect(try await fixture.keys.key(hash: key.hash) == key)
        let other = try SQLiteDatabase(url: fixture.file)
        #expect(try await SQLiteKeyStore(other).revoke(key.id, at: StoreFixture.time))
        #expect(try await SQLiteKeyStore(other).revoke(key.id, at: StoreFixture.time) == false)
        #expect(try await fixture.keys.key(hash: key.hash)?.revokedAt == StoreFixture.time)
        #expect(try await fixture.keys.list().map(\.id) == [key.id])
        try other.close()
    }
}
