/// A whole HTTP answer.
public struct TestHTTPResponse: Sendable {
    public let status: Int
    /// Names in lower case.
    public let headers: [String: String]
    public let body: [UInt8]

    public var text: String { String(decoding: body, as: UTF8.self) }
}

extension TestConnection {
    /// Sends one request and reads its answer; the connection can be used again.
    /// - Parameters:
    ///   - headers: may name a header twice; `Host` and `Content-Length` are added unless given.
    public func request(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws -> TestHTTPResponse {
        try await write(Self.head(method, path, headers, bodyLength: body?.count))
        if let body { try await write(body) }
        return try await response(hasBody: method != "HEAD")
    }

    static func head(_ method: String, _ path: String, _ headers: [(String, String)], bodyLength: Int?) -> String {
        var lines = ["\(method) \(path) HTTP/1.1"]
        func isGiven(_ name: String) -> Bool { headers.contains { $0.0.lowercased() == name } }
        if !isGiven("host") { lines.append("Host: localhost") }
        if let bodyLength, !isGiven("content-length") { lines.append("Content-Length: \(bodyLength)") }
        lines += headers.map { "\($0.0): \($0.1)" }
        return lines.joined(separator: "\r\n") + "\r\n\r\n"
    }

    public func response(hasBody: Bool = true) async throws -> TestHTTPResponse {
        let head = try await take { bytes -> [String]? in
            guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
            let text = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
            bytes.removeSubrange(..<end.upperBound)
            return text.split(separator: "\r\n").map(String.init)
        }
        guard let head, let line = head.first else { throw TestConnectionError.ended }
        let parts = line.split(separator: " ")
        guard parts.count > 1, let status = Int(parts[1]) else { throw TestConnectionError.malformed(line) }
        var headers: [String: String] = [:]
        for field in head.dropFirst() {
            let parts = field.split(separator: ":", maxSplits: 1)
            let value = parts.count == 2 ? parts[1].drop { $0 == " " } : ""
            headers[parts[0].lowercased()] = String(value)
        }
        let length = hasBody && ![101, 204, 304].contains(status) ? Int(headers["content-length"] ?? "0") ?? 0 : 0
        let body = try await take { bytes -> [UInt8]? in
            guard bytes.count >= length else { return nil }
            defer { bytes.removeFirst(length) }
            return Array(bytes.prefix(length))
        }
        guard let body else { throw TestConnectionError.ended }
        return TestHTTPResponse(status: status, headers: headers, body: body)
    }
}
