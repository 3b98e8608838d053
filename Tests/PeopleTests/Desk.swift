import APIConformance
import Access
import ConversationDomain
import Dialogue
import Foundation
import HTTPService
import HTTPWire
import Logging
import Monitoring
import NativeContent
import People
import SQLiteCustomers
import SQLiteMarks
import SQLiteStore
import ServiceTestSupport
import TestSupport
import Testing
import WebSocketService
import WebSocketTestClient
import Wire

@testable import Wording

/// A whole server on a port of its own: REST and sockets over the engine and a database. Only what understands messages is a fake.
final class Desk: Sendable {
    /// Keys by what they are for.
    enum Caller: String, CaseIterable, Sendable {
        /// The shop's server: scope chat, app shop.
        case shop
        /// A ticketing system of the shop: scopes chat and agent.
        case tickets
        /// A program for the shop's people: scope agent.
        case desk
        /// People with a key of their own, scope agent, app shop.
        case mia, noor
        case admin
        /// Another app's keys: chat, and agent.
        case other, otherDesk
        /// The shop's page.
        case page
    }

    let folder: URL
    let database: SQLiteDatabase
    let engine: ConversationEngine
    let clock: FixedClock
    let trail: AccessTrail
    private let parts: EngineParts
    var store: SQLiteConversationStore { SQLiteConversationStore(database) }
    let port: Int
    private let keys: [Caller: String]
    let tokens = ResumeTokens()
    let agents: [Caller: Agent]

    private init(
        folder: URL, database: SQLiteDatabase, engine: ConversationEngine, port: Int, keys: [Caller: String],
        agents: [Caller: Agent], clock: FixedClock, trail: AccessTrail, parts: EngineParts
    ) {
        self.parts = parts
        self.folder = folder
        self.database = database
        self.engine = engine
        self.port = port
        self.keys = keys
        self.agents = agents
        self.clock = clock
        self.trail = trail
    }

    static let meanings: [String: MessageUnderstanding] = [
        "a person please": .accepted("agent.request"), "hours?": .accepted("hours"),
        "opening and returns": .accepted("hours"), "thanks": .accepted("thanks"),
        "where is A1?": .accepted("order.status", 0.8, ("order_number", "A1")),
        "hours or returns?": .ranked(("hours", 0.5), ("#returns.en", 0.4), ("agent.request", 0.3), ("secret", 0.2)),
    ]
    static let found: [String: KnowledgeHit] = [
        "may I return it?": .found("returns.en", score: 0.9), "opening and returns": .found("returns.en", score: 0.9),
        "or is it something else?": .found("returns.en", score: 0.1, isAccepted: false),
    ]

    /// The bot of the tests with the entry that is found.
    static var content: BotContent {
        var content = TestBot.content
        content.knowledge = [KnowledgeHit.found("returns.en").entry]
        return content
    }

    /// Texts of the same words mean the same.
    struct EqualWords: SentenceNearness {
        func nearness(of texts: [String], to text: String, locale: BotLocale, within time: Duration) async throws
            -> [Double?]
        {
            texts.map { SearchTerms.plain($0) == SearchTerms.plain(text) ? 0.9 : nil }
        }
    }

