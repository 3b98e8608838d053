import Foundation
import NIOCore

/// A WebSocket to `/v1/ws`, written out byte by byte so that a test can also break the rules.
final class WebSocket: Sendable {
    enum Frame: Equatable {
        case text(String)
        case binary([UInt8])
        case ping([UInt8])
        case pong([UInt8])
        /// Nil when the close frame holds no code.
        case close(Int?)
    }

    /// The server did not switch protocols.
    struct Refused: Error {
        let response: Response
    }

    /// The server closed the socket; nil without a close frame or its code.
    struct Closed: Error, Equatable {
        let code: Int?
    }

    let connection: Connection
    /// The subprotocol that the server chose.
    let subprotocol: String?

    private init(_ connection: Connection, subprotocol: String?) {
        self.connection = connection
        self.subprotocol = subprotocol
    }

    /// - Parameter protocols: offered subprotocols; a credential is one of them.
    static func open(
        port: Int, protocols: [String], headers: [(String, String)] = [], path: String = "/v1/ws"
    ) async throws -> WebSocket {
        let connection = try await Connection.open(port: port)
        // The nonce and the answer to it are the example of RFC 6455, 1.3.
        var fields = [
            ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ]
        if !protocols.isEmpty { fields.append(("Sec-WebSocket-Protocol", protocols.joined(separator: ", "))) }
        let response = try await connection.request("GET", path, headers: fields + headers)
        guard response.status == 101, response["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" else {
            await connection.close()
            throw Refused(response: response)
        }
        return WebSocket(connection, subprotocol: response["Sec-WebSocket-Protocol"])
    }

    func send(_ json: JSON) async { await send(text: json.text) }

    func send(text: String) async { await send(opcode: 1, Array(text.utf8)) }

    func send(opcode: UInt8, isFinal: Bool = true, _ payload: [UInt8]) async {
        let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        var frame: [UInt8] = [(isFinal ? 0x80 : 0) | opcode]
        switch payload.count {
        case ..<126: frame.append(0x80 | UInt8(payload.count))
        case ..<65_536: frame += [0x80 | 126] + withUnsafeBytes(of: UInt16(payload.count).bigEndian, Array.init)
        default: frame += [0x80 | 127] + withUnsafeBytes(of: UInt64(payload.count).bigEndian, Array.init)
        }
        frame += mask
        frame += payload.enumerated().map { $1 ^ mask[$0 % 4] }
        await connection.send(frame)
    }

    /// Says goodbye; the server answers with a close frame.
    func sendClose(_ code: UInt16 = 1000) async {
        await send(opcode: 8, withUnsafeBytes(of: code.bigEndian, Array.init))
    }

    /// The next frame of any kind.
    func frame(within seconds: Double = 15) async throws -> Frame {
        try await connection.take("a frame", within: seconds) { try Self.parse(&$0) }
    }

    /// The next JSON object; pings are answered on the way.
    /// - Throws: ``Closed`` when the server closes instead.
    func next(within seconds: Double = 15) async throws -> JSON {
        do {
            while true {
                switch try await frame(within: seconds) {
                case .text(let text): return try JSON(parsing: text)
                case .ping(let payload): await send(opcode: 10, payload)
                case .pong: continue
                case .binary: throw ResponseParser.Malformed()
                case .close(let code): throw Closed(code: code)
                }
            }
        } catch is ConnectionClosed {
            throw Closed(code: nil)
        }
    }

    /// Everything up to the object of this type, that one included.
    func upTo(type: String, within seconds: Double = 15) async throws -> [JSON] {
        var objects: [JSON] = []
        repeat { objects.append(try await next(within: seconds)) } while objects.last?["type"].string != type
        return objects
    }

    /// The code with which the server closes; what it says before is dropped.
    func closeCode(within seconds: Double = 15) async throws -> Int? {
        do {
            while true { _ = try await next(within: seconds) }
        } catch let closed as Closed {
            return closed.code
        }
    }

    private static func parse(_ buffer: inout ByteBuffer) throws -> Frame? {
        var rest = buffer
        guard let first: UInt8 = rest.readInteger(), let second: UInt8 = rest.readInteger() else { return nil }
        // A server's frames are whole and never masked.
        guard first & 0xF0 == 0x80, second & 0x80 == 0 else { throw ResponseParser.Malformed() }
        var length = Int(second)
        if second == 126 {
            guard let extended: UInt16 = rest.readInteger() else { return nil }
            length = Int(extended)
        } else if second == 127 {
            guard let extended: UInt64 = rest.readInteger() else { return nil }
            length = Int(clamping: extended)
        }
        guard let payload = rest.readBytes(length: length) else { return nil }
        buffer = rest
        switch first & 0x0F {
        case 1: return .text(String(decoding: payload, as: UTF8.self))
        case 2: return .binary(payload)
        case 8: return .close(payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil)
        case 9: return .ping(payload)
        case 10: return .pong(payload)
        default: throw ResponseParser.Malformed()
        }
    }
}
