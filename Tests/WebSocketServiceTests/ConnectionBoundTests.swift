import Access
import ConversationDomain
import Foundation
import ServiceTestSupport
import Synchronization
import Testing
import WebSocketTestClient

@testable import WebSocketService

@Suite("What a connection may take")
struct ConnectionBoundTests {
    /// Long enough for a busy machine, short enough to be waited for.
    private static let soon = Duration.seconds(2)

    private func bounded(
        _ change: @escaping (inout ConnectionLimits) -> Void, proxies: TrustedProxies = .none,
        _ body: @escaping @Sendable (TestSockets) async throws -> Void
    ) async throws {
        try await TestSockets.run(
            {
                change(&$0.connections)
                $0.proxies = proxies
            }, body)
    }

    private func open(_ test: TestSockets) async throws -> TestConnection {
        try await TestConnection.open(port: test.server.port)
    }

    @Test("a head must come in time, however it is sent, and whichever of a connection it is")
    func lateHead() async throws {
        try await bounded({ $0.head = Self.soon }) { test in
            let silent = try await open(test)
            #expect(try await silent.rest() == [])

            let half = try await open(test)
            try await half.write("GET /plain HTTP/1.1\r\nHost: a\r\nX: ")
            let late = try await half.response()
            #expect(late.status == 408 && late.headers["connection"] == "close")
            #expect(late.headers["content-type"] == "application/problem+json")
            #expect(try await half.rest() == [])

            let dripping = try await open(test)
            #expect(try await dripping.request("GET", "/plain").status == 200)
            try await dripping.write("GET /plain HTTP/1.1\r\nX: ")
            let drip = Task { while !Task.isCancelled { try await dripping.write("a") } }
            #expect(try await dripping.response().status == 408)
            drip.cancel()

            let both = try await open(test)
            try await both.write("GET /plain HTTP/1.1\r\nHost: a\r\n\r\nGET /pl")
            #expect(try await both.response().status == 200)
            #expect(try await both.response().status == 408)
            #expect(test.service.refusals.late == 4)
        }
    }