    /// - Parameters:
    ///   - reopenSeconds: how long after its end a visitor's message opens a conversation again.
    ///   - teams: who answers when the bot does not; nil as for an owner who says nothing of it.
    static func run(
        reopenSeconds: Double = 0, teams: Teams? = nil, clock: FixedClock = FixedClock(Date()),
        _ body: @escaping @Sendable (Desk) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "desk-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let database = try SQLiteDatabase(url: folder.appending(path: "frontdesk.sqlite"))
        let store = SQLiteConversationStore(database)
        let customers = SQLiteCustomerStore(database)
        let (keys, agents) = try await callers(SQLiteKeyStore(database), store)
        var content = Self.content.withShippedPhrases
        content.teams = teams
        var parts = EngineParts(
            store: store, classifier: FakeClassifier(meanings), knowledge: FakeKnowledgeBase(found),
            content: LiveTestContent(ContentSnapshot(revision: 1, content: content)))
        (parts.people, parts.visitors, parts.marks) = (store, store, SQLiteMarkStore(database))
        parts.nearness = EqualWords()
        parts.now = { clock.now }
        parts.reopenSeconds = reopenSeconds
        parts.customers = customers
        parts.graceEnd = try customers.graceEnd()
        let engine = ConversationEngine(parts)
        let made = parts
        let authenticator = Authenticator(keys: SQLiteKeyStore(database))
        var rates = RateLimits()
        (rates.address, rates.conversation, rates.secretKey, rates.failures) = (10_000, 10_000, 100_000, 10_000)
        let limiter = RateLimiter(limits: rates)
        let tokens = VisitorTokens(secrets: customers, now: { clock.now })
        var socketParts = WebSocketServiceParts(chat: engine, authenticator: authenticator, limiter: limiter)
        (socketParts.customers, socketParts.visitorTokens) = (engine, tokens)
        socketParts.desk = engine
        let sockets = WebSocketService(socketParts)
        var http = HTTPServiceParts(
            chat: engine, insight: FakeInsight(), authenticator: authenticator, limiter: limiter,
            metrics: PrometheusRegistry(HTTPMetrics.families))
        (http.people, http.visitors, http.answers) = (engine, engine, customers)
        http.desk = engine
        (http.customers, http.visitorTokens) = (engine, tokens)
        http.servesRasa = true
        let trail = AccessTrail()
        http.trail = trail
        let service = HTTPService(http)
        let logger = LogLines().logger
        try await RunningServer.run(logger: logger) { onRunning in
            service.buildApplication(
                host: "127.0.0.1", port: 0, server: sockets.server, logger: logger, onRunning: onRunning)
        } _: { server in
            try await body(
                Desk(
                    folder: folder, database: database, engine: engine, port: server.port, keys: keys, agents: agents,
                    clock: clock, trail: trail, parts: made))
        }
        try database.close()
    }

    private static func callers(_ keys: SQLiteKeyStore, _ store: SQLiteConversationStore) async throws -> (
        [Caller: String], [Caller: Agent]
    ) {
        var (secrets, agents) = ([Caller: String](), [Caller: Agent]())
        for caller in Caller.allCases {
            let (app, scopes): (String, Set<Scope>) =
                switch caller {
                case .shop: ("shop", [.chat])
                case .tickets: ("shop", [.chat, .agent])
                case .desk, .mia, .noor: ("shop", [.agent])
                case .admin: ("office", [.admin])
                case .other: ("other", [.chat])
                case .otherDesk: ("other", [.agent])
                case .page: ("shop", [.chat])
                }
            let minted = try KeyMinter().mint(
                KeyRequest(
                    name: caller.rawValue, app: AppName(trusted: app), kind: caller == .page ? .publishable : .secret,
                    scopes: scopes, origins: caller == .page ? ["https://shop.example"] : []))
            secrets[caller] = minted.secret
            guard [.mia, .noor].contains(caller) else {
                try await keys.add(minted.record)
                continue
            }
            let agent = Agent(
                id: IdentifierGenerator().next(), app: AppName(trusted: app), name: caller.rawValue.capitalized,
                role: .agent, teams: [TeamName(trusted: "billing")], key: minted.record.id, createdAt: Date())
            try await store.add(agent, key: minted.record)
            agents[caller] = agent
        }
        return (secrets, agents)
    }

    struct LiveTestContent: LiveContent {
        let snapshot: ContentSnapshot
        init(_ snapshot: ContentSnapshot) { self.snapshot = snapshot }
        func current() -> ContentSnapshot { snapshot }
    }

    /// What another program would make of the same database.
    func anotherEngine() -> ConversationEngine { ConversationEngine(parts) }

    // MARK: - Calling

