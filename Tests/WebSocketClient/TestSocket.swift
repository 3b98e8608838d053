/// A WebSocket client for tests. It speaks the protocol byte by byte, so that it can break it too, and shares no code with the server.
public final class TestSocket: Sendable {
    /// What the server did.
    public enum Event: Hashable, Sendable {
        case text(String)
        case pong(String)
        /// A close frame; no code means that it had none.
        case closed(Int?, String)
        /// The connection ended, with or without a close frame before.
        case ended
    }

    /// The server gave no socket.
    public struct Refused: Error {
        public let response: TestHTTPResponse
    }

    public let connection: TestConnection
    /// The headers of the upgrade, names in lower case.
    public let headers: [String: String]

    private init(connection: TestConnection, headers: [String: String]) {
        self.connection = connection
        self.headers = headers
    }

    /// - Parameters:
    ///   - key: is sent as the second subprotocol; nil sends none.
    ///   - subprotocols: instead of `frontdesk.v1` and the key.
    /// - Throws: ``Refused``.
    public static func connect(
        port: Int, key: String?, path: String = "/v1/ws", subprotocols: [String]? = nil,
        headers: [(String, String)] = [], trusting certificate: TestCertificate? = nil
    ) async throws -> TestSocket {
        let connection = try await TestConnection.open(port: port, trusting: certificate)
        let offered = subprotocols ?? ["frontdesk.v1"] + (key.map { ["bearer.\($0)"] } ?? [])
        var all = [
            ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ]
        if !offered.isEmpty { all.append(("Sec-WebSocket-Protocol", offered.joined(separator: ", "))) }
        let response = try await connection.request("GET", path, headers: all + headers)
        guard response.status == 101 else { throw Refused(response: response) }
        return TestSocket(connection: connection, headers: response.headers)
    }

    // MARK: - Sending

    public func send(_ text: String) async throws {
        try await sendFrame(opcode: 1, Array(text.utf8))
    }

    public func ping(_ text: String) async throws {
        try await sendFrame(opcode: 9, Array(text.utf8))
    }

    public func sendClose(_ code: Int) async throws {
        try await sendFrame(opcode: 8, [UInt8(code >> 8 & 255), UInt8(code & 255)])
    }

    /// - Parameters:
    ///   - opcode: 0 continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong.
    ///   - isMasked: clients must mask; false breaks the protocol.
    public func sendFrame(opcode: UInt8, _ payload: [UInt8], isLast: Bool = true, isMasked: Bool = true) async throws {
        try await connection.write(Self.frame(opcode: opcode, payload, isLast: isLast, isMasked: isMasked))
    }

    public static func frame(opcode: UInt8, _ payload: [UInt8], isLast: Bool = true, isMasked: Bool = true) -> [UInt8] {
        let mask: UInt8 = isMasked ? 0x80 : 0
        var bytes: [UInt8] = [(isLast ? 0x80 : 0) | opcode]
        if payload.count < 126 {
            bytes.append(mask | UInt8(payload.count))
        } else if payload.count <= 0xFFFF {
            bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        } else {
            bytes.append(mask | 127)
            bytes += (0..<8).map { UInt8(payload.count >> (56 - 8 * $0) & 255) }
        }
        guard isMasked else { return bytes + payload }
        let key: [UInt8] = [0x12, 0x34, 0x56, 0x78]
        return bytes + key + payload.enumerated().map { $1 ^ key[$0 % 4] }
    }

    // MARK: - Receiving

    /// The next thing that the server did.
    public func next() async throws -> Event {
        let frame = try await connection.take { bytes in try Self.takeFrame(&bytes) }
        guard let (opcode, payload) = frame else { return .ended }
        let text = String(decoding: payload, as: UTF8.self)
        switch opcode {
        case 1: return .text(text)
        case 8:
            guard payload.count >= 2 else { return .closed(nil, "") }
            let reason = String(decoding: payload.dropFirst(2), as: UTF8.self)
            return .closed(Int(payload[0]) << 8 | Int(payload[1]), reason)
        case 10: return .pong(text)
        default: throw TestConnectionError.malformed("opcode \(opcode)")
        }
    }

    /// The next things that the server does.
    public func next(_ count: Int) async throws -> [Event] {
        var events: [Event] = []
        for _ in 0..<count { events.append(try await next()) }
        return events
    }

    private static func takeFrame(_ bytes: inout [UInt8]) throws -> (opcode: UInt8, payload: [UInt8])? {
        guard bytes.count >= 2 else { return nil }
        guard bytes[0] & 0x80 != 0, bytes[1] & 0x80 == 0 else {
            throw TestConnectionError.malformed("a server's frame must be whole and unmasked")
        }
        var start = 2
        var length = Int(bytes[1] & 0x7F)
        if length >= 126 {
            let size = length == 126 ? 2 : 8
            guard bytes.count >= 2 + size else { return nil }
            length = bytes[2..<2 + size].reduce(0) { $0 << 8 | Int($1) }
            start = 2 + size
        }
        guard bytes.count >= start + length else { return nil }
        defer { bytes.removeFirst(start + length) }
        return (bytes[0] & 0x0F, Array(bytes[start..<start + length]))
    }
}
