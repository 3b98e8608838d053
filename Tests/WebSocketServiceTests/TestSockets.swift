import Access
import ConversationDomain
import Foundation
import Hummingbird
import ServiceTestSupport
import WebSocketService
import WebSocketTestClient
import Wire

/// The WebSocket service over a fake chat, on a port of its own, beside plain routes, `/plain` and `/large`.
struct TestSockets: Sendable {
    let chat: FakeChat
    let keys: TestKeys
    let service: WebSocketService
    let log: LogLines
    let server: RunningServer

    /// Bytes of the answer to `/large`, which no kernel's buffers hold.
    static let large = 16 * 1024 * 1024 - 64 * 1024

    static func run(
        limits: RateLimits = RateLimits(), feedLimit: Int = 256, now: @escaping @Sendable () -> Date = { Date() },
        _ change: (inout WebSocketServiceParts) -> Void = { _ in },
        _ body: @escaping @Sendable (TestSockets) async throws -> Void
    ) async throws {
        let chat = FakeChat(feedLimit: feedLimit)
        let keys = try await TestKeys()
        let log = LogLines()
        let logger = log.logger
        var parts = WebSocketServiceParts(
            chat: chat, authenticator: Authenticator(keys: keys.store, now: now),
            limiter: RateLimiter(limits: limits))
        change(&parts)
        let service = WebSocketService(parts)
        let router = Router()
        router.get("plain") { _, _ in "plain" }
        router.get("large") { _, _ in String(repeating: "x", count: large) }
        router.post("plain") { request, _ in String(try await request.body.collect(upTo: 100_000).readableBytes) }
        try await RunningServer.run(logger: logger) { onRunning in
            Application(
                router: router, server: service.server,
                configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
                onServerRunning: onRunning, logger: logger)
        } _: { server in
            try await body(TestSockets(chat: chat, keys: keys, service: service, log: log, server: server))
        }
    }

    /// A socket with the secret key.
    func connect() async throws -> TestSocket { try await TestSocket.connect(port: server.port, key: keys.secret) }

    /// A socket in a new conversation.
    func started() async throws -> (socket: TestSocket, conversation: String) {
        let socket = try await connect()
        return (socket, try await socket.start())
    }

    /// A socket in a conversation that is there already; what `resume` shows is left to be read.
    func resumed(_ conversation: String, after seq: Int) async throws -> TestSocket {
        let socket = try await connect()
        try await socket.send(#"{"type":"resume","conversation_id":"\#(conversation)","after":\#(seq)}"#)
        return socket
    }

    /// The status of a refused upgrade.
    func refusal(
        key: String?, path: String = "/v1/ws", subprotocols: [String]? = nil, headers: [(String, String)] = []
    ) async throws -> TestHTTPResponse? {
        do {
            let socket = try await TestSocket.connect(
                port: server.port, key: key, path: path, subprotocols: subprotocols, headers: headers)
            try await socket.connection.close()
            return nil
        } catch let refused as TestSocket.Refused {
            return refused.response
        }
    }
}

extension TestSocket {
    struct Unexpected: Error { let event: Event }

    /// Starts a conversation and gives its id.
    func start() async throws -> String {
        try await send(#"{"type":"start"}"#)
        guard case .object(let ready) = try await json(), case .string(let id) = ready["conversation_id"] else {
            throw TestConnectionError.ended
        }
        return id
    }

    func say(_ text: String, id: String) async throws {
        try await send(#"{"type":"message","client_message_id":"\#(id)","text":"\#(text)"}"#)
    }

    /// The next frame's JSON.
    func json() async throws -> JSONValue {
        let event = try await next()
        guard case .text(let text) = event else { throw Unexpected(event: event) }
        return try JSONValue.parse(Data(text.utf8))
    }

    /// What the server did next, in a few words: `ack c1 1`, `message 2 echo: hi`, `closed 4400`, `ended`.
    func summary() async throws -> String {
        switch try await next() {
        case .text(let text): return try Self.summary(try JSONValue.parse(Data(text.utf8)))
        case .pong(let text): return "pong frame \(text)"
        case .closed(let code, _): return "closed \(code.map(String.init) ?? "without a code")"
        case .ended: return "ended"
        }
    }

    func summaries(_ count: Int) async throws -> [String] {
        var summaries: [String] = []
        for _ in 0..<count { summaries.append(try await summary()) }
        return summaries
    }

    /// Everything until the connection ends.
    func summariesToTheEnd() async throws -> [String] {
        var summaries: [String] = []
        while summaries.last != "ended" { summaries.append(try await summary()) }
        return summaries
    }

    private static func summary(_ frame: JSONValue) throws -> String {
        guard case .object(let fields) = frame else { throw TestConnectionError.malformed("\(frame)") }
        func text(_ name: String, in fields: [String: JSONValue]) -> String? {
            switch fields[name] {
            case .string(let text): text
            case .integer(let number): "\(number)"
            case .bool(let flag): flag ? "on" : "off"
            default: nil
            }
        }
        var parts = [text("type", in: fields)]
        parts += ["client_message_id", "message_id", "seq", "last_seq", "on", "status", "code"].map {
            text($0, in: fields)
        }
        if case .object(let message) = fields["message"] {
            parts += [text("seq", in: message), text("text", in: message)]
        }
        return parts.compactMap { $0 }.joined(separator: " ")
    }
}

extension FakeChat {
    /// A turn that comes through another transport.
    func say(_ text: String, in conversation: String, keys: TestKeys) async throws {
        let principal = Principal(key: keys.secretID, kind: .secret, app: AppName(trusted: "shop"), scopes: [.chat])
        _ = try await respond(
            to: InboundMessage(conversation: ConversationID(trusted: conversation), content: .text(text)), as: principal
        )
    }
}