    @Test("between two requests a connection may wait, and an answer may take its time")
    func patience() async throws {
        try await bounded({ ($0.head, $0.body) = (Self.soon, Self.soon) }) { test in
            let (socket, _) = try await test.started()
            let idle = try await open(test)
            for _ in 0..<2 {
                #expect(try await idle.request("GET", "/plain").status == 200)
                try await Task.sleep(for: Self.soon * 2)
            }
            try await socket.send(#"{"type":"ping"}"#)
            #expect(try await socket.summary() == "pong")
            #expect(test.service.refusals.late == 0)
        }
    }

    @Test("a body must come in time")
    func lateBody() async throws {
        try await bounded({ $0.body = Self.soon }) { test in
            let connection = try await open(test)
            try await connection.write("POST /plain HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx")
            #expect(try await connection.rest() == [])
            #expect(test.service.refusals.late == 1)
            let whole = try await open(test)
            #expect(try await whole.request("POST", "/plain", body: [1, 2]).text == "2")
        }
    }

    @Test("the body of a refused request is not read when it is large")
    func unwantedBody() async throws {
        try await TestSockets.run { test in
            let large = try await open(test)
            try await large.write("POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n")
            let refused = try await large.response()
            #expect(refused.status == 404 && refused.headers["connection"] == "close")
            #expect(try await large.rest() == [])
            let small = try await open(test)
            #expect(try await small.request("POST", "/nothing", body: [1, 2]).status == 404)
            #expect(try await small.request("GET", "/plain").status == 200)
        }
    }

    @Test("one address may have so many connections; sockets do not count, and a proxy's are not counted")
    func connections() async throws {
        try await bounded({ $0.perAddress = 2 }) { test in
            let (socket, _) = try await test.started()
            let held = [try await open(test), try await open(test)]
            for one in held { #expect(try await one.request("GET", "/plain").status == 200) }
            let refused = try await open(test)
            #expect(try await refused.response().status == 429)
            #expect(try await refused.rest() == [])
            #expect(test.service.refusals.connectionsOfAddress == 1 && test.service.openConnections == 3)
            try await held[0].close()
            while test.service.openConnections > 2 { await Task.yield() }
            #expect(try await open(test).request("GET", "/plain").status == 200)
            try await socket.send(#"{"type":"ping"}"#)
            #expect(try await socket.summary() == "pong")
        }
        let proxies = try TrustedProxies(["127.0.0.1"])
        try await bounded({ $0.perAddress = 1 }, proxies: proxies) { test in
            var held: [TestConnection] = []
            for _ in 0..<4 {
                held.append(try await open(test))
                #expect(try await held[held.count - 1].request("GET", "/plain").status == 200)
            }
        }
    }

    @Test("all together may have so many connections")
    func allConnections() async throws {
        try await bounded({ $0.connections = 1 }) { test in
            let first = try await open(test)
            #expect(try await first.request("GET", "/plain").status == 200)
            #expect(try await open(test).response().status == 429)
            #expect(test.service.refusals.connections == 1)
        }
    }

    @Test(
        "one address may have so many sockets of publishable keys, behind a proxy the visitor's address",
        .timeLimit(.minutes(2)))
    func sockets() async throws {
        let proxies = try TrustedProxies(["127.0.0.1"])
        try await bounded({ $0.socketsPerAddress = 1 }, proxies: proxies) { test in
            func connect(_ address: String) async throws -> TestSocket {
                try await TestSocket.connect(
                    port: test.server.port, key: test.keys.publishable,
                    headers: [("Origin", "https://shop.example"), ("X-Forwarded-For", address)])
            }
            let first = try await connect("203.0.113.1")
            let refusal = await #expect(throws: TestSocket.Refused.self) { try await connect("203.0.113.1") }
            #expect(refusal?.response.status == 429)
            let second = try await connect("203.0.113.2")
            // IPv6: whoever has one address of a /64 network has them all.
            let third = try await connect("2001:db8::1")
            await #expect(throws: TestSocket.Refused.self) { try await connect("2001:db8::2") }
            let secret = [try await test.connect(), try await test.connect()]
            #expect(test.service.refusals.socketsOfAddress == 2)
            // A client may know of its socket before the server counts it.
            while test.service.openSockets < 5 { await Task.yield() }
            #expect(test.service.openSockets == 5)
            try await first.connection.close()
            while test.service.openSockets > 4 { await Task.yield() }
            _ = try await connect("203.0.113.1")
            withExtendedLifetime((second, third, secret)) {}
        }
    }

    @Test("an answer that nobody reads is cut, and so is one too many of them for an address", .timeLimit(.minutes(2)))
    func unread() async throws {
        try await bounded({ $0.reading = Self.soon }) { test in
            let stuck = try await open(test)
            try await stuck.pauseReading()
            try await stuck.write("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            while test.service.refusals.late == 0 { try await Task.sleep(for: .milliseconds(10)) }
            while test.service.openConnections > 0 { await Task.yield() }
            #expect(test.service.ledger.addresses == 0)
            #expect(try await open(test).request("GET", "/large").body.count == TestSockets.large)
        }
        try await bounded({ $0.unreadBytesPerAddress = TestSockets.large + 1_000 }) { test in
            let stuck = try await open(test)
            try await stuck.pauseReading()
            try await stuck.write("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            // Whichever of two is answered last is cut.
            for _ in 0..<50 where test.service.refusals.bytesOfAddress == 0 {
                let another = try await open(test)
                _ = try? await another.request("GET", "/large")
                try? await another.close()
            }
            #expect(test.service.refusals.bytesOfAddress > 0)
        }
    }

    @Test(
        "a head that HTTP forbids is refused, and the connection ends",
        arguments: [
            ("GET /plain HTTP/1.1\r\n\r\n", 400), ("GET /plain HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
            ("GET /plain HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400),
            ("POST /plain HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n", 400),
            ("POST /plain HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775808\r\n\r\n", 400),
            ("POST /plain HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\nContent-Length: 1\r\n\r\n", 417),
        ])
    func forbidden(head: String, status: Int) async throws {
        try await TestSockets.run { test in
            let connection = try await open(test)
            try await connection.write(head)
            #expect(try await connection.response().status == status)
            #expect(try await connection.rest() == [])
        }
    }

    @Test("a client of HTTP/1.0 gets its answer, and the connection's end after it")
    func oldVersion() async throws {
        try await TestSockets.run { test in
            for more in ["", "Connection: keep-alive\r\n"] {
                let connection = try await open(test)
                try await connection.write("GET /plain HTTP/1.0\r\n\(more)\r\n")
                #expect(try await connection.response().text == "plain")
                try await connection.closeOutput()
                #expect(try await connection.rest() == [])
            }
        }
    }

    @Test("frames that are answered at once are bounded; 400 at once are none too many")
    func smallFrames() async throws {
        try await TestSockets.run { test in
            for send: @Sendable (TestSocket) async throws -> Void in [
                { try await $0.ping("") }, { try await $0.send(#"{"type":"ping"}"#) },
                { try await $0.send(#"{"type":"typing","on":true}"#) },
            ] {
                let (polite, _) = try await test.started()
                for _ in 0..<400 { try await send(polite) }
                try await polite.send(#"{"type":"ping"}"#)
                while try await polite.summary() != "pong" {}

                let (flooding, _) = try await test.started()
                let flood = Task { for _ in 0..<20_000 { try await send(flooding) } }
                var last = ""
                while last != "ended", !last.hasPrefix("closed") { last = try await flooding.summary() }
                #expect(last == "closed 4429")
                flood.cancel()
            }
        }
    }
}

@Suite("Sockets of keys that work no more")
struct KeyFollowingTests {
    /// A service whose keys are followed while `body` runs.
    private func following(
        now: @escaping @Sendable () -> Date = { Date() }, _ body: @escaping @Sendable (TestSockets) async throws -> Void
    ) async throws {
        try await TestSockets.run(now: now) { test in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    await test.service.followKeys(interval: .milliseconds(5), logger: test.log.logger)
                }
                try await body(test)
                group.cancelAll()
            }
        }
    }

    @Test("a socket ends as soon as its key is revoked, though it says nothing; others stay")
    func revoked() async throws {
        try await following { test in
            let (revoked, conversation) = try await test.started()
            let agent = try await TestSocket.connect(port: test.server.port, key: test.keys.otherApp)
            _ = try await agent.start()
            _ = try await test.keys.store.revoke(test.keys.secretID, at: Date())
            #expect(try await revoked.summariesToTheEnd() == ["closed 4401", "ended"])
            try await test.chat.say("not for it", in: conversation, keys: test.keys)
            try await agent.send(#"{"type":"ping"}"#)
            #expect(try await agent.summary() == "pong")
        }
    }

    @Test("a socket ends when its key expires")
    func expired() async throws {
        let begin = Date()
        let passed = Mutex(TimeInterval(0))
        try await following(now: { begin.addingTimeInterval(passed.withLock { $0 }) }) { test in
            let minted = try KeyMinter().mint(
                KeyRequest(
                    name: "brief", app: AppName(trusted: "shop"), kind: .secret, scopes: [.chat],
                    expiresAt: begin.addingTimeInterval(3_600)))
            try await test.keys.store.add(minted.record)
            let socket = try await TestSocket.connect(port: test.server.port, key: minted.secret)
            _ = try await socket.start()
            passed.withLock { $0 = 3_601 }
            #expect(try await socket.summariesToTheEnd() == ["closed 4401", "ended"])
        }
    }
}
