import Access
import ConversationDomain
import Foundation
import ServiceTestSupport
import Testing

@Suite("Authentication")
struct AuthenticatorTests {
    static let time = Date(timeIntervalSince1970: 1_790_000_000)
    static let anywhere = RequestOrigin(address: "192.0.2.1")

    private func mint(_ request: KeyRequest) throws -> MintedKey { try KeyMinter(now: { Self.time }).mint(request) }

    private func secretKey(expiresAt: Date? = nil) throws -> MintedKey {
        try mint(
            KeyRequest(
                name: "tickets", app: AppName(trusted: "shop"), kind: .secret, scopes: [.chat], expiresAt: expiresAt))
    }

    private func publishableKey(_ origins: [String]) throws -> MintedKey {
        try mint(
            KeyRequest(
                name: "page", app: AppName(trusted: "shop"), kind: .publishable, scopes: [.chat], origins: origins))
    }

    private func refusal(of key: String?, _ store: MemoryKeyStore, from origin: RequestOrigin = anywhere) async
        -> ChatError.Code?
    {
        do {
            _ = try await Authenticator(keys: store, now: { Self.time }).authenticate(key, from: origin)
            return nil
        } catch {
            return (error as? ChatError)?.code
        }
    }

    @Test("a secret key tells who calls, from anywhere")
    func secret() async throws {
        let key = try secretKey()
        let principal = try await Authenticator(keys: MemoryKeyStore([key.record]), now: { Self.time })
            .authenticate(key.secret, from: RequestOrigin(origin: "https://evil.example", address: "192.0.2.1"))
        #expect(
            principal
                == Principal(key: key.record.id, kind: .secret, app: AppName(trusted: "shop"), scopes: [.chat]))
    }

    @Test("no key, an unknown key, and what is no key are unauthorized")
    func unknown() async throws {
        let store = MemoryKeyStore([try secretKey().record])
        for key in [nil, "", "fd_sk_x", "hello", "fd_" + String(repeating: "x", count: 200)] {
            #expect(await refusal(of: key, store) == .unauthorized)
        }
    }

    @Test("a key works until the moment it expires")
    func expiry() async throws {
        let alive = try secretKey(expiresAt: Self.time.addingTimeInterval(0.001))
        let dead = try secretKey(expiresAt: Self.time)
        let store = MemoryKeyStore([alive.record, dead.record])
        #expect(await refusal(of: alive.secret, store) == nil)
        #expect(await refusal(of: dead.secret, store) == .unauthorized)
    }

    @Test("a key is dead as soon as it is revoked")
    func revocation() async throws {
        let key = try secretKey()
        let store = MemoryKeyStore([key.record])
        #expect(await refusal(of: key.secret, store) == nil)
        #expect(try await store.revoke(key.record.id, at: Self.time))
        #expect(await refusal(of: key.secret, store) == .unauthorized)
    }

    @Test(
        "a publishable key works from its origins only",
        arguments: [
            (["https://shop.example"], RequestOrigin(origin: "https://shop.example", address: ""), true),
            (["https://shop.example"], RequestOrigin(origin: "HTTPS://SHOP.example", address: ""), true),
            (["https://shop.example"], RequestOrigin(origin: "https://shop.example:8443", address: ""), false),
            (["https://shop.example"], RequestOrigin(origin: "http://shop.example", address: ""), false),
            (["https://shop.example"], RequestOrigin(origin: "https://shop.example.evil.example", address: ""), false),
            (["https://shop.example"], RequestOrigin(origin: "null", address: ""), false),
            (["https://shop.example"], RequestOrigin(address: ""), false),
            (
                ["https://shop.example"], RequestOrigin(host: "shop.example", fetchSite: "same-origin", address: ""),
                false
            ),
            (["self"], RequestOrigin(origin: "http://localhost:8080", host: "localhost:8080", address: ""), true),
            (["self"], RequestOrigin(origin: "https://bot.example", host: "Bot.Example", address: ""), true),
            (["self"], RequestOrigin(origin: "http://localhost:9090", host: "localhost:8080", address: ""), false),
            (["self"], RequestOrigin(host: "localhost:8080", fetchSite: "same-origin", address: ""), true),
            (["self"], RequestOrigin(host: "localhost:8080", fetchSite: "cross-site", address: ""), false),
            (["self"], RequestOrigin(origin: "http://", host: "", address: ""), false),
            (["*"], RequestOrigin(origin: "https://any.example", address: ""), true),
            (["*"], RequestOrigin(address: ""), true),
        ])
    func origins(allowed: [String], origin: RequestOrigin, works: Bool) async throws {
        let key = try publishableKey(allowed)
        #expect(
            await refusal(of: key.secret, MemoryKeyStore([key.record]), from: origin) == (works ? nil : .forbidden))
    }

    @Test(
        "a page is the server's own only where nobody else can have given the server a name",
        arguments: [
            ("127.0.0.1:8080", true), ("[::1]:8080", true), ("localhost:8080", true), ("bot.localhost", true),
            ("Bot.lan:8080", true), ("evil.example:8080", false), ("evil-localhost", false),
            ("1.2.3.4.evil.example", false),
        ])
    func ownHosts(host: String, works: Bool) async throws {
        let key = try publishableKey(["self"])
        let hosts = OwnHosts(names: ["bot.lan"])
        let authenticator = Authenticator(keys: MemoryKeyStore([key.record]), ownHosts: hosts, now: { Self.time })
        func mayCome(_ origin: RequestOrigin) async -> Bool {
            (try? await authenticator.authenticate(key.secret, from: origin)) != nil
        }
        let page = "http://\(host.lowercased())"
        #expect(await mayCome(RequestOrigin(origin: page, host: host, address: "")) == works)
        #expect(await mayCome(RequestOrigin(origin: page, host: host, address: "", isByProxy: true)))
        #expect(await mayCome(RequestOrigin(origin: page, host: host, fetchSite: "same-origin", address: "")))
    }

    @Test("a key that is refused here works as little as none")
    func refusedKey() async throws {
        let key = try secretKey()
        let authenticator = Authenticator(
            keys: MemoryKeyStore([key.record]), refused: [key.record.id], now: { Self.time })
        let error = await #expect(throws: ChatError.self) {
            try await authenticator.authenticate(key.secret, from: Self.anywhere)
        }
        #expect(error?.code == .unauthorized)
    }

    @Test("a preflight is allowed from the origins of keys that still work")
    func preflight() async throws {
        let key = try publishableKey(["https://shop.example"])
        let store = MemoryKeyStore([key.record, try secretKey().record])
        let authenticator = Authenticator(keys: store, now: { Self.time })
        let shop = RequestOrigin(origin: "https://shop.example", address: "")
        #expect(try await authenticator.allowsPreflight(from: shop))
        #expect(try await !authenticator.allowsPreflight(from: RequestOrigin(origin: "https://a.example", address: "")))
        _ = try await store.revoke(key.record.id, at: Self.time)
        #expect(try await !authenticator.allowsPreflight(from: shop))
    }
}
