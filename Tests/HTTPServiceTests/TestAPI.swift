import APIConformance
import Access
import ConversationDomain
import CoreMetrics
import Foundation
import HTTPService
import HTTPWire
import HummingbirdCore
import Logging
import Monitoring
import ServiceTestSupport
import Testing
import WebSocketTestClient
import Wire

/// The REST service over fakes, on a port of its own.
struct TestAPI: Sendable {
    let chat = FakeChat()
    let insight = FakeInsight()
    let answers = MemoryAnswers()
    let tokens = ResumeTokens()
    let metrics = PrometheusRegistry(
        HTTPMetrics.families + [MetricFamily("frontdesk_test", .gauge, "A sample.")])
    let log = LogLines()
    let keys: TestKeys
    private(set) var port = 0

    /// - Parameters:
    ///   - change: what is different from the defaults.
    static func run(
        limits: RateLimits = RateLimits(), _ change: (inout HTTPServiceParts) -> Void = { _ in },
        _ body: @escaping @Sendable (TestAPI) async throws -> Void
    ) async throws {
        let api = TestAPI(keys: try await TestKeys())
        var parts = HTTPServiceParts(
            chat: api.chat, insight: api.insight, authenticator: Authenticator(keys: api.keys.store),
            limiter: RateLimiter(limits: limits), metrics: api.metrics)
        parts.answers = api.answers
        parts.collectMetrics = { [metrics = api.metrics] in
            Meter(label: "frontdesk_test", dimensions: [], factory: metrics).set(7)
        }
        change(&parts)
        let service = HTTPService(parts)
        let logger = api.log.logger
        try await RunningServer.run(logger: logger) { onRunning in
            service.buildApplication(
                host: "127.0.0.1", port: 0, server: .http1(), logger: logger, onRunning: onRunning)
        } _: { server in
            var running = api
            running.port = server.port
            try await body(running)
        }
    }

    init(keys: TestKeys) { self.keys = keys }

    /// Calls with the secret key, unless told otherwise, and with the token of a conversation that it began.
    /// - Parameters:
    ///   - key: nil sends no key.
    ///   - json: the body; `Content-Type` goes with it.
    func call(
        _ method: String, _ path: String, json: String? = nil, key: String?? = .none, headers: [(String, String)] = []
    ) async throws -> TestHTTPResponse {
        var all = headers
        all += tokens.headers(for: path, beside: headers)
        if let key = key ?? keys.secret { all.append(("Authorization", "Bearer \(key)")) }
        if json != nil, !headers.contains(where: { $0.0 == "Content-Type" }) {
            all.append(("Content-Type", "application/json"))
        }
        let connection = try await TestConnection.open(port: port)
        let response = try await connection.request(method, path, headers: all, body: json.map { Array($0.utf8) })
        try await connection.close()
        tokens.note(response.body)
        for fault in try RESTInterface.committed.get().faults(
            of: method, path, status: response.status, headers: response.headers, body: response.body)
        {
            Issue.record("not as docs/openapi.json says: \(fault)")
        }
        return response
    }

    /// Starts a conversation and gives its id.
    func started(key: String? = nil, headers: [(String, String)] = []) async throws -> String {
        let response = try await call("POST", "/v1/conversations", key: key ?? keys.secret, headers: headers)
        guard case .string(let id) = try response.field("id") else {
            throw TestConnectionError.malformed(response.text)
        }
        return id
    }
}

extension TestHTTPResponse {
    func json() throws -> JSONValue { try JSONValue.parse(Data(body)) }

    func field(_ name: String) throws -> JSONValue? {
        guard case .object(let fields) = try json() else { return nil }
        return fields[name]
    }

    /// Status and code of a problem, once its form is found to be right.
    func problem() throws -> String {
        guard headers["content-type"] == "application/problem+json", case .object(let fields) = try json(),
            Set(fields.keys) == ["type", "title", "status", "detail", "code", "request_id"],
            fields["type"] == .string("about:blank"), fields["status"] == .integer(Int64(status)),
            case .string(let code) = fields["code"], case .string(let id) = fields["request_id"],
            case .string(let detail) = fields["detail"], !detail.isEmpty, id == headers["x-request-id"]
        else { return "no problem: \(status) \(text)" }
        return "\(status) \(code)"
    }
}

/// A JSON text as a value, to compare whole answers with.
func json(_ text: String) throws -> JSONValue { try JSONValue.parse(Data(text.utf8)) }
