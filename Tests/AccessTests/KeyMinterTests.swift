import ConversationDomain
import Foundation
import Synchronization
import Testing

@testable import Access

@Suite("Keys")
struct KeyMinterTests {
    static let time = Date(timeIntervalSince1970: 1_790_000_000)
    static let shop = AppName(trusted: "shop")

    /// Gives 0, 1, 2, …
    private func counting() -> @Sendable () -> UInt64 {
        let count = Atomic<UInt64>(0)
        return { count.wrappingAdd(1, ordering: .relaxed).oldValue }
    }

    @Test("a secret key is stored as a hash and a recognisable beginning")
    func secretKey() throws {
        let random = counting()
        let minter = KeyMinter(
            ids: IdentifierGenerator(now: { Self.time }, random: { 0 }), now: { Self.time }, random: { random() })
        let minted = try minter.mint(
            KeyRequest(name: "tickets", app: Self.shop, kind: .secret, scopes: [.chat, .agent]))

        let alphabet = "abcdefghijkmnpqrstuvwxyz23456789"
        #expect(minted.secret == "fd_sk_" + alphabet + alphabet.prefix(20))
        #expect(
            minted.record
                == APIKey(
                    id: IdentifierGenerator(now: { Self.time }, random: { 0 }).next(), name: "tickets", app: Self.shop,
                    kind: .secret, scopes: [.chat, .agent], origins: [], hash: KeyHash.of(minted.secret),
                    display: "fd_sk_abcd…", createdAt: Self.time))
    }

    @Test("two keys differ")
    func randomness() throws {
        let request = KeyRequest(name: "a", app: Self.shop, kind: .secret, scopes: [.chat])
        #expect(try KeyMinter().mint(request).secret != KeyMinter().mint(request).secret)
    }

    @Test("a publishable key is shown whole, its origins written as browsers write them")
    func publishableKey() throws {
        let minted = try KeyMinter().mint(
            KeyRequest(
                name: "page", app: Self.shop, kind: .publishable, scopes: [.chat],
                origins: ["HTTPS://Shop.Example", "https://shop.example:443", "http://localhost:8080", "self", "*"]))
        #expect(minted.secret.hasPrefix("fd_pk_"))
        #expect(minted.record.display == minted.secret)
        #expect(
            minted.record.origins
                == ["https://shop.example", "https://shop.example", "http://localhost:8080", "self", "*"])
    }

    @Test(
        "a key that could do more than it should is refused",
        arguments: [
            KeyRequest(name: "", app: shop, kind: .secret, scopes: [.chat]),
            KeyRequest(name: String(repeating: "x", count: 129), app: shop, kind: .secret, scopes: [.chat]),
            KeyRequest(name: "a", app: shop, kind: .secret, scopes: []),
            KeyRequest(name: "a", app: shop, kind: .secret, scopes: [.chat], origins: ["https://a.example"]),
            KeyRequest(name: "a", app: shop, kind: .publishable, scopes: [.chat]),
            KeyRequest(name: "a", app: shop, kind: .publishable, scopes: [.chat, .classify], origins: ["self"]),
            KeyRequest(name: "a", app: shop, kind: .publishable, scopes: [.chat], origins: ["shop.example"]),
            KeyRequest(name: "a", app: shop, kind: .publishable, scopes: [.chat], origins: ["https://a.example/x"]),
            KeyRequest(name: "a", app: shop, kind: .publishable, scopes: [.chat], origins: ["https://a@b.example"]),
            KeyRequest(name: "a", app: shop, kind: .publishable, scopes: [.chat], origins: ["ftp://a.example"]),
            KeyRequest(name: "a", app: shop, kind: .publishable, scopes: [.chat], origins: ["null"]),
        ])
    func refusals(request: KeyRequest) {
        let error = #expect(throws: ChatError.self) { try KeyMinter().mint(request) }
        #expect(error?.code == .invalidRequest)
    }

    @Test(
        "an origin that no browser sends is refused with what to write instead",
        arguments: [
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("https://店.example:8443", "https://xn--hxt.example:8443"),
            ("https://shop.example/", "https://shop.example"), ("https://shop.example/a?b#c", "https://shop.example"),
            ("https://*.shop.example", "give each of them, or * for any"),
            ("shop.example", "did you mean https://shop.example?"),
            ("https://shop.example?x", "https://shop.example"), ("null", "expected scheme://host[:port]"),
        ])
    func hopelessOrigins(given: String, words: String) {
        let error = #expect(throws: ChatError.self) { try WebOrigin.text(given) }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }
}
