import Access
import HTTPService
import ServiceTestSupport
import Testing
import WebSocketTestClient

@Suite("Behind a proxy, over REST")
struct ProxyTests {
    private static let shop = ("Origin", "https://shop.example")

    @Test("visitors behind one proxy are limited each by their own address")
    func limits() async throws {
        var limits = RateLimits()
        limits.address = 0.01
        let proxies = try TrustedProxies(["127.0.0.0/8"])
        try await TestAPI.run(limits: limits, { $0.proxies = proxies }) { api in
            func start(_ address: String) async throws -> Int {
                try await api.call(
                    "POST", "/v1/conversations", key: api.keys.publishable,
                    headers: [Self.shop, ("X-Forwarded-For", address)]
                ).status
            }
            var statuses: [Int] = []
            for visitor in 1...5 { statuses.append(try await start("203.0.113.\(visitor)")) }
            #expect(statuses == [201, 201, 201, 201, 201])
            let again = try await start("203.0.113.1")
            // What a visitor writes before the proxy's entry changes nothing.
            let forged = try await start("198.51.100.9, 203.0.113.1")
            #expect(again == 429 && forged == 429)
        }
    }

    @Test("without a trusted proxy the headers buy nothing")
    func untrusted() async throws {
        var limits = RateLimits()
        limits.address = 0.01
        try await TestAPI.run(limits: limits) { api in
            var statuses: [Int] = []
            for visitor in 1...3 {
                statuses.append(
                    try await api.call(
                        "POST", "/v1/conversations", key: api.keys.publishable,
                        headers: [Self.shop, ("X-Forwarded-For", "203.0.113.\(visitor)")]
                    ).status)
            }
            #expect(statuses == [201, 429, 429])
        }
    }

    @Test("links lead below the path that the server is shown under")
    func basePath() async throws {
        let base = try BasePath("/bot")
        try await TestAPI.run({ $0.basePath = base }) { api in
            let page = try await api.call("GET", "/", key: .some(nil))
            #expect(page.text.contains("src=\"/bot/widget.js\"") && page.text.contains("src=\"/bot/page.js\""))
            #expect(try await api.call("GET", "/docs", key: .some(nil)).text.contains("href=\"/bot/docs/docs.css\""))
            let started = try await api.call("POST", "/v1/conversations")
            #expect(started.headers["location"]?.hasPrefix("/bot/v1/conversations/conv_") == true)
            #expect(try await api.call("GET", "/openapi.json", key: .some(nil)).text.contains("\"url\" : \"/bot/\""))
            let connection = try await TestConnection.open(port: api.port)
            let bare = try await connection.request("GET", "/bot")
            #expect(bare.status == 308 && bare.headers["location"] == "/bot/")
        }
    }
}
