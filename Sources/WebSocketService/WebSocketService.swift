public import Access
public import ConversationDomain
import Foundation
public import HummingbirdCore
import NIOCore
import NIOHTTP1
public import People
public import ServerTLS
import Wire

/// What the WebSocket service works with.
public struct WebSocketServiceParts: Sendable {
    public var chat: any ChatService
    /// What agents follow; nil where nobody does.
    public var desk: (any DeskService)?
    public var authenticator: Authenticator
    public var limiter: RateLimiter
    /// Nil lets no page go on with what it did not begin.
    public var customers: (any CustomerService)?
    /// Nil takes no visitor tokens.
    public var visitorTokens: VisitorTokens?
    /// Who may say in whose name a request comes.
    public var proxies = TrustedProxies.none
    public var basePath = BasePath.root
    /// What connections begin TLS with; nil for connections without.
    public var certificate: ServerCertificate?
    public var connections = ConnectionLimits()
    public var limits = Limits()
    public var ids = IdentifierGenerator()
    /// Seconds; a client that sends nothing for twice as long is disconnected.
    public var heartbeat = 30
    /// Messages that may wait in a socket; beyond, its client is held up by TCP.
    public var queueLimit = 64
    /// How long a turn may go on after the server was asked to stop.
    public var shutdownPatience = Duration.seconds(10)
    /// The most sockets that may be open; more are refused.
    public var socketLimit = 20_000
    /// Bad frames after which a socket is closed, and refusals in a row for being too fast.
    public var badFrameLimit = 5
    public var refusalLimit = 20

    /// How long a socket may be silent, or not take what is written to it.
    var patience: Duration { .seconds(heartbeat * 2) }
    var time = SocketTime()

    public init(chat: any ChatService, authenticator: Authenticator, limiter: RateLimiter) {
        self.chat = chat
        self.authenticator = authenticator
        self.limiter = limiter
    }
}

/// The time by which sockets are watched; tests move it by hand.
struct SocketTime: Sendable {
    var now: @Sendable () -> ContinuousClock.Instant = { .now }
    var sleep: @Sendable (ContinuousClock.Instant) async throws -> Void = {
        try await Task.sleep(until: $0, clock: .continuous)
    }
}

/// Chat over `GET /v1/ws`, subprotocol `frontdesk.v1`.
public final class WebSocketService: Sendable {
    static let path: UTF8Text = "/v1/ws"
    static let subprotocol: UTF8Text = "frontdesk.v1"

    let parts: WebSocketServiceParts
    let reader: RequestReader
    let open: OpenSockets
    let ledger: ConnectionLedger

    public init(_ parts: WebSocketServiceParts) {
        self.parts = parts
        reader = RequestReader(limits: parts.limits)
        open = OpenSockets(time: parts.time)
        ledger = ConnectionLedger(limits: parts.connections)
    }

    /// Whether its connections are.
    var isEncrypted: Bool { parts.certificate != nil }

    /// Sockets that are open now.
    public var openSockets: Int { open.count }

    /// Connections that are open now, those of sockets included.
    public var openConnections: Int { ledger.connections }

    /// What was refused because an address, or all, had as much as they may, and clients that took too long.
    public var refusals: ConnectionRefusals { ledger.refusals }

    /// A server that speaks HTTP/1.1 and lets `/v1/ws` be upgraded; every other request goes to the application.
    public var server: HTTPServerBuilder {
        HTTPServerBuilder { responder in UpgradableHTTPChannel(service: self, application: responder) }
    }

    /// Decides whether a socket is given.
    /// - Throws: `ChatError` that says why it is not.
    func admit(_ handshake: Handshake) async throws -> Principal {
        guard openSockets < parts.socketLimit else {
            throw ChatError(.overloaded, "too many sockets are open", retryAfter: 5)
        }
        guard handshake.hasNonce else {
            throw ChatError(.invalidRequest, "expected a Sec-WebSocket-Key of 16 bytes in Base64")
        }
        guard handshake.offersSubprotocol else {
            throw ChatError(.invalidRequest, "the subprotocol \(Self.subprotocol) must be offered")
        }
        guard !handshake.hasKeyInURL else {
            throw ChatError(
                .unauthorized, "a key must not stand in the URL; send it as the subprotocol bearer.KEY instead")
        }
        let principal: Principal
        do {
            principal = try await parts.authenticator.authenticate(handshake.key, from: handshake.origin)
        } catch let error as ChatError where error.code == .unauthorized || error.code == .forbidden {
            try parts.limiter.countRefusal(error.code, address: handshake.origin.address)
            throw error
        }
        try parts.limiter.admit(principal)
        try principal.require(.chat, or: .agent)
        if let client = principal.client { try ledger.checkSocket(client) }
        return principal
    }
}

/// What a client said when it asked for the upgrade.
struct Handshake: Sendable {
    let key: String?
    let origin: RequestOrigin
    let offersSubprotocol: Bool
    /// `Sec-WebSocket-Key` is what RFC 6455 says that it must be.
    let hasNonce: Bool
    /// Addresses end up in logs and histories, so a key in one is refused.
    let hasKeyInURL: Bool

    /// The key comes as a second subprotocol `bearer.<key>`, since browsers cannot set headers, or in `Authorization`.
    /// - Parameter peer: the address that the connection comes from.
    init(uri: String, headers: HTTPHeaders, peer: String, isEncrypted: Bool, proxies: TrustedProxies) {
        let uri = UTF8Text(uri)
        hasKeyInURL = uri.contains("fd_sk_") || uri.contains("fd_pk_")
        let nonces = headers["Sec-WebSocket-Key"]
        hasNonce = nonces.count == 1 && Data(base64Encoded: nonces[0])?.count == 16
        let offered = headers.list("Sec-WebSocket-Protocol")
        offersSubprotocol = offered.contains(WebSocketService.subprotocol)
        let fromProtocol = offered.lazy.compactMap { $0.dropping(prefix: "bearer.") }.first
        key = (fromProtocol ?? BearerCredential.key(headers.first(name: "Authorization")))?.string
        origin = proxies.origin(peer: peer, isEncrypted: isEncrypted) { headers[$0] }
    }
}

extension HTTPHeaders {
    /// The elements of a field that is a list, from all its lines; they are bounded, since the whole head is.
    func list(_ name: String) -> [UTF8Text] {
        self[canonicalForm: name].compactMap { UTF8Text($0, atMost: HeadLimits.credential) }
    }
}
