import ConversationDomain
import Foundation
import ServiceTestSupport
import Testing
import WebSocketService
import WebSocketTestClient
import Wire

@Suite("Heads that are too large")
struct HeadLimitTests {
    private static let marks = String(repeating: "\u{301}\u{323}", count: 19_900)
    private static let upgrade = "GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"

    private static func lines(_ name: String, _ value: String, _ count: Int) -> String {
        String(repeating: "\(name): \(value)\r\n", count: count)
    }

    /// Whether the answer is a problem of this status, after which the server closes.
    private func expectRefusal(
        _ connection: TestConnection, _ status: Int, _ code: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let answer = try await connection.response()
        #expect(answer.status == status, sourceLocation: sourceLocation)
        #expect(answer.headers["content-type"] == "application/problem+json", sourceLocation: sourceLocation)
        #expect(answer.headers["connection"] == "close", sourceLocation: sourceLocation)
        guard case .object(let problem) = try JSONValue.parse(answer.body) else {
            Issue.record("no problem", sourceLocation: sourceLocation)
            return
        }
        #expect(Set(problem.keys) == ["type", "title", "status", "detail", "code", "request_id"])
        #expect(problem["code"] == .string(code), sourceLocation: sourceLocation)
        #expect(problem["status"] == .integer(Int64(status)), sourceLocation: sourceLocation)
        #expect(
            problem["request_id"] == answer.headers["x-request-id"].map { .string($0) }, sourceLocation: sourceLocation)
        #expect(try await connection.rest().isEmpty, sourceLocation: sourceLocation)
    }

    @Test(
        "a head of more than 32 KiB or 100 fields is refused, as a request for a socket and as a plain one",
        arguments: [
            upgrade + lines("X-Line", String(repeating: "a", count: 2_000), 17),
            upgrade + lines("Upgrade", "w" + marks, 1),
            upgrade + lines("X-Line", "a", 101),
            "GET /plain HTTP/1.1\r\nHost: x\r\n" + lines("X-Line", String(repeating: "a", count: 2_000), 17),
            "GET /plain HTTP/1.1\r\nHost: x\r\n" + lines("X-Line", "a", 101),
            "GET /plain HTTP/1.1\r\nHost: x\r\nOrigin: h" + String(marks.prefix(400)) + "\r\n",
            "GET /plain HTTP/1.1\r\nHost: x\r\nX-Line: h" + String(marks.unicodeScalars.prefix(400)) + "\r\n",
            "GET /\(String(repeating: "a", count: 5_000)) HTTP/1.1\r\nHost: x\r\n",
        ])
    func tooLarge(head: String) async throws {
        try await TestSockets.run { test in
            let connection = try await TestConnection.open(port: test.server.port)
            try await connection.write(head + "\r\n")
            try await expectRefusal(connection, 431, "too_large")
            // The server goes on.
            _ = try await test.started()
        }
    }

    @Test("a path that is not ASCII is refused")
    func path() async throws {
        try await TestSockets.run { test in
            let connection = try await TestConnection.open(port: test.server.port)
            try await connection.write("GET /pla\u{301}in HTTP/1.1\r\nHost: x\r\n\r\n")
            let status = try await connection.response().status
            #expect(status == 400)
        }
    }

    @Test("a head within the bounds passes, later ones on the connection too, until one is too large")
    func within() async throws {
        try await TestSockets.run { test in
            let connection = try await TestConnection.open(port: test.server.port)
            let large = (0..<15).map { ("X-Line-\($0)", String(repeating: "a", count: 2_000)) }
            for _ in 0..<3 {
                #expect(try await connection.request("GET", "/plain", headers: large).text == "plain")
                let body = [UInt8](repeating: 120, count: 90_000)
                #expect(try await connection.request("POST", "/plain", headers: large, body: body).text == "90000")
            }
            let tooLarge = large + [("X-More", String(repeating: "a", count: 3_000))]
            try await connection.write(
                "GET /plain HTTP/1.1\r\n" + tooLarge.map { "\($0.0): \($0.1)\r\n" }.joined() + "\r\n")
            try await expectRefusal(connection, 431, "too_large")
        }
    }

    @Test("the requests before it are answered first")
    func pipelined() async throws {
        try await TestSockets.run { test in
            let connection = try await TestConnection.open(port: test.server.port)
            let good = "GET /plain HTTP/1.1\r\nHost: x\r\n\r\n"
            try await connection.write(
                good + good + "GET /plain HTTP/1.1\r\nHost: x\r\n" + Self.lines("X-Line", "a", 101) + "\r\n")
            #expect(try await connection.response().text == "plain")
            #expect(try await connection.response().text == "plain")
            try await expectRefusal(connection, 431, "too_large")
        }
    }

    @Test("a head that goes on and on is refused when it is too large, not when it ends")
    func endless() async throws {
        // The bound on the head's size is meant, not that on its time.
        try await TestSockets.run({ $0.connections.head = .seconds(600) }) { test in
            let connection = try await TestConnection.open(port: test.server.port)
            try await connection.write(Self.upgrade)
            for _ in 0..<9 { try await connection.write(Self.lines("X-Line", String(repeating: "a", count: 1_000), 4)) }
            try await expectRefusal(connection, 431, "too_large")
        }
    }
}
