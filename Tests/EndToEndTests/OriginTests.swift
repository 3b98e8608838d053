import Foundation
import Testing

extension EndToEndTests {
    @Suite("Web pages") struct OriginTests {
        static let origin = "https://shop.example"
    }
}

extension EndToEndTests.OriginTests {
    private func publishable(_ name: String = "page-\(UUID().uuidString.prefix(6))") async throws -> Caller {
        let server = try await SharedServer.shared.value.server
        let key = try await server.data.makePublishableKey(name, origins: [Self.origin])
        return Caller(server: server, key: key, headers: [("Origin", Self.origin)])
    }

    @Test("a publishable key chats from its own page, and only chats, and only from there")
    func origins() async throws {
        var caller = try await publishable()
        let started = try await caller.post("/v1/conversations", ["locale": "en"])
        #expect(started.status == 201)
        #expect(started["Access-Control-Allow-Origin"] == Self.origin)
        #expect(started["Vary"]?.lowercased().contains("origin") == true)
        let chat = try Chat(caller: caller, started)
        #expect(try await chat.say("hello")["replies"].elements.count == 1)
        for (path, body) in [
            ("/v1/classify", ["text": "a"]), ("/predict", ["text": "a"]), ("/v1/search", ["query": "a"]),
        ]
            as [(String, JSON)]
        {
            expectProblem(try await caller.post(path, body), 403, "forbidden", about: path)
        }
        for origin in [
            "https://evil.example", "http://shop.example", "https://shop.example:8443", "https://shop.example.evil",
            "null",
        ] {
            caller.headers = [("Origin", origin)]
            let refused = try await caller.post("/v1/conversations", [:])
            expectProblem(refused, 403, "forbidden", about: origin)
            #expect(refused["Access-Control-Allow-Origin"] == nil)
        }
        caller.headers = []
        expectProblem(try await caller.post("/v1/conversations", [:]), 403, "forbidden", about: "no origin")
    }

    @Test("a preflight is answered for an allowed origin and for no other")
    func preflight() async throws {
        let caller = try await publishable()
        func ask(_ origin: String) async throws -> Response {
            try await caller.server.call(
                "OPTIONS", "/v1/conversations",
                headers: [
                    ("Origin", origin), ("Access-Control-Request-Method", "POST"),
                    ("Access-Control-Request-Headers", "authorization,content-type"),
                ])
        }
        let allowed = try await ask(Self.origin)
        #expect([200, 204].contains(allowed.status))
        #expect(allowed["Access-Control-Allow-Origin"] == Self.origin)
        #expect(allowed["Access-Control-Allow-Methods"]?.contains("POST") == true)
        let headers = allowed["Access-Control-Allow-Headers"]?.lowercased() ?? ""
        #expect(headers.contains("authorization") && headers.contains("content-type"))
        #expect(try await ask("https://evil.example")["Access-Control-Allow-Origin"] == nil)
    }

    @Test("a page cannot flood: its messages are limited in each conversation, and it is told when to come back")
    func rateLimit() async throws {
        let chat = try await publishable().start(["locale": "en"])
        let refused = try await eventually("a message is refused", within: 10) { () -> Response? in
            let responses = try await withThrowingTaskGroup(of: Response.self) { group in
                for _ in 0..<12 { group.addTask { try await chat.post(["text": "hello"]) } }
                return try await group.reduce(into: [Response]()) { $0.append($1) }
            }
            #expect(responses.allSatisfy { [200, 429].contains($0.status) })
            return responses.first { $0.status == 429 }
        }
        expectProblem(refused, 429, "rate_limited")
        let seconds = Int(refused["Retry-After"] ?? "") ?? 0
        #expect((1...60).contains(seconds))
        let after = try await eventually("the limit lets messages pass again", within: 15) { () -> JSON? in
            let response = try await chat.post(["text": "hello"])
            return response.status == 200 ? response.json : nil
        }
        let history = try await chat.history()
        #expect(history.map { $0["seq"].integer } == (1...history.count).map { $0 })
        #expect(after["replies"][0] == history.last)
    }

    @Test("the demo page and its widget are served, with a key that chats from that page and from no other")
    func demoPage() async throws {
        let server = try await SharedServer.shared.value.server
        let page = try await server.call("GET", "/")
        #expect(page.status == 200 && page["Content-Type"]?.hasPrefix("text/html") == true)
        #expect(page.text.contains("widget.js"))
        let widget = try await server.call("GET", "/widget.js")
        #expect(
            widget.status == 200 && widget["Content-Type"]?.contains("javascript") == true && widget.body.count > 1_000)
        let key = try #require(DataFolder.key(in: page.text))
        #expect(key.hasPrefix("fd_pk_"))
        let connection = try await Connection.open(port: server.port)
        func start(_ headers: [(String, String)]) async throws -> Int {
            let all = [("Authorization", "Bearer \(key)"), ("Content-Type", "application/json")] + headers
            let bytes = Connection.bytes("POST", "/v1/conversations", headers: all, body: Data("{}".utf8))
            // A browser names the host with its port.
            let text = String(decoding: bytes, as: UTF8.self).replacing(
                "Host: localhost", with: "Host: 127.0.0.1:\(server.port)")
            // Every visitor has this machine's address here, and an address may start only so many a second.
            return try await eventually("an answer that is not about the rate") { () -> Int? in
                await connection.send(Array(text.utf8))
                let status = try await connection.response().status
                return status == 429 ? nil : status
            }
        }
        #expect(try await start([("Origin", "http://127.0.0.1:\(server.port)")]) == 201)
        #expect(try await start([("Sec-Fetch-Site", "same-origin")]) == 201)
        #expect(try await start([("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")]) == 403)
        #expect(try await start([]) == 403)
        await connection.close()
    }
}
