import ConversationDomain
import Synchronization

/// What the connections of a server may take, in all and each.
public struct ConnectionLimits: Hashable, Sendable {
    /// Connections that may be open, sockets included; more are closed as soon as they are accepted.
    public var connections = 30_000
    /// Of these, from one address (IPv6: one /64 network). Sockets do not count, they have bounds of their own.
    public var perAddress = 256
    /// Sockets opened with publishable keys from one address.
    public var socketsPerAddress = 128
    /// Bytes of large answers to one address that it has not taken yet.
    public var unreadBytesPerAddress = 16 * 1024 * 1024
    /// How long a request's head may take, from its first byte or, for the first of a connection, from the beginning.
    public var head = Duration.seconds(10)
    /// How long a request's body may take.
    public var body = Duration.seconds(30)
    /// How long a client may take for some kilobytes of an answer, or to close after the last one.
    public var reading = Duration.seconds(30)

    public init() {}
}

/// How often each bound on connections was met.
public struct ConnectionRefusals: Hashable, Sendable {
    public var connections = 0
    public var connectionsOfAddress = 0
    /// Connections whose address began too many with TLS.
    public var handshakesOfAddress = 0
    public var socketsOfAddress = 0
    public var bytesOfAddress = 0
    /// Clients that were cut because they took too long.
    public var late = 0
}

/// Counts what is open, by the address that it belongs to.
final class ConnectionLedger: Sendable {
    private struct Share {
        var connections = 0
        var sockets = 0
        var bytes = 0

        var isEmpty: Bool { connections == 0 && sockets == 0 && bytes == 0 }
    }

    private struct State {
        var connections = 0
        var shares: [ClientNetwork: Share] = [:]
        var refusals = ConnectionRefusals()

        mutating func change(_ client: ClientNetwork, _ change: (inout Share) -> Void) {
            var share = shares[client] ?? Share()
            change(&share)
            shares[client] = share.isEmpty ? nil : share
        }
    }

    let limits: ConnectionLimits
    private let state = Mutex(State())

    init(limits: ConnectionLimits) { self.limits = limits }

    var refusals: ConnectionRefusals { state.withLock { $0.refusals } }
    /// Connections that are open, sockets included.
    var connections: Int { state.withLock { $0.connections } }
    /// Addresses that something is open for.
    var addresses: Int { state.withLock { $0.shares.count } }

    /// Counts a new connection.
    /// - Parameter client: nil for a proxy, whose connections are those of many.
    /// - Returns: what the connection keeps until it is closed; nil when it is one too many.
    func open(_ client: ClientNetwork?) -> ConnectionTicket? {
        state.withLock { state in
            guard state.connections < limits.connections else {
                state.refusals.connections += 1
                return nil
            }
            if let client {
                guard (state.shares[client]?.connections ?? 0) < limits.perAddress else {
                    state.refusals.connectionsOfAddress += 1
                    return nil
                }
                state.change(client) { $0.connections += 1 }
            }
            state.connections += 1
            return ConnectionTicket(ledger: self, client: client)
        }
    }

    fileprivate func release(_ client: ClientNetwork?, isClosed: Bool) {
        state.withLock { state in
            if isClosed { state.connections -= 1 }
            if let client { state.change(client) { $0.connections -= 1 } }
        }
    }

    /// - Throws: `ChatError(.overloaded)` when the address has all its sockets.
    func checkSocket(_ client: ClientNetwork) throws {
        let isFull = state.withLock { state in
            let isFull = (state.shares[client]?.sockets ?? 0) >= limits.socketsPerAddress
            if isFull { state.refusals.socketsOfAddress += 1 }
            return isFull
        }
        guard isFull else { return }
        throw ChatError(
            .overloaded, "this address has \(limits.socketsPerAddress) sockets open, as many as it may", retryAfter: 5)
    }

    func openedSocket(_ client: ClientNetwork) { state.withLock { $0.change(client) { $0.sockets += 1 } } }

    func closedSocket(_ client: ClientNetwork) { state.withLock { $0.change(client) { $0.sockets -= 1 } } }

    /// Counts bytes that a client must take from the server; ``released(_:of:)`` must follow if they are let through.
    func hold(_ bytes: Int, of client: ClientNetwork) -> Bool {
        state.withLock { state in
            guard (state.shares[client]?.bytes ?? 0) + bytes <= limits.unreadBytesPerAddress else {
                state.refusals.bytesOfAddress += 1
                return false
            }
            state.change(client) { $0.bytes += bytes }
            return true
        }
    }

    func released(_ bytes: Int, of client: ClientNetwork) { state.withLock { $0.change(client) { $0.bytes -= bytes } } }

    /// An address began too many connections with TLS.
    func refusedHandshake() { state.withLock { $0.refusals.handshakesOfAddress += 1 } }

    /// A client took too long.
    func wasLate() { state.withLock { $0.refusals.late += 1 } }
}

/// A connection's place in the ledger.
final class ConnectionTicket: Sendable {
    /// Who large answers are counted for; nil for a proxy.
    let client: ClientNetwork?
    private let ledger: ConnectionLedger
    /// Who the connection counts for.
    private let counted: Mutex<ClientNetwork?>

    fileprivate init(ledger: ConnectionLedger, client: ClientNetwork?) {
        self.ledger = ledger
        self.client = client
        counted = Mutex(client)
    }

    /// The connection has become a socket, which other bounds are for.
    func becameSocket() { ledger.release(take(), isClosed: false) }

    func closed() { ledger.release(take(), isClosed: true) }

    private func take() -> ClientNetwork? {
        counted.withLock { client in
            defer { client = nil }
            return client
        }
    }
}
