import Foundation
import NIOCore

/// One HTTP response.
struct Response: Sendable {
    let status: Int
    let headers: [(name: String, value: String)]
    let body: Data

    subscript(_ header: String) -> String? {
        headers.first { $0.name.lowercased() == header.lowercased() }?.value
    }

    /// The body as JSON; null when it is none.
    var json: JSON { (try? JSON(parsing: body)) ?? .null }
    var text: String { String(decoding: body, as: UTF8.self) }
}

extension Connection {
    /// Sends one request and waits for its response; the connection stays open for the next.
    func request(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: Data? = nil,
        within seconds: Double = 15
    ) async throws -> Response {
        post(Self.bytes(method, path, headers: headers, body: body))
        return try await response(toHead: method == "HEAD", within: seconds)
    }

    static func bytes(_ method: String, _ path: String, headers: [(String, String)], body: Data?) -> Data {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        return Data((head + "\r\n").utf8) + (body ?? Data())
    }

    func response(toHead: Bool = false, within seconds: Double = 15) async throws -> Response {
        try await take("a response", within: seconds) { try ResponseParser.parse(&$0, isBodyless: toHead) }
    }
}

/// Reads HTTP/1.1 responses with a length, in chunks, or without a body.
enum ResponseParser {
    struct Malformed: Error {}

    /// Nil as long as the response is incomplete; then nothing is taken from the buffer.
    static func parse(_ buffer: inout ByteBuffer, isBodyless: Bool) throws -> Response? {
        var rest = buffer
        guard let head = line(&rest, until: "\r\n\r\n") else { return nil }
        let lines = head.split(separator: "\r\n")
        let parts = lines.first?.split(separator: " ") ?? []
        guard parts.count >= 2, let status = Int(parts[1]) else { throw Malformed() }
        let headers = lines.dropFirst().map { line in
            let (name, value) = line.split(at: ":")
            return (name: name, value: value.trimmingCharacters(in: .whitespaces))
        }
        func value(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }

        var body = Data()
        if isBodyless || status == 204 || status == 304 || status / 100 == 1 {
            // No body follows, whatever the headers say.
        } else if value("transfer-encoding")?.lowercased() == "chunked" {
            guard let chunks = try chunks(&rest) else { return nil }
            body = chunks
        } else {
            let length = Int(value("content-length") ?? "0") ?? 0
            guard let bytes = rest.readBytes(length: length) else { return nil }
            body = Data(bytes)
        }
        buffer = rest
        return Response(status: status, headers: headers, body: body)
    }

    private static func chunks(_ buffer: inout ByteBuffer) throws -> Data? {
        var body = Data()
        while true {
            guard let size = line(&buffer, until: "\r\n") else { return nil }
            guard let length = Int(size, radix: 16) else { throw Malformed() }
            guard let bytes = buffer.readBytes(length: length), line(&buffer, until: "\r\n") != nil else { return nil }
            if length == 0 { return body }
            body += bytes
        }
    }

    /// What stands before the terminator, both taken; nil when the terminator has not arrived.
    private static func line(_ buffer: inout ByteBuffer, until terminator: String) -> String? {
        let view = buffer.readableBytesView
        guard let range = view.firstRange(of: Array(terminator.utf8)) else { return nil }
        let text = String(decoding: view[view.startIndex..<range.lowerBound], as: UTF8.self)
        buffer.moveReaderIndex(forwardBy: range.upperBound - view.startIndex)
        return text
    }
}

extension Substring {
    fileprivate func split(at separator: Character) -> (String, String) {
        guard let index = firstIndex(of: separator) else { return (String(self), "") }
        return (String(self[..<index]), String(self[self.index(after: index)...]))
    }
}
