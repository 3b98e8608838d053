import Access
import ConversationDomain
import Foundation
import Synchronization
import Testing

/// Keys in memory.
private final class MemoryKeyStore: KeyStore {
    private let keys = Mutex<[APIKey]>([])

    func add(_ key: APIKey) async throws { keys.withLock { $0.append(key) } }
    func list() async throws -> [APIKey] { keys.withLock { $0 } }
    func key(hash: Data) async throws -> APIKey? { keys.withLock { $0.first { $0.hash == hash } } }

    func revoke(_ id: KeyID, at time: Date) async throws -> Bool {
        keys.withLock { keys in
            guard let index = keys.firstIndex(where: { $0.id == id && $0.revokedAt == nil }) else { return false }
            let old = keys[index]
            keys[index] = APIKey(
                id: old.id, name: old.name, app: old.app, kind: old.kind, scopes: old.scopes, origins: old.origins,
                hash: old.hash,
                display: old.display, createdAt: old.createdAt, expiresAt: old.expiresAt, revokedAt: time)
            return true
        }
    }
}

/// A clock that only moves when told to.
private final class ManualClock: Sendable {
    private let instant = Mutex(ContinuousClock.now)
    func advance(_ duration: Duration) { instant.withLock { $0 = $0.advanced(by: duration) } }
    var now: @Sendable () -> ContinuousClock.Instant { { self.instant.withLock { $0 } } }
}

private let noon = Date(timeIntervalSince1970: 1_780_000_000)
private let here = RequestOrigin(address: "127.0.0.1")

private func code(_ body: () async throws -> Void) async -> ChatError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? ChatError)?.code
    }
}

@Suite struct AuthenticatorTests {
    private let store = MemoryKeyStore()
    private let minter = KeyMinter(now: { noon })

    private func authenticator(at time: Date = noon) -> Authenticator { Authenticator(keys: store, now: { time }) }

    private func key(
        _ kind: KeyKind = .secret, scopes: Set<Scope> = [.chat], origins: [String] = [], expiresAt: Date? = nil
    ) async throws -> MintedKey {
        let minted = try minter.mint(
            KeyRequest(
                name: "k", app: AppName(trusted: "shop"), kind: kind, scopes: scopes, origins: origins,
                expiresAt: expiresAt))
        try await store.add(minted.record)
        return minted
    }

