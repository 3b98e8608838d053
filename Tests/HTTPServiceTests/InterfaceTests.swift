import APIConformance
import Access
import ConversationDomain
import Foundation
import HTTPTypes
import Outbox
import ServiceTestSupport
import Testing
import WebSocketTestClient

@testable import HTTPCalls
@testable import HTTPService
import Wire

@Suite("The interface's table of calls")
struct InterfaceTests {
    @Test("docs/openapi.json is what the program serves; 'make openapi' writes it anew")
    func committed() async throws {
        let committed = try Data(contentsOf: RESTInterface.file)
        #expect(API().document() == committed)
        let review = FakeReview()
        try await TestAPI.run {
            $0.review = review
            ($0.people, $0.visitors, $0.desk) = (FakePeople(), FakePeople(), FakePeople())
            ($0.webhooks, $0.hooks) = (FakeWebhooks(), FakeHooks())
        } _: { api in
            let served = try await api.call("GET", "/openapi.json", key: .some(nil))
            #expect(served.status == 200)
            #expect(served.headers["content-type"] == "application/json")
            #expect(Data(served.body) == committed)
        }
    }

    @Test("a server describes what it serves and nothing else")
    func served() async throws {
        try await TestAPI.run({ $0.servesMetrics = false }) { api in
            let served = try RESTInterface(Data(try await api.call("GET", "/openapi.json", key: .some(nil)).body))
            let paths = Set(served.operations.map(\.path))
            #expect(
                paths.contains("/v1/classify")
                    && paths.isDisjoint(with: ["/metrics", "/v1/review", "/v1/conversations/{id}/take"]))
            #expect(served.document["tags"]?.elements.count == 3)
        }
    }

    @Test("every call is declared once, and every example is as its shape says")
    func examples() throws {
        let interface = try RESTInterface.committed.get()
        #expect(API().calls.map(\.name).sorted { "\($0)" < "\($1)" } == CallName.allCases.sorted { "\($0)" < "\($1)" })
        #expect(interface.operations.count == CallName.allCases.count)
        for (method, path, operation) in interface.operations {
            let bodies = [operation["requestBody"]].compactMap { $0 }
            let answers = (operation["responses"]?.members ?? [:]).values.map { interface.schema.resolved($0) }
            #expect(answers.count > 3, "\(method) \(path)")
            for content in (bodies + answers).flatMap({ $0["content"]?.members.values.map { $0 } ?? [] }) {
                let schema = try #require(content["schema"])
                guard let example = content["example"] else { continue }
                #expect(interface.schema.faults(of: example, against: schema) == [], "\(method) \(path)")
            }
        }
    }

    @Test("answers that are not as the description says are found")
    func checker() throws {
        let interface = try RESTInterface.committed.get()
        let conversation = try #require(API().calls.first { $0.name == .getConversation }?.answer.content?.example)
        guard case .object(let whole) = conversation else { throw TestConnectionError.ended }
        func faults(_ change: (inout [String: JSONValue]) -> Void, status: Int = 200) throws -> [String] {
            var body = whole
            change(&body)
            return interface.faults(
                of: "GET", "/v1/conversations/conv_1?x=1", status: status,
                headers: ["content-type": "application/json", "x-request-id": "r"],
                body: try JSONEncoder.frontdesk().encode(JSONValue.object(body)))
        }
        #expect(try faults { _ in } == [])
        for change: (inout [String: JSONValue]) -> Void in [
            { $0["id"] = nil }, { $0["id"] = "msg_1" }, { $0["status"] = "asleep" }, { $0["last_seq"] = -1 },
            { $0["last_seq"] = 1.5 }, { $0["created_at"] = "yesterday" }, { $0["more"] = 1 }, { $0["locale"] = .null },
        ] { #expect(try faults(change).count == 1) }
        #expect(try faults({ _ in }, status: 201) == ["GET /v1/conversations/{id} 201: the status is not declared"])
        #expect(
            interface.faults(of: "POST", "/v1/review", status: 201, headers: [:], body: Data(#"{"id":"rev_1"}"#.utf8))
                .count == 3)
    }

    @Test("names, identifiers and texts fit their patterns exactly when they are taken")
    func patterns() {
        let reader = RequestReader()
        let samples =
            [
                "a", "order.status", "a b", "", "é", "订单", "a\u{301}", "①", "½", "9", "-", "a/b:c_d", "a!", "\u{200D}",
                "en", "zh-CN", "zh_CN", "e", "engl", "en-", "en-123456789", "x-y", "e1", "_a1", "1a", "a-b",
                " ", "\u{3000}", "\t\n", "\u{0}", "a\u{7F}", "a\u{9F}", "\u{AD}", "\u{115F}", "\u{FE0F}", "\u{E0041}",
                "\u{1D173}", "\u{1D17B}", "\u{1BCA0}", "\u{FFF0}", "\u{FFFD}", "\u{2065}", "\u{2070}", "a\r\n",
                "👍", "\u{85}", "\u{A0}", "\u{A1}", "\u{180B}", "\u{180A}", "\u{61C}", "\u{34F}", "\u{17B4}",
                "conv_038G7BH5JAB3CEWEESP168NR6FZ5W", "conv_038G7BH5JAB3CEWEESP168NR6FZ5I", "conv_1",
            ] + [0, 127, 128, 129].map { String(repeating: "b", count: $0) }
        for text in samples {
            let name = "\(text.debugDescription)"
            #expect(fits(text, .name) == (IntentName(text) != nil), "\(name)")
            #expect(fits(text, .variable) == (SlotName(text) != nil), "\(name)")
            #expect(fits(text, .locale) == (BotLocale(text) != nil), "\(name)")
            #expect(fits(text, .identifier(ConversationID.self)) == (ConversationID(text) != nil), "\(name)")
            let isText = (try? reader.text(text)) != nil
            #expect(fits(text, RequestReader.messageShape(Limits())) == isText, "\(name)")
        }
    }

    private func fits(_ text: String, _ shape: Shape) -> Bool {
        guard let schema = try? JSONTree(parsing: JSONEncoder().encode(shape.json)) else { return false }
        return JSONSchema(document: .null).faults(of: .string(text), against: schema).isEmpty
    }
}

// MARK: - Calls × credentials

extension InterfaceTests {
    /// A credential of the tests, and what it allows.
    struct Credential {
        let name: String
        var key: String?
        var headers: [(String, String)] = []
        /// Nil where the key works nowhere; then the refusal.
        var scopes: Set<Scope> = []
        var refusal: Int?
    }

    private func credentials(_ keys: TestKeys) async throws -> [Credential] {
        let revoked = try KeyMinter().mint(
            KeyRequest(name: "gone", app: AppName(trusted: "shop"), kind: .secret, scopes: [.admin]))
        try await keys.store.add(revoked.record)
        _ = try await keys.store.revoke(revoked.record.id, at: Date())
        let admin = try KeyMinter().mint(
            KeyRequest(name: "admin", app: AppName(trusted: "shop"), kind: .secret, scopes: [.admin]))
        try await keys.store.add(admin.record)
        let shop = [("Origin", "https://shop.example")]
        return [
            Credential(name: "none", refusal: 401), Credential(name: "unknown", key: "fd_sk_unknown", refusal: 401),
            Credential(name: "revoked", key: revoked.secret, refusal: 401),
            Credential(name: "page", key: keys.publishable, headers: shop, scopes: [.chat]),
            Credential(
                name: "foreign page", key: keys.publishable, headers: [("Origin", "https://evil.example")],
                refusal: 403),
            Credential(name: "secret", key: keys.secret, scopes: [.chat, .classify, .search]),
            Credential(name: "agent", key: keys.agent, scopes: [.agent]),
            Credential(name: "admin", key: admin.secret, scopes: Set(Scope.allCases)),
        ]
    }

    @Test("each call does with each credential what its declaration says, its example included")
    func access() async throws {
        var limits = RateLimits()
        limits.failures = 10_000
        limits.address = 10_000
        try await TestAPI.run(limits: limits) {
            $0.review = FakeReview()
            ($0.webhooks, $0.hooks) = (FakeWebhooks(), FakeHooks())
            ($0.people, $0.visitors, $0.desk) = (FakePeople(), FakePeople(), FakePeople())
            $0.visitorTokens = VisitorTokens(secrets: MemorySecrets())
        } _: { api in
            for credential in try await credentials(api.keys) {
                for call in API().calls {
                    let id =
                        switch call.subject {
                        case .reviewItem: FakeReview.id.rawValue
                        case .webhook: FakeWebhooks.id.rawValue
                        case .connector: FakeHooks.id
                        case .conversation, .visitor, nil: try await api.started()
                        }
                    let body = try await exampleBody(of: call, in: id, api)
                    let response = try await api.call(
                        call.method.rawValue, call.path.replacing("{id}", with: id), json: body,
                        key: .some(credential.key), headers: credential.headers)
                    let scopes = [call.scope, call.orScope].compactMap { $0 }
                    // What is known of a conversation is for secret keys.
                    let isAllowed =
                        scopes.isEmpty
                        || !credential.scopes.isDisjoint(with: scopes)
                            && !(credential.name == "page"
                                && [.editConversation, .makeVisitorToken].contains(call.name))
                    let refusal = call.scope == nil ? nil : credential.refusal ?? (isAllowed ? nil : 403)
                    let expected = refusal ?? call.answer.status.code
                    #expect(response.status == expected, "\(credential.name): \(call.name) \(response.text)")
                    if response.status == 201, call.answer.headers.contains(where: { $0.name == "Location" }) {
                        #expect(response.headers["location"]?.hasPrefix(call.path + "/") == true)
                    }
                }
            }
        }
    }

    /// The declared example, about a message that is there.
    private func exampleBody(of call: APICall, in conversation: String, _ api: TestAPI) async throws -> String? {
        guard case .object(var fields) = call.body?.example else { return nil }
        if fields["message_id"] != nil, call.subject == .conversation {
            let turn = try await api.call(
                "POST", "/v1/conversations/\(conversation)/messages", json: #"{"text":"hello"}"#)
            guard case .array(let replies) = try turn.field("replies"), case .object(let reply) = replies.first else {
                throw TestConnectionError.malformed(turn.text)
            }
            fields["message_id"] = reply["id"]
        }
        return String(decoding: try JSONEncoder.frontdesk().encode(JSONValue.object(fields)), as: UTF8.self)
    }
}

@Suite("The pages of the interface")
struct DocumentationTests {
    @Test("the page loads its files from here, and nothing stands in it that runs")
    func page() async throws {
        let files = DocumentationFiles(script: Data("script".utf8), style: Data("style".utf8), version: "1")
        try await TestAPI.run({ $0.documentation = files }) { api in
            for path in ["/docs", "/docs/"] {
                let page = try await api.call("GET", path, key: .some(nil))
                #expect(page.status == 200 && page.headers["content-type"] == "text/html; charset=utf-8")
                let policy = page.headers["content-security-policy"] ?? ""
                #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; ") && !policy.contains("unsafe"))
                let scripts = page.text.matches(of: /<script([^>]*)>([^<]*)<\/script>/)
                #expect(scripts.count == 2 && scripts.allSatisfy { $0.1.contains("src=\"/docs/") && $0.2.isEmpty })
                #expect(!page.text.contains("://") && !page.text.contains("{{"))
            }
            for (path, type, text) in [
                ("/docs/swagger-ui-bundle.js", "text/javascript", "script"),
                ("/docs/swagger-ui.css", "text/css", "style"),
            ] {
                let file = try await api.call("GET", path, key: .some(nil))
                #expect(file.headers["content-type"] == "\(type); charset=utf-8" && file.text == text)
                let tag = try #require(file.headers["etag"])
                let again = try await api.call("GET", path, key: .some(nil), headers: [("If-None-Match", tag)])
                #expect(again.status == 304)
            }
            #expect(try await api.call("GET", "/docs/docs.js", key: .some(nil)).text.contains("SwaggerUIBundle"))
        }
    }

    @Test("without its files the page says how to get them, by the version that is installed")
    func missing() async throws {
        try await TestAPI.run { api in
            let page = try await api.call("GET", "/docs", key: .some(nil))
            #expect(page.status == 200 && page.headers["content-type"] == "text/html; charset=utf-8")
            #expect(page.text.contains("make model") && page.text.contains("frontdesk docs install"))
            #expect(!page.text.contains("<script"))
            #expect(try await api.call("GET", "/docs/docs.css", key: .some(nil)).status == 200)
            #expect(try await api.call("GET", "/docs/swagger-ui.css", key: .some(nil)).problem() == "404 not_found")
        }
    }
}
