import ConversationDomain
import Foundation
import People
import ServiceTestSupport
import Testing

@testable import Access

@Suite("Visitor tokens")
struct VisitorTokenTests {
    private static let shop = AppName(trusted: "shop")
    private static let ann = Visitor(id: "c-1", name: "Ann", email: nil)
    private static let page = RequestOrigin(origin: "https://shop.example", address: "192.0.2.1")

    /// What a shop's server makes by itself, here Python's hmac with the secret `vs_test`.
    private static let foreign =
        "fv1.eyJ2aXNpdG9yIjp7ImlkIjoiYy0xIiwibmFtZSI6IkFubiJ9LCJleHAiOjE3OTAwMDM2MDB9.QDfSi_hS07O6je-Lze4Da21OQw2e6gAyufw5UC_vD94"

    private static func secret(_ text: String = "vs_test", app: AppName = shop) -> VisitorSecret {
        VisitorSecret(id: IdentifierGenerator().next(), app: app, secret: text, createdAt: FakeChat.time)
    }

    private func tokens(_ secrets: [VisitorSecret] = [secret()], after seconds: Double = 0) -> VisitorTokens {
        VisitorTokens(secrets: MemorySecrets(secrets), now: { FakeChat.time.addingTimeInterval(seconds) })
    }

    private func code(_ token: String, _ tokens: VisitorTokens, from origin: RequestOrigin = page) async -> String {
        do {
            return try await tokens.visitor(of: token, app: Self.shop, from: origin).id ?? "nobody"
        } catch { return (error as? ChatError)?.code.rawValue ?? "\(error)" }
    }

    @Test("what the shop's server signed by itself names the visitor, until it expires")
    func foreign() async throws {
        #expect(try await tokens().visitor(of: Self.foreign, app: Self.shop, from: Self.page) == Self.ann)
        #expect(await code(Self.foreign, tokens(after: 3_599)) == "c-1")
        #expect(await code(Self.foreign, tokens(after: 3_600)) == "forbidden")
        // Good for longer than a token may be.
        #expect(await code(Self.foreign, tokens(after: -32 * 86_400)) == "forbidden")
    }

    @Test("another app's secret, one that was revoked, and none at all open nothing; one of several does")
    func secrets() async throws {
        #expect(await code(Self.foreign, tokens([Self.secret(app: AppName(trusted: "other"))])) == "forbidden")
        #expect(await code(Self.foreign, tokens([Self.secret("vs_other")])) == "forbidden")
        #expect(await code(Self.foreign, tokens([])) == "forbidden")
        #expect(await code(Self.foreign, tokens([Self.secret(), Self.secret("vs_newer")])) == "c-1")
        let (store, old) = (MemorySecrets([]), Self.secret())
        try await store.add(old)
        let tokens = VisitorTokens(secrets: store, now: { FakeChat.time })
        #expect(await code(Self.foreign, tokens) == "c-1")
        #expect(try await store.revoke(old.id, at: FakeChat.time))
        #expect(await code(Self.foreign, tokens) == "forbidden")
    }

    @Test("a token of which any character was changed opens nothing")
    func tampered() async throws {
        let bytes = Array(Self.foreign.utf8)
        for place in bytes.indices {
            var changed = bytes
            changed[place] = changed[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            // The last character of a part has bits that stand for nothing.
            guard place != bytes.count - 1 else { continue }
            let outcome = await code(String(decoding: changed, as: UTF8.self), tokens())
            #expect(["forbidden", "invalid_request"].contains(outcome), "\(place) \(outcome)")
        }
    }

    @Test(
        "what is no token is refused as a bad request",
        arguments: [
            "", "fv1", "fv1.", "fv1..", "fv1.e30", "fv2.e30.AA", "fv1.e30.", "fv1..AA", "fv1.e3 0.AA", "fv1.é.AA",
            String(repeating: "a", count: 9_000), "fv1." + String(repeating: "a", count: 9_000) + ".AA",
        ])
    func malformed(text: String) async {
        #expect(await code(text, tokens()) == "invalid_request")
    }

    @Test("one that was made here is read here: its fields, its time, its origin")
    func made() async throws {
        let visitor = Visitor(id: "c-2", name: "王芳", email: "fang@example.com")
        let tokens = tokens()
        let (token, expiresAt) = try await tokens.make(
            VisitorTokenRequest(visitor: visitor, origin: "https://SHOP.example:443", lifetime: 60), for: Self.shop)
        #expect(expiresAt == FakeChat.time.addingTimeInterval(60))
        #expect(try await tokens.visitor(of: token, app: Self.shop, from: Self.page) == visitor)
        for origin in ["https://evil.example", "http://shop.example", nil] {
            let other = RequestOrigin(origin: origin, address: "192.0.2.1")
            #expect(await code(token, tokens, from: other) == "forbidden")
        }
        // Padding that an encoder left is no reason to refuse.
        #expect(await code(token + "=", tokens) == "c-2")
    }

    @Test("an app without a secret gets one with its first token, and uses tokens from then on")
    func first() async throws {
        let store = MemorySecrets()
        let tokens = VisitorTokens(secrets: store, now: { FakeChat.time })
        #expect(try await !tokens.areUsed(by: Self.shop))
        _ = try await tokens.make(VisitorTokenRequest(visitor: Self.ann), for: Self.shop)
        _ = try await tokens.make(VisitorTokenRequest(visitor: Self.ann), for: Self.shop)
        #expect(try await store.allVisitorSecrets().count == 1)
        #expect(try await tokens.areUsed(by: Self.shop))
        #expect(try await !tokens.areUsed(by: AppName(trusted: "other")))
    }

    @Test("origins that are none are refused", arguments: ["", "self", "*", "shop.example", "https://*.example"])
    func origins(text: String) async throws {
        await #expect(throws: ChatError.self) {
            try await tokens().make(VisitorTokenRequest(visitor: Self.ann, origin: text), for: Self.shop)
        }
    }
}
