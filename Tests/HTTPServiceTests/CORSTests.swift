import ServiceTestSupport
import Testing
import WebSocketTestClient

@Suite("Pages of other origins")
struct CORSTests {
    private static let shop = ("Origin", "https://shop.example")

    @Test("a preflight is answered for the origins that a publishable key allows")
    func preflight() async throws {
        try await TestAPI.run { api in
            let allowed = try await api.call(
                "OPTIONS", "/v1/conversations", key: .some(nil),
                headers: [Self.shop, ("Access-Control-Request-Method", "POST")])
            #expect(allowed.status == 204)
            #expect(
                allowed.headers.filter { $0.key.hasPrefix("access-control") || $0.key == "vary" } == [
                    "access-control-allow-origin": "https://shop.example",
                    "access-control-allow-methods": "GET, POST, OPTIONS",
                    "access-control-allow-headers":
                        "Authorization, Content-Type, X-Request-Id, Idempotency-Key, Frontdesk-Resume-Token, Frontdesk-Visitor-Token",
                    "access-control-max-age": "600",
                    "access-control-expose-headers": "X-Request-Id, Retry-After, Idempotent-Replayed",
                    "vary": "Origin",
                ])
            let foreign = try await api.call(
                "OPTIONS", "/v1/conversations", key: .some(nil),
                headers: [("Origin", "https://evil.example"), ("Access-Control-Request-Method", "POST")])
            #expect(try foreign.problem() == "403 forbidden")
            #expect(foreign.headers["access-control-allow-origin"] == nil)
        }
    }

    @Test("an answer may be read by a page of an allowed origin, a refusal too")
    func answers() async throws {
        try await TestAPI.run { api in
            let started = try await api.call(
                "POST", "/v1/conversations", key: api.keys.publishable, headers: [Self.shop])
            #expect(started.status == 201)
            let refused = try await api.call("GET", "/nothing", headers: [Self.shop])
            for response in [started, refused] {
                #expect(response.headers["access-control-allow-origin"] == "https://shop.example")
                #expect(response.headers["vary"] == "Origin")
            }
            let foreign = try await api.call("GET", "/v1/intents", headers: [("Origin", "https://evil.example")])
            #expect(foreign.headers["access-control-allow-origin"] == nil)
            #expect(try await api.call("GET", "/v1/intents").headers["vary"] == "Origin")
        }
    }

    @Test("the server's own pages need no entry but self")
    func ownPages() async throws {
        try await TestAPI.run { api in
            let byOrigin = try await api.call(
                "POST", "/v1/conversations", key: api.keys.publishable,
                headers: [("Host", "127.0.0.1:\(api.port)"), ("Origin", "http://127.0.0.1:\(api.port)")])
            #expect(byOrigin.status == 201)
            let byFetchSite = try await api.call(
                "POST", "/v1/conversations", key: api.keys.publishable, headers: [("Sec-Fetch-Site", "same-origin")])
            #expect(byFetchSite.status == 201)
        }
    }
}
