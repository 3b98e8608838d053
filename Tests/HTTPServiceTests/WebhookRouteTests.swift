import Access
import ConversationDomain
import Foundation
import HTTPService
import Outbox
import ServiceTestSupport
import Testing
import WebSocketTestClient
import Wire

@Suite("Webhooks over REST")
struct WebhookRouteTests {
    private static let path = "/v1/webhooks/\(FakeWebhooks.id)"

    private func run(_ body: @escaping @Sendable (TestAPI, String) async throws -> Void) async throws {
        try await TestAPI.run {
            $0.webhooks = FakeWebhooks()
        } _: { api in
            let admin = try KeyMinter().mint(
                KeyRequest(name: "admin", app: AppName(trusted: "shop"), kind: .secret, scopes: [.admin]))
            try await api.keys.store.add(admin.record)
            try await body(api, admin.secret)
        }
    }

    @Test("the secret is in the answer that makes it, and in no other")
    func secrets() async throws {
        try await run { api, key in
            let made = try await api.call(
                "POST", "/v1/webhooks", json: #"{"url":"https://a.example/","events":["message.created"]}"#, key: key)
            #expect(made.status == 201 && made.headers["location"] == Self.path)
            #expect(try made.field("secret") == "whsec_new" && made.field("url") == "https://a.example/")
            let changed = try await api.call("PATCH", Self.path, json: #"{"rotate_secret":true}"#, key: key)
            #expect(try changed.field("secret") == "whsec_newer")
            for (method, path, body) in [
                ("GET", "/v1/webhooks", nil), ("GET", Self.path, nil), ("PATCH", Self.path, #"{"enabled":false}"#),
                ("GET", Self.path + "/deliveries", nil),
            ] {
                let response = try await api.call(method, path, json: body, key: key)
                #expect(response.status == 200 && !response.text.contains("whsec"))
            }
        }
    }

    @Test("a webhook and its deliveries look as the documentation says")
    func shapes() async throws {
        try await run { api, key in
            let time = Timestamp.text(FakeChat.time)
            let shown = try await api.call("GET", Self.path, key: key)
            #expect(
                try shown.json()
                    == json(
                        """
                        {"id":"\(FakeWebhooks.id)","url":"https://tickets.example/","events":["message.created"],"channels":[],
                        "senders":["visitor"],"description":"ticketing","enabled":true,"state":"active","resting_until":null,
                        "pending":1,"dead":2,"dropped":3,"previous_secret_until":null,"created_at":"\(time)"}
                        """))
            let listed = try await api.call("GET", Self.path + "/deliveries?status=dead&after=6&limit=1", key: key)
            #expect(
                try listed.json()
                    == json(
                        """
                        {"deliveries":[{"event_id":"evt_038G7BH8M2R40C9HR6YBW5KQ3XZFA","type":"message.created",
                        "conversation_id":"conv_038G7BH5JAB3CEWEESP168NR6FZ5W","status":"dead","attempts":4,
                        "next_attempt_at":null,"last_error":"status 503","created_at":"\(time)"}],"next":7}
                        """))
            let resent = try await api.call("POST", Self.path + "/deliveries/resend", key: key)
            #expect(try resent.json() == ["resent": 2])
            #expect(try await api.call("DELETE", Self.path, key: key).status == 204)
        }
    }

    @Test(
        "a body that is not in the wire format is refused by name",
        arguments: [
            (#"{"url":7}"#, "url"), (#"{"url":"https://a.example/","events":["x"]}"#, "events"),
            (#"{"url":"https://a.example/","events":"message.created"}"#, "events"),
            (#"{"url":"https://a.example/","channels":["a b"]}"#, "channels"),
            (#"{"url":"https://a.example/","senders":["robot"]}"#, "senders"),
            (#"{"url":"https://a.example/","enabled":1}"#, "enabled"),
            (#"{"url":"https://a.example/","secret":"x"}"#, "secret"),
        ])
    func refusals(body: String, name: String) async throws {
        try await run { api, key in
            let response = try await api.call("POST", "/v1/webhooks", json: body, key: key)
            #expect(try response.problem() == "400 invalid_request")
            guard case .string(let detail) = try response.field("detail") else { return }
            #expect(detail.contains("'\(name)"))
        }
    }

    @Test("what cannot be a webhook's id is not found, and an unknown parameter is refused")
    func places() async throws {
        try await run { api, key in
            for path in ["/v1/webhooks/x", "/v1/webhooks/conv_038G7BH5JAB3CEWEESP168NR6FZ5W"] {
                let response = try await api.call("GET", path, key: key)
                #expect(try response.problem() == "404 not_found")
            }
            let strange = try await api.call("GET", Self.path + "/deliveries?status=lost", key: key)
            #expect(try strange.problem() == "400 invalid_request")
        }
    }
}
