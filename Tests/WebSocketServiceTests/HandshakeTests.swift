import Access
import ConversationDomain
import Foundation
import ServiceTestSupport
import Testing
import WebSocketService
import WebSocketTestClient
import Wire

@Suite("Opening a socket")
struct HandshakeTests {
    @Test("the credential comes as a subprotocol that is never echoed, or in the header")
    func credentials() async throws {
        try await TestSockets.run { test in
            let byProtocol = try await test.connect()
            #expect(byProtocol.headers["sec-websocket-protocol"] == "frontdesk.v1")
            #expect(byProtocol.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            #expect(!byProtocol.headers.values.contains { $0.contains("fd_") })
            let byHeader = try await TestSocket.connect(
                port: test.server.port, key: nil, headers: [("Authorization", "Bearer \(test.keys.secret)")])
            _ = try await byHeader.start()
            let reversed = try await TestSocket.connect(
                port: test.server.port, key: nil, subprotocols: ["bearer.\(test.keys.secret)", "frontdesk.v1"])
            _ = try await reversed.start()
        }
    }

    @Test("a publishable key opens a socket from its own page only")
    func origins() async throws {
        try await TestSockets.run { test in
            let key = test.keys.publishable
            var statuses: [Int?] = []
            for headers in [
                [], [("Origin", "https://evil.example")], [("Origin", "https://shop.example")],
                [("Host", "localhost:1"), ("Origin", "http://localhost:1")],
            ] {
                statuses.append(try await test.refusal(key: key, headers: headers)?.status)
            }
            #expect(statuses == [403, 403, nil, nil])
        }
    }

    @Test("behind a trusted proxy a page is the server's own by the host that the proxy was asked for")
    func proxies() async throws {
        let proxies = try TrustedProxies(["127.0.0.1"])
        try await TestSockets.run({ $0.proxies = proxies }) { test in
            var statuses: [Int?] = []
            for (page, scheme) in [
                ("https://bot.example", "https"), ("http://bot.example", "https"), ("https://evil.example", "https"),
            ] {
                let headers = [
                    ("Origin", page), ("X-Forwarded-Host", "bot.example"), ("X-Forwarded-Proto", scheme),
                    ("X-Forwarded-For", "203.0.113.7"),
                ]
                statuses.append(try await test.refusal(key: test.keys.publishable, headers: headers)?.status)
            }
            #expect(statuses == [nil, 403, 403])
        }
    }

    @Test("a proxy is told to use each connection once, so that whatever it sends may become a socket")
    func proxyConnections() async throws {
        let proxies = try TrustedProxies(["127.0.0.1"])
        try await TestSockets.run({ $0.proxies = proxies }) { test in
            let connection = try await TestConnection.open(port: test.server.port)
            let answer = try await connection.request("GET", "/plain")
            #expect(answer.text == "plain" && answer.headers["connection"] == "close")
            try await connection.closeOutput()
            #expect(try await connection.rest() == [])
            let socket = try await test.connect()
            _ = try await socket.start()
        }
    }

    @Test("a socket is found with and without the path that the server is shown under; other requests too")
    func basePath() async throws {
        let base = try BasePath("/bot")
        try await TestSockets.run({ $0.basePath = base }) { test in
            var statuses: [Int?] = []
            for path in ["/bot/v1/ws", "/v1/ws", "/bots/v1/ws"] {
                statuses.append(try await test.refusal(key: test.keys.secret, path: path)?.status)
            }
            #expect(statuses == [nil, nil, 404])
            let connection = try await TestConnection.open(port: test.server.port)
            for _ in 0..<2 { #expect(try await connection.request("GET", "/bot/plain").text == "plain") }
            #expect(try await connection.request("GET", "/plain").text == "plain")
        }
    }

    @Test("a refusal is a plain problem with a request id")
    func refusals() async throws {
        try await TestSockets.run { test in
            let none = try #require(try await test.refusal(key: nil, headers: [("X-Request-Id", "r-1")]))
            #expect(none.status == 401)
            #expect(none.headers["content-type"] == "application/problem+json")
            #expect(none.headers["www-authenticate"] == "Bearer")
            #expect(
                try JSONValue.parse(Data(none.body))
                    == .object([
                        "type": .string("about:blank"), "title": .string("Unauthorized"), "status": .integer(401),
                        "code": .string("unauthorized"), "request_id": .string("r-1"),
                        "detail": .string("an API key is needed: Authorization: Bearer fd_…"),
                    ]))
            #expect(none.headers["x-request-id"] == "r-1")
            let secret = test.keys.secret
            for (name, response, status) in [
                ("wrong key", try await test.refusal(key: "fd_sk_wrong"), 401),
                ("key in the URL", try await test.refusal(key: nil, path: "/v1/ws?key=\(secret)"), 401),
                ("key in the URL too", try await test.refusal(key: secret, path: "/v1/ws?key=\(secret)"), 401),
                ("no subprotocol", try await test.refusal(key: secret, subprotocols: []), 400),
                ("another subprotocol", try await test.refusal(key: secret, subprotocols: ["chat.v2"]), 400),
                (
                    "two nonces",
                    try await test.refusal(key: secret, headers: [("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")]),
                    400
                ),
                ("another path", try await test.refusal(key: secret, path: "/v1/wss"), 404),
            ] {
                #expect(response?.status == status, "\(name)")
                #expect(response?.text.contains(secret) == false, "\(name)")
            }
            #expect(!test.log.all.joined().contains(secret))
        }
    }

