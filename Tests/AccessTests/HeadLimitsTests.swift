import Access
import ConversationDomain
import Foundation
import ServiceTestSupport
import Testing

@Suite("Bounds on a request's head")
struct HeadLimitsTests {
    private func fault(_ name: String, _ value: String, target: String = "/") -> HeadLimits.Fault? {
        HeadLimits.fault(target: target, fields: [(name: "Accept", value: "*/*"), (name: name, value: value)])
    }

    @Test(
        "each field has its bound",
        arguments: [
            ("Origin", "a", 300), ("HOST", "a", 300), ("authorization", "a", 512), ("Sec-WebSocket-Protocol", "a", 512),
            ("User-Agent", "a", 8192), ("Upgrade", "\u{301}", 512), ("X-Anything", "\u{301}", 512),
            ("Cookie", "\u{301}", 8192),
        ])
    func fields(name: String, unit: String, limit: Int) {
        let value = String(repeating: unit, count: limit / unit.utf8.count)
        #expect(fault(name, value) == nil)
        #expect(fault(name, value + "a") == .tooLarge("the header \(name) is too long"))
    }

    @Test("there are at most 100 fields")
    func count() {
        let fields = (0..<101).map { (name: "X-\($0)", value: "a") }
        #expect(HeadLimits.fault(target: "/", fields: fields.dropLast()) == nil)
        #expect(HeadLimits.fault(target: "/", fields: fields) == .head)
        #expect(HeadLimits.Fault.head.status == 431)
    }

    @Test("a path is ASCII and bounded")
    func target() {
        #expect(fault("A", "", target: "/" + String(repeating: "a", count: 4095)) == nil)
        #expect(fault("A", "", target: "/" + String(repeating: "a", count: 4096))?.status == 431)
        #expect(fault("A", "", target: "/a\u{301}") == .malformed("the path has bytes that are not ASCII"))
    }

    @Test(
        "the key is taken out of the header's one form",
        arguments: [
            ("Bearer fd_sk_x", "fd_sk_x"), ("bearer   fd_sk_x ", "fd_sk_x"), ("BEARER \tx", "x"), ("Basic x", nil),
            ("Bearer", nil), ("", nil), ("b\u{301}earer x", nil),
        ])
    func bearer(header: String, key: UTF8Text?) {
        #expect(BearerCredential.key(header) == key)
        #expect(BearerCredential.key(header + String(repeating: " ", count: 512)) == nil)
    }

    @Test("an origin that is longer than any allows nothing")
    func origin() {
        let long = "https://" + String(repeating: "\u{301}\u{323}", count: 10_000)
        #expect(RequestOrigin(origin: long, host: long, fetchSite: long, address: "") == RequestOrigin(address: ""))
    }
}

@Suite("The origins that preflights are answered for")
struct AllowedOriginsTests {
    /// Counts how often all keys are read.
    private actor CountingStore: KeyStore {
        private let keys: MemoryKeyStore
        private(set) var reads = 0

        init(_ keys: [APIKey]) { self.keys = MemoryKeyStore(keys) }

        func add(_ key: APIKey) async throws { try await keys.add(key) }
        func list() async throws -> [APIKey] {
            reads += 1
            return try await keys.list()
        }
        func revoke(_ id: KeyID, at date: Date) async throws -> Bool { try await keys.revoke(id, at: date) }
        func key(hash: Data) async throws -> APIKey? { try await keys.key(hash: hash) }
        func revision() async throws -> KeyRevision { try await keys.revision() }
    }

    private static let time = Date(timeIntervalSince1970: 1_790_000_000)

    private func key(_ origins: [String], expiresAt: Date? = nil) throws -> APIKey {
        try KeyMinter(now: { Self.time }).mint(
            KeyRequest(
                name: "page", app: AppName(trusted: "shop"), kind: .publishable, scopes: [.chat], origins: origins,
                expiresAt: expiresAt)
        ).record
    }

    private func from(_ origin: String, host: String? = nil) -> RequestOrigin {
        RequestOrigin(origin: origin, host: host, address: "192.0.2.1")
    }

    @Test("all keys are read once, and again when one was made or revoked, which counts at once")
    func reads() async throws {
        let first = try key(["https://shop.example"])
        let store = CountingStore([first])
        let authenticator = Authenticator(keys: store, now: { Self.time })
        for _ in 0..<50 {
            #expect(try await authenticator.allowsPreflight(from: from("HTTPS://shop.example")))
            #expect(try await !authenticator.allowsPreflight(from: from("https://evil.example")))
        }
        #expect(await store.reads == 1)
        let second = try key(["https://new.example"])
        try await store.add(second)
        #expect(try await authenticator.allowsPreflight(from: from("https://new.example")))
        #expect(await store.reads == 2)
        #expect(try await store.revoke(first.id, at: Self.time))
        #expect(try await !authenticator.allowsPreflight(from: from("https://shop.example")))
        #expect(try await authenticator.allowsPreflight(from: from("https://new.example")))
        #expect(await store.reads == 3)
    }

    @Test("an origin is allowed as long as one of its keys works")
    func expiry() async throws {
        let store = MemoryKeyStore([
            try key(["https://a.example"], expiresAt: Self.time),
            try key(["https://b.example"], expiresAt: Self.time),
            try key(["https://b.example"], expiresAt: Self.time.addingTimeInterval(1)),
        ])
        let authenticator = Authenticator(keys: store, now: { Self.time })
        #expect(try await !authenticator.allowsPreflight(from: from("https://a.example")))
        #expect(try await authenticator.allowsPreflight(from: from("https://b.example")))
    }

    @Test("self stands for the server's own pages, and is no origin itself")
    func own() async throws {
        let authenticator = Authenticator(
            keys: MemoryKeyStore([try key(["self"])]), now: { Self.time })
        #expect(try await authenticator.allowsPreflight(from: from("http://Bot.example", host: "bot.example")))
        #expect(try await !authenticator.allowsPreflight(from: from("http://evil.example", host: "bot.example")))
        for word in ["self", "SELF", "*"] {
            #expect(try await !authenticator.allowsPreflight(from: from(word, host: "bot.example")))
        }
    }
}