    @Test("a minted secret is not in its record, and gives the principal with its app and scopes")
    func secretKey() async throws {
        let minted = try await key(scopes: [.chat, .classify])
        #expect(minted.secret.hasPrefix("fd_sk_"))
        #expect(!"\(minted.record)".contains(minted.secret))
        let principal = try await authenticator().authenticate(minted.secret, from: here)
        #expect(
            principal
                == Principal(
                    key: minted.record.id, kind: .secret, app: AppName(trusted: "shop"), scopes: [.chat, .classify]))
    }

    @Test(
        "anything that is not a known key is unauthorized",
        arguments: [nil, "", "fd_sk_", "fd_sk_unknown", "Bearer x", String(repeating: "f", count: 10_000)])
    func unknown(key: String?) async {
        #expect(await code { _ = try await authenticator().authenticate(key, from: here) } == .unauthorized)
    }

    @Test("a revoked key and an expired key are dead")
    func dead() async throws {
        let revoked = try await key()
        #expect(try await store.revoke(revoked.record.id, at: noon))
        #expect(await code { _ = try await authenticator().authenticate(revoked.secret, from: here) } == .unauthorized)
        let expiring = try await key(expiresAt: noon.addingTimeInterval(10))
        #expect(await code { _ = try await authenticator().authenticate(expiring.secret, from: here) } == nil)
        let later = authenticator(at: noon.addingTimeInterval(10))
        #expect(await code { _ = try await later.authenticate(expiring.secret, from: here) } == .unauthorized)
    }

    @Test("a publishable key works from its origins only")
    func origins() async throws {
        let minted = try await key(.publishable, origins: ["https://Shop.example", "self"])
        func outcome(_ origin: RequestOrigin) async -> ChatError.Code? {
            await code { _ = try await authenticator().authenticate(minted.secret, from: origin) }
        }
        #expect(await outcome(RequestOrigin(origin: "https://shop.example", address: "1.2.3.4")) == nil)
        #expect(await outcome(RequestOrigin(origin: "https://shop.example.evil", address: "1.2.3.4")) == .forbidden)
        #expect(await outcome(RequestOrigin(origin: "http://shop.example", address: "1.2.3.4")) == .forbidden)
        #expect(await outcome(RequestOrigin(address: "1.2.3.4")) == .forbidden)
        #expect(await outcome(RequestOrigin(origin: "http://bot:8080", host: "bot:8080", address: "1.2.3.4")) == nil)
        #expect(await outcome(RequestOrigin(host: "bot:8080", fetchSite: "same-origin", address: "1.2.3.4")) == nil)
        #expect(
            try await authenticator().allowsPreflight(
                from: RequestOrigin(origin: "https://shop.example", address: "1.2.3.4")))
        #expect(
            try await !authenticator().allowsPreflight(
                from: RequestOrigin(origin: "https://other.example", address: "1.2.3.4")))
    }

    @Test("keys that could not be used safely are not minted")
    func refusedRequests() async {
        let app = AppName(trusted: "shop")
        let requests = [
            KeyRequest(name: "", app: app, kind: .secret, scopes: [.chat]),
            KeyRequest(name: "k", app: app, kind: .secret, scopes: []),
            KeyRequest(name: "k", app: app, kind: .secret, scopes: [.chat], origins: ["https://a.example"]),
            KeyRequest(name: "k", app: app, kind: .publishable, scopes: [.chat, .admin], origins: ["self"]),
            KeyRequest(name: "k", app: app, kind: .publishable, scopes: [.chat]),
            KeyRequest(name: "k", app: app, kind: .publishable, scopes: [.chat], origins: ["shop.example"]),
            KeyRequest(
                name: "k", app: app, kind: .publishable, scopes: [.chat], origins: ["https://shop.example/path"]),
        ]
        for request in requests { #expect(await code { _ = try minter.mint(request) } == .invalidRequest) }
    }
}

@Suite struct RateLimiterTests {
    private let clock = ManualClock()

    @Test("a publishable key's conversation gets its share a second and no more, and recovers with time")
    func conversations() async {
        let limiter = RateLimiter(now: clock.now)
        let visitor = Principal(
            key: IdentifierGenerator().next(), kind: .publishable, app: AppName(trusted: "a"), scopes: [.chat])
        let conversation: ConversationID = IdentifierGenerator().next()
        func send() async -> ChatError.Code? {
            await code { try limiter.admitMessage(visitor, conversation: conversation, address: "1.1.1.1") }
        }
        for _ in 0..<5 { #expect(await send() == nil) }
        #expect(await send() == .rateLimited)
        clock.advance(.milliseconds(200))
        #expect(await send() == nil)
        #expect(await send() == .rateLimited)
    }

    @Test("an address is limited over all its conversations, a secret key is limited by itself")
    func addressesAndKeys() async {
        var limits = RateLimits()
        limits.secretKey = 2
        limits.address = 3
        let limiter = RateLimiter(limits: limits, now: clock.now)
        let ids = IdentifierGenerator()
        let visitor = Principal(key: ids.next(), kind: .publishable, app: AppName(trusted: "a"), scopes: [.chat])
        for _ in 0..<3 {
            #expect(
                await code { try limiter.admitMessage(visitor, conversation: ids.next(), address: "1.1.1.1") } == nil)
        }
        #expect(
            await code { try limiter.admitMessage(visitor, conversation: ids.next(), address: "1.1.1.1") }
                == .rateLimited)
        #expect(await code { try limiter.admitMessage(visitor, conversation: ids.next(), address: "2.2.2.2") } == nil)
        let server = Principal(key: ids.next(), kind: .secret, app: AppName(trusted: "a"), scopes: [.chat])
        #expect(await code { try limiter.admit(server) } == nil)
        #expect(await code { try limiter.admit(server) } == nil)
        #expect(await code { try limiter.admit(server) } == .rateLimited)
    }
}