    @Test("what is no upgrade is told what was expected")
    func notAnUpgrade() async throws {
        try await TestSockets.run { test in
            let credentials = [
                ("Authorization", "Bearer \(test.keys.secret)"), ("Sec-WebSocket-Protocol", "frontdesk.v1"),
            ]
            let upgrade = credentials + [("Connection", "Upgrade"), ("Upgrade", "websocket")]
            for (method, headers) in [
                ("GET", credentials), ("POST", credentials), ("GET", upgrade),
                ("GET", upgrade + [("Sec-WebSocket-Key", "a"), ("Sec-WebSocket-Version", "8")]),
            ] {
                let connection = try await TestConnection.open(port: test.server.port)
                let response = try await connection.request(method, "/v1/ws", headers: headers)
                #expect(response.status == 400)
                #expect(response.text.contains("Sec-WebSocket-Version: 13"))
            }
        }
    }

    @Test("sockets beyond the limit are refused until one is closed")
    func socketLimit() async throws {
        try await TestSockets.run({ $0.socketLimit = 1 }) { test in
            let (socket, _) = try await test.started()
            #expect(test.service.openSockets == 1)
            let refused = try await test.refusal(key: test.keys.secret)
            #expect(refused?.status == 429)
            #expect(refused?.headers["retry-after"] == "5")
            try await socket.sendClose(1000)
            #expect(try await socket.summaries(2) == ["closed 1000", "ended"])
            await test.chat.untilFollowers(are: 0)
        }
    }

    @Test("guessing keys ends in a rate limit, counted once per attempt")
    func guessing() async throws {
        var limits = RateLimits()
        limits.failures = 0.01
        try await TestSockets.run(limits: limits) { test in
            var statuses: [Int?] = []
            for _ in 0..<3 { statuses.append(try await test.refusal(key: "fd_sk_wrong")?.status) }
            #expect(statuses == [401, 429, 429])
            _ = try await test.started()
        }
    }

    @Test(
        "a request that offers another upgrade is answered as if it had not",
        arguments: ["h2c", "websocket", "TLS/1.0"])
    func otherUpgrades(name: String) async throws {
        try await TestSockets.run { test in
            let headers = [
                ("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", name), ("HTTP2-Settings", "AAMAAABk"),
            ]
            let connection = try await TestConnection.open(port: test.server.port)
            let body = [UInt8](repeating: 120, count: 70_000)
            let posted = try await connection.request("POST", "/plain", headers: headers, body: body)
            #expect(posted.text == "70000")
            let another = try await TestConnection.open(port: test.server.port)
            #expect(try await another.request("GET", "/plain", headers: headers).text == "plain")
        }
    }

    @Test("frames that follow the handshake at once are not lost")
    func early() async throws {
        try await TestSockets.run { test in
            let connection = try await TestConnection.open(port: test.server.port)
            let head = """
                GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
                Sec-WebSocket-Protocol: frontdesk.v1\r\nAuthorization: Bearer \(test.keys.secret)\r\n\r\n
                """
            let frame = TestSocket.frame(opcode: 9, Array("early".utf8))
            try await connection.write(Array(head.utf8) + frame)
            #expect(try await connection.response().status == 101)
            let pong = try await connection.take { $0.count >= 7 ? Array($0.prefix(7)) : nil }
            #expect(pong == [0x8A, 5] + Array("early".utf8))
        }
    }

    @Test("plain requests on the same port are answered as ever, many on one connection")
    func plain() async throws {
        try await TestSockets.run { test in
            let connection = try await TestConnection.open(port: test.server.port)
            for _ in 0..<2 {
                #expect(try await connection.request("GET", "/plain").text == "plain")
                let body = [UInt8](repeating: 120, count: 90_000)
                #expect(try await connection.request("POST", "/plain", body: body).text == "90000")
                #expect(try await connection.request("GET", "/nothing").status == 404)
            }
            // An upgrade is for the first request of a connection.
            let late = try await connection.request(
                "GET", "/v1/ws",
                headers: [
                    ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
                    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Protocol", "frontdesk.v1"),
                    ("Authorization", "Bearer \(test.keys.secret)"),
                ])
            #expect(late.status == 400)
        }
    }

    @Test("what is not HTTP is refused at once, and the server goes on")
    func garbage() async throws {
        try await TestSockets.run { test in
            let connection = try await TestConnection.open(port: test.server.port)
            try await connection.write("\u{1}\u{2}\u{3}\r\n\r\n")
            #expect(try await connection.response().status == 400)
            #expect(try await connection.rest().isEmpty)
            _ = try await test.started()
        }
    }
}
