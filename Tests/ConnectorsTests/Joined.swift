import APIConformance
import Access
import Connectors
import ConversationDomain
import Dialogue
import Foundation
import HTTPService
import HTTPWire
import HummingbirdCore
import Logging
import Monitoring
import NativeContent
import Outbox
import People
import SQLiteConnectors
import SQLiteStore
import SQLiteWebhooks
import ServiceLifecycle
import ServiceTestSupport
import TestSupport
import Testing
import WebSocketTestClient
import Webhooks

@testable import Wording

/// A server joined with another system: REST and the deliverer over the engine and a database. Only what understands messages is a fake.
struct Joined: Sendable {
    let engine: ConversationEngine
    let store: SQLiteConversationStore
    let webhooks: SQLiteWebhookStore
    let connectors: SQLiteConnectorStore
    let desk: ConnectorDesk
    let connector: Connector
    let port: Int

    static let app = AppName(trusted: "shop")
    static let visitor = Principal(key: KeyID(trusted: "key_chat"), kind: .secret, app: app, scopes: [.chat])
    static let agent = Principal(key: KeyID(trusted: "key_desk"), kind: .secret, app: app, scopes: [.agent])

    private static let meanings: [String: MessageUnderstanding] = [
        "a person please": .accepted("agent.request"), "hours?": .accepted("hours"), "thanks": .accepted("thanks"),
        "hours or a person?": .ranked(("hours", 0.5), ("agent.request", 0.4), ("thanks", 0.2)),
    ]

    struct Content: LiveContent {
        let snapshot: ContentSnapshot
        func current() -> ContentSnapshot { snapshot }
    }

    static let resolver = TargetResolver(TargetRules(allowed: AddressRange("127.0.0.1").map { [$0] } ?? []))

    /// - Parameter patience: for how long a ticket that may have been made is looked for.
    static func run(
        _ request: ConnectorRequest, patience: TimeInterval = 0.05,
        _ body: @escaping @Sendable (Joined) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "joined-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let database = try SQLiteDatabase(url: folder.appending(path: "frontdesk.sqlite"))
        let (store, webhooks) = (SQLiteConversationStore(database), SQLiteWebhookStore(database))
        let connectors = SQLiteConnectorStore(database)
        var content = TestBot.content.withShippedPhrases
        content.teams = nil
        var parts = EngineParts(
            store: store, classifier: FakeClassifier(meanings), knowledge: FakeKnowledgeBase(),
            content: Content(snapshot: ContentSnapshot(revision: 1, content: content)))
        (parts.people, parts.visitors) = (store, store)
        let engine = ConversationEngine(parts)

        let desk = ConnectorDesk(store: connectors, webhooks: webhooks, resolver: resolver)
        let connector = try await desk.add(request)
        let client = TargetClient(resolver)
        var made = ConnectorParts(store: connectors, client: client) { id, seq, limit in
            try await store.messages(in: id, after: seq, limit: limit)
        }
        made.patience = patience
        let joining = made
        var policy = DeliveryPolicy()
        (policy.waits, policy.firstRest, policy.requestTime) = ([0.01], 0.05, .seconds(5))
        var logger = Logger(label: "connectors")
        logger.logLevel = .critical
        let quiet = logger
        let deliverer = WebhookDeliverer(
            store: webhooks, client: client, policy: policy, logger: logger,
            senders: { try await joining.sender(for: $0) })

        var rates = RateLimits()
        (rates.secretKey, rates.failures) = (100_000, 10_000)
        var http = HTTPServiceParts(
            chat: engine, insight: FakeInsight(), authenticator: Authenticator(keys: SQLiteKeyStore(database)),
            limiter: RateLimiter(limits: rates), metrics: PrometheusRegistry(HTTPMetrics.families))
        http.hooks = ConnectorHooks(store: connectors, chat: engine, people: engine)
        let service = HTTPService(http)
        let group = ServiceGroup(services: [deliverer], logger: logger)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            try await RunningServer.run(logger: quiet) { onRunning in
                service.buildApplication(
                    host: "127.0.0.1", port: 0, server: .http1(), logger: quiet, onRunning: onRunning)
            } _: { server in
                try await body(
                    Joined(
                        engine: engine, store: store, webhooks: webhooks, connectors: connectors, desk: desk,
                        connector: connector, port: server.port))
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        try database.close()
    }

    // MARK: The visitor

    func started(name: String? = "Ann", email: String? = nil) async throws -> ConversationID {
        try await engine.start(
            ConversationRequest(locale: .english, visitor: Visitor(name: name, email: email)), as: Self.visitor
        ).id
    }

    @discardableResult
    func say(_ text: String, in id: ConversationID) async throws -> [String] {
        try await engine.respond(to: InboundMessage(conversation: id, content: .text(text)), as: Self.visitor)
            .turn.replies.map(\.text)
    }

    /// What was said: `1 visitor hi`.
    func history(_ id: ConversationID) async throws -> [String] {
        try await store.messages(in: id, after: 0, limit: 100).messages.map {
            "\($0.seq) \($0.from.rawValue) \($0.text)"
        }
    }

    func status(_ id: ConversationID) async throws -> String {
        let conversation = try await store.conversation(id)
        return [conversation?.status.rawValue, conversation?.assignee?.name].compactMap(\.self).joined(separator: " ")
    }

    // MARK: The other system

    /// Calls as the other system does, and gives status and what came of it: `200 taken`, `401 unauthorized`.
    func hook(_ body: Data, _ headers: [(String, String)], path: String? = nil) async throws -> String {
        let path = path ?? connector.path
        let connection = try await TestConnection.open(port: port)
        let response = try await connection.request("POST", path, headers: headers, body: Array(body))
        try await connection.close()
        for fault in try RESTInterface.committed.get().faults(
            of: "POST", path, status: response.status, headers: response.headers, body: response.body)
        {
            Issue.record("not as docs/openapi.json says: \(fault)")
        }
        let said = (try? JSONSerialization.jsonObject(with: Data(response.body))) as? [String: Any]
        let word = said?[response.status < 400 ? "status" : "code"] as? String ?? ""
        return "\(response.status) \(word)"
    }
}