    /// Calls over a connection of its own, with the token of a conversation that it began, and checks the answer against docs/openapi.json, as far as it does not name the model of the
    /// fake, whose name is not an identifier's.
    @discardableResult
    func call(
        _ method: String, _ path: String, _ json: String? = nil, as caller: Caller, headers: [(String, String)] = []
    ) async throws -> TestHTTPResponse {
        var all = headers + [("Authorization", "Bearer \(keys[caller] ?? "")")]
        if caller == .page { all.append(("Origin", "https://shop.example")) }
        if json != nil { all.append(("Content-Type", "application/json")) }
        all += tokens.headers(for: path, beside: headers)
        let connection = try await TestConnection.open(port: port)
        let response = try await connection.request(method, path, headers: all, body: json.map { Array($0.utf8) })
        try await connection.close()
        tokens.note(response.body)
        for fault in try RESTInterface.committed.get().faults(
            of: method, path, status: response.status, headers: response.headers, body: response.body)
        where !fault.contains(MessageUnderstanding.testModel.rawValue) {
            Issue.record("not as docs/openapi.json says: \(fault)")
        }
        return response
    }

    /// Starts a conversation and gives its path.
    func started(_ json: String? = nil, as caller: Caller = .shop) async throws -> String {
        let response = try await call("POST", "/v1/conversations", json, as: caller)
        return "/v1/conversations/" + (try #require(response["id"].string))
    }

    @discardableResult
    func say(_ text: String, in path: String, as caller: Caller = .shop) async throws -> TestHTTPResponse {
        try await call("POST", path + "/messages", #"{"text":"\#(text)"}"#, as: caller)
    }

    /// What was said so far: `1 visitor hi`.
    func history(_ path: String) async throws -> [String] {
        let messages = try await call("GET", path + "/messages", as: .shop)["messages"].elements
        return messages.map { "\($0["seq"].integer ?? 0) \($0["from"].string ?? "") \($0["text"].string ?? "")" }
    }

    /// The ids of a list, as paths.
    func listed(_ query: String, as caller: Caller = .desk) async throws -> [String] {
        let page = try await call("GET", "/v1/conversations?\(query)", as: caller)
        return page["conversations"].elements.map { "/v1/conversations/" + ($0["id"].string ?? "") }
    }

    func socket(_ caller: Caller) async throws -> TestSocket {
        let headers = caller == .page ? [("Origin", "https://shop.example")] : []
        return try await TestSocket.connect(port: port, key: keys[caller], headers: headers)
    }
}

extension TestHTTPResponse {
    var json: JSONValue { (try? JSONValue.parse(Data(body))) ?? .null }

    subscript(_ name: String) -> JSONValue { json[name] }

    /// `201`, or `409 conflict`.
    var outcome: String {
        let code = status < 400 ? nil : self["code"].string
        return [String(status), code].compactMap { $0 }.joined(separator: " ")
    }
}

extension JSONValue {
    /// A member; null where there is none.
    subscript(_ name: String) -> JSONValue {
        if case .object(let members) = self { members[name] ?? .null } else { .null }
    }

    var string: String? { if case .string(let text) = self { text } else { nil } }
    var integer: Int? { if case .integer(let number) = self { Int(number) } else { nil } }
    var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
}

extension TestSocket {
    /// The next frame's JSON.
    func frame() async throws -> JSONValue {
        guard case .text(let text) = try await next() else { throw TestConnectionError.ended }
        return try JSONValue.parse(Data(text.utf8))
    }

    /// The next frames that are no `typing`, in a few words: `status agent Mia`, `message 5 agent hello`.
    func frames(_ count: Int) async throws -> [String] {
        var words: [String] = []
        while words.count < count {
            let frame = try await frame()
            if frame["type"].string == "typing" { continue }
            let message = frame["message"]
            let parts: [String?] = [
                frame["type"].string, frame["status"].string, frame["agent"].string,
                message["seq"].integer.map(String.init), message["from"].string, message["text"].string,
            ]
            words.append(parts.compactMap { $0 }.joined(separator: " "))
        }
        return words
    }
}
