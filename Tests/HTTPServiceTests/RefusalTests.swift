import Access
import ConversationDomain
import Foundation
import HTTPTypes
import HTTPWire
import ServiceTestSupport
import Testing
import WebSocketTestClient

@testable import HTTPService

@Suite("Refusals")
struct RefusalTests {
    @Test("every code has its status")
    func table() {
        let statuses = ChatError.Code.allCases.map { "\($0.rawValue) \($0.httpStatus.code)" }
        #expect(
            statuses == [
                "invalid_request 400", "unauthorized 401", "forbidden 403", "not_found 404", "conflict 409",
                "too_large 413", "unsupported_media_type 415", "rate_limited 429", "overloaded 429", "not_ready 503",
                "internal 500",
            ])
    }

    @Test("without a key, or with a wrong one, every call is unauthorized")
    func unauthorized() async throws {
        try await TestAPI.run { api in
            let calls = [
                ("POST", "/v1/conversations"), ("GET", "/v1/conversations/x"), ("POST", "/v1/conversations/x/messages"),
                ("GET", "/v1/conversations/x/messages"), ("POST", "/v1/conversations/x/feedback"),
                ("POST", "/v1/conversations/x/close"), ("POST", "/v1/classify"), ("POST", "/predict"),
                ("POST", "/v1/search"), ("GET", "/v1/intents"), ("GET", "/v1/models"),
            ]
            for (method, path) in calls {
                let response = try await api.call(method, path, key: .some(nil))
                #expect(try response.problem() == "401 unauthorized", "\(method) \(path)")
                #expect(response.headers["www-authenticate"] == "Bearer")
            }
            for value in ["Bearer fd_sk_wrong", "Bearer", api.keys.secret, "Basic \(api.keys.secret)"] {
                let response = try await api.call(
                    "GET", "/v1/intents", key: .some(nil), headers: [("Authorization", value)])
                #expect(try response.problem() == "401 unauthorized", "\(value.prefix(8))")
            }
            #expect(
                try await api.call(
                    "GET", "/v1/intents", key: .some(nil), headers: [("Authorization", "bearer  \(api.keys.secret)")]
                ).status == 200)
        }
    }

    @Test("a revoked key is dead at once")
    func revoked() async throws {
        try await TestAPI.run { api in
            #expect(try await api.call("GET", "/v1/intents").status == 200)
            _ = try await api.keys.store.revoke(api.keys.secretID, at: Date())
            #expect(try await api.call("GET", "/v1/intents").problem() == "401 unauthorized")
        }
    }

    @Test("a publishable key is refused from a foreign page")
    func foreignOrigin() async throws {
        try await TestAPI.run { api in
            for headers in [[], [("Origin", "https://evil.example")]] {
                let response = try await api.call(
                    "POST", "/v1/conversations", key: api.keys.publishable, headers: headers)
                #expect(try response.problem() == "403 forbidden")
            }
        }
    }

    @Test("guessing keys ends in a rate limit")
    func guessing() async throws {
        try await TestAPI.run(
            limits: {
                var limits = RateLimits(); limits.failures = 0.01; return limits
            }()
        ) { api in
            #expect(try await api.call("GET", "/v1/intents", key: "fd_sk_a").problem() == "401 unauthorized")
            let refused = try await api.call("GET", "/v1/intents", key: "fd_sk_b")
            #expect(try refused.problem() == "429 rate_limited")
            #expect(try await api.call("GET", "/v1/intents").status == 200)
        }
    }

    @Test("too many requests are told when to come again")
    func rateLimited() async throws {
        try await TestAPI.run(
            limits: {
                var limits = RateLimits(); limits.secretKey = 0.01; return limits
            }()
        ) { api in
            #expect(try await api.call("GET", "/v1/intents").status == 200)
            let refused = try await api.call("GET", "/v1/intents")
            #expect(try refused.problem() == "429 rate_limited")
            #expect(refused.headers["retry-after"].flatMap { Int($0) }.map { (90...100).contains($0) } == true)
        }
    }

    @Test("a publishable key's messages are limited per conversation")
    func messageRate() async throws {
        let limits = {
            var limits = RateLimits(); limits.conversation = 0.01; return limits
        }()
        try await TestAPI.run(limits: limits) { api in
            let page = [("Origin", "https://shop.example")]
            let path = "/v1/conversations/\(try await api.started(key: api.keys.publishable, headers: page))/messages"
            var statuses: [Int] = []
            for _ in 0..<2 {
                statuses.append(
                    try await api.call(
                        "POST", path, json: #"{"text":"hi"}"#, key: api.keys.publishable, headers: page
                    ).status)
            }
            #expect(statuses == [200, 429])
            // Reading is not limited so.
            #expect(try await api.call("GET", path, key: api.keys.publishable, headers: page).status == 200)
        }
    }

    @Test("an overload, and what is no error of ours, have their own answers")
    func failures() async throws {
        try await TestAPI.run { api in
            let path = "/v1/conversations/\(try await api.started())/messages"
            let overload = try await api.call("POST", path, json: #"{"text":"overload"}"#)
            #expect(try overload.problem() == "429 overloaded")
            #expect(overload.headers["retry-after"] == "2")

            let crash = try await api.call("POST", path, json: #"{"text":"crash"}"#, headers: [("X-Request-Id", "r-7")])
            #expect(try crash.problem() == "500 internal")
            #expect(!crash.text.contains("URLError"))
            #expect(api.log.all.filter { $0.hasPrefix("error") && $0.contains("request_id=r-7") }.count == 1)
        }
    }

    @Test("a body beyond the limit is too large, and so is a text")
    func tooLarge() async throws {
        try await TestAPI.run({ $0.limits.body = 9_000 }) { api in
            let path = "/v1/conversations/\(try await api.started())/messages"
            func send(_ length: Int) async throws -> TestHTTPResponse {
                try await api.call("POST", path, json: #"{"text":"\#(String(repeating: "x", count: length))"}"#)
            }
            #expect(try await send(2_000).status == 200)
            #expect(try await send(2_001).problem() == "413 too_large")
            #expect(try await send(8_989).problem() == "413 too_large")
            #expect(try await send(8_990).field("detail") == .string("the body is larger than 9000 bytes"))
            #expect(try await send(100_000).problem() == "413 too_large")
            // Scalars are counted, not bytes.
            let chinese = #"{"text":"\#(String(repeating: "好", count: 2_000))"}"#
            #expect(try await api.call("POST", path, json: chinese).status == 200)
        }
    }

    @Test("a body must be JSON by its type")
    func mediaType() async throws {
        try await TestAPI.run { api in
            let path = "/v1/conversations/\(try await api.started())/messages"
            for (type, status) in [
                ("text/plain", 415), ("application/x-www-form-urlencoded", 415), ("", 415), ("application/jsonx", 415),
                ("application/json", 200), ("application/json; charset=utf-8", 200), ("Application/JSON", 200),
            ] {
                let response = try await api.call(
                    "POST", path, json: #"{"text":"hi"}"#, headers: [("Content-Type", type)])
                #expect(response.status == status, "\(type)")
                if status == 415 { #expect(try response.problem() == "415 unsupported_media_type") }
            }
        }
    }

    @Test("what is not there is a problem too, whatever the method")
    func notFound() async throws {
        try await TestAPI.run { api in
            for (method, path) in [
                ("GET", "/nothing"), ("GET", "/v1"), ("DELETE", "/v1/conversations"), ("PUT", "/"),
                ("PROPFIND", "/coffee"),
                ("GET", "/v1/classify"), ("GET", "/../etc/passwd"), ("GET", "/v1/conversations/a/b/c"),
            ] {
                let response = try await api.call(method, path)
                #expect(try response.problem() == "404 not_found", "\(method) \(path)")
            }
        }
    }

    @Test("what is not HTTP is refused, and the server goes on")
    func garbage() async throws {
        try await TestAPI.run { api in
            let connection = try await TestConnection.open(port: api.port)
            try await connection.write("\u{1}\u{2}\u{3}\r\n\r\n")
            #expect(try await connection.response().status == 400)
            #expect(try await api.call("GET", "/health/live").status == 200)
        }
    }

    @Test("every answer carries a request id: the caller's own if it is harmless")
    func requestIDs() async throws {
        try await TestAPI.run { api in
            for (path, given, kept) in [
                ("/health/live", "abc-1.2_X", true), ("/nothing", "abc", true), ("/v1/intents", "a b", false),
                ("/v1/intents", String(repeating: "x", count: 128), true),
                ("/v1/intents", String(repeating: "x", count: 129), false), ("/", "<script>", false),
            ] {
                let response = try await api.call("GET", path, headers: [("X-Request-Id", given)])
                let id = response.headers["x-request-id"] ?? ""
                #expect((id == given) == kept, "\(path) \(given)")
                #expect(id.wholeMatch(of: /[A-Za-z0-9._-]{1,128}/) != nil)
            }
            let ids = [
                try await api.call("GET", "/nothing").headers["x-request-id"],
                try await api.call("GET", "/nothing").headers["x-request-id"],
            ]
            #expect(Set(ids).count == 2 && !ids.contains(nil))
        }
    }

    @Test("no log line has a text, a key or a query")
    func discretion() async throws {
        try await TestAPI.run { api in
            let path = "/v1/conversations/\(try await api.started())/messages"
            for text in ["s3cret words", "crash"] {
                _ = try await api.call("POST", path, json: #"{"text":"\#(text)"}"#)
            }
            _ = try await api.call("GET", path + "?after=0&token=hidden")
            _ = try await api.call("GET", "/nothing/s3cret?hidden=1", key: "fd_sk_wr0ng")
            let log = api.log.all.joined(separator: "\n")
            #expect(log.contains("route=/v1/conversations/{id}/messages"))
            for secret in [
                "s3cret", "hidden", "wr0ng", "after=0", api.keys.secret, String(api.keys.secret.dropFirst(12)),
            ] { #expect(!log.contains(secret), "\(secret)") }
        }
    }
}
