import Access
import ConversationDomain
import Foundation
import ServerTLS
import ServiceTestSupport
import Testing
import WebSocketTestClient

@testable import WebSocketService

@Suite("Connections with TLS")
struct EncryptionTests {
    private func encrypted(
        limits: RateLimits = RateLimits(), _ change: @escaping (inout WebSocketServiceParts) -> Void = { _ in },
        _ body: @escaping @Sendable (TestSockets, TestCertificate) async throws -> Void
    ) async throws {
        let made = try TestCertificate.make()
        defer { made.remove() }
        let served = try ServerCertificate(made.files)
        try await TestSockets.run(
            limits: limits,
            {
                $0.certificate = served
                change(&$0)
            }, { try await body($0, made) })
    }

    @Test("requests and sockets share the port, and what closes without a word leaves nothing open")
    func both() async throws {
        try await encrypted { test, certificate in
            let connection = try await TestConnection.open(port: test.server.port, trusting: certificate)
            for _ in 0..<2 {
                #expect(try await connection.request("GET", "/plain").text == "plain")
                let body = [UInt8](repeating: 120, count: 90_000)
                #expect(try await connection.request("POST", "/plain", body: body).text == "90000")
            }
            #expect(try await connection.request("GET", "/large").body.count == TestSockets.large)
            let socket = try await TestSocket.connect(
                port: test.server.port, key: test.keys.secret, trusting: certificate)
            _ = try await socket.start()
            try await socket.say("hi", id: "c1")
            #expect(
                try await socket.summaries(4) == ["typing on", "ack c1 1", "message 2 echo: hi", "typing off"])
            try await socket.connection.cut()
            try await connection.cut()
            while test.service.openConnections > 0 { try await Task.sleep(for: .milliseconds(10)) }
            #expect(test.service.openSockets == 0 && test.service.ledger.addresses == 0)
        }
    }

    @Test("a page of the server's own is one of https")
    func sameOrigin() async throws {
        try await encrypted { test, certificate in
            func status(_ origin: String) async throws -> Int {
                do {
                    let socket = try await TestSocket.connect(
                        port: test.server.port, key: test.keys.publishable,
                        headers: [("Host", "localhost:\(test.server.port)"), ("Origin", origin)], trusting: certificate)
                    try await socket.connection.close()
                    return 101
                } catch let refused as TestSocket.Refused {
                    return refused.response.status
                }
            }
            let statuses = [
                try await status("https://localhost:\(test.server.port)"),
                try await status("http://localhost:\(test.server.port)"),
            ]
            #expect(statuses == [101, 403])
        }
    }

    @Test("HTTP without TLS is told what the port is for; other bytes, and old versions, are cut at once")
    func plainText() async throws {
        try await encrypted { test, certificate in
            let plain = try await TestConnection.open(port: test.server.port)
            let answer = try await plain.request("GET", "/plain")
            #expect(answer.status == 400 && answer.text.contains("https://") && answer.headers["connection"] == "close")
            #expect(answer.headers["content-type"] == "application/problem+json")
            #expect(try await plain.rest() == [])
            let garbage = try await TestConnection.open(port: test.server.port)
            try await garbage.write([0, 1, 2, 3])
            #expect(try await garbage.rest() == [])
            let old = try await TestConnection.open(port: test.server.port, trusting: certificate, isOld: true)
            await #expect(throws: (any Error).self) { try await old.request("GET", "/plain") }
            while test.service.openConnections > 0 { try await Task.sleep(for: .milliseconds(10)) }
            #expect(test.service.refusals == ConnectionRefusals())
        }
    }

    @Test("the handshake has the time of a head")
    func lateHandshake() async throws {
        try await encrypted({ $0.connections.head = .seconds(2) }) { test, certificate in
            let silent = try await TestConnection.open(port: test.server.port)
            let half = try await TestConnection.open(port: test.server.port)
            try await half.write([22, 3, 1, 2, 0])
            let quiet = try await TestConnection.open(port: test.server.port, trusting: certificate)
            for one in [silent, half, quiet] { #expect(try await one.rest() == []) }
            #expect(test.service.refusals.late == 3)
        }
    }

    @Test("connections are counted before their handshake")
    func connections() async throws {
        try await encrypted({
            $0.connections.head = .seconds(300)
            $0.connections.perAddress = 2
        }) { test, certificate in
            let held = [
                try await TestConnection.open(port: test.server.port),
                try await TestConnection.open(port: test.server.port),
            ]
            while test.service.openConnections < 2 { try await Task.sleep(for: .milliseconds(10)) }
            let tooMany = try await TestConnection.open(port: test.server.port)
            #expect(try await tooMany.rest() == [])
            #expect(test.service.refusals.connectionsOfAddress == 1)
            for one in held { try await one.close() }
            while test.service.openConnections > 0 { try await Task.sleep(for: .milliseconds(10)) }
            let another = try await TestConnection.open(port: test.server.port, trusting: certificate)
            #expect(try await another.request("GET", "/plain").status == 200)
        }
    }

    @Test("an address may begin so many connections a second, a proxy any number")
    func handshakeRate() async throws {
        var limits = RateLimits()
        limits.handshakes = 0.01
        try await encrypted(limits: limits) { test, certificate in
            let first = try await TestConnection.open(port: test.server.port, trusting: certificate)
            #expect(try await first.request("GET", "/plain").status == 200)
            let second = try await TestConnection.open(port: test.server.port)
            #expect(try await second.rest() == [])
            #expect(test.service.refusals.handshakesOfAddress == 1)
            #expect(try await first.request("GET", "/plain").status == 200)
        }
        let proxies = try TrustedProxies(["127.0.0.1"])
        try await encrypted(limits: limits, { $0.proxies = proxies }) { test, certificate in
            for _ in 0..<3 {
                let connection = try await TestConnection.open(port: test.server.port, trusting: certificate)
                #expect(try await connection.request("GET", "/plain").status == 200)
            }
        }
    }

    @Test("an answer that nobody reads is cut")
    func unread() async throws {
        try await encrypted({ $0.connections.reading = .seconds(2) }) { test, certificate in
            let stuck = try await TestConnection.open(port: test.server.port, trusting: certificate)
            #expect(try await stuck.request("GET", "/plain").status == 200)
            try await stuck.pauseReading()
            try await stuck.write("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            while test.service.refusals.late == 0 { try await Task.sleep(for: .milliseconds(10)) }
            while test.service.openConnections > 0 { try await Task.sleep(for: .milliseconds(10)) }
            #expect(test.service.ledger.addresses == 0)
        }
    }

    @Test("a server that stops closes what waits, and ends")
    func stop() async throws {
        try await encrypted { test, certificate in
            let idle = try await TestConnection.open(port: test.server.port, trusting: certificate)
            #expect(try await idle.request("GET", "/plain").status == 200)
            let silent = try await TestConnection.open(port: test.server.port)
            await test.server.stop()
            #expect(try await idle.rest() == [])
            #expect(try await silent.rest() == [])
        }
    }
}

// MARK: - The files

extension EncryptionTests {
    @Test("new files are for the connections that begin after them; files that cannot be used change nothing")
    func reload() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tls-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let first = try TestCertificate(in: folder)
        let served = try ServerCertificate(first.files)
        try await TestSockets.run({ $0.certificate = served }) { test in
            func answers(_ certificate: TestCertificate) async throws -> Bool {
                let connection = try await TestConnection.open(port: test.server.port, trusting: certificate)
                return (try? await connection.request("GET", "/plain"))?.status == 200
            }
            let kept = try first.copy()
            defer { kept.remove() }
            #expect(try await answers(kept))
            #expect(served.reload() == .unchanged)
            // Between two requests it may wait.
            let open = try await TestConnection.open(port: test.server.port, trusting: kept)
            #expect(try await open.request("GET", "/plain").status == 200)

            let second = try TestCertificate(in: folder, days: 5)
            #expect(try await answers(kept))
            #expect(served.reload() == .renewed)
            #expect(try await answers(second))
            #expect(try await answers(kept) == false)
            #expect(try await open.request("GET", "/plain").status == 200)
            #expect(served.warning(at: Date())?.contains("runs out") == true)
            #expect(abs(served.expiry.timeIntervalSinceNow - 5 * 86_400) < 3_600)

            // A key of another certificate, then none at all: told once each, and what was served still is.
            try FileManager.default.removeItem(at: first.key)
            try FileManager.default.copyItem(at: kept.key, to: first.key)
            #expect(
                served.reload()
                    == .kept(
                        "\(first.key.path): the key does not belong to the first certificate in \(first.certificate.path)"
                    ))
            #expect(served.reload() == .unchanged)
            try FileManager.default.removeItem(at: first.key)
            #expect(served.reload() == .kept("\(first.key.path): there is no such file"))
            #expect(served.reload(always: true) == .kept("\(first.key.path): there is no such file"))
            #expect(try await answers(second))
        }
    }

    @Test("files that cannot be used are named, with what was expected")
    func refusals() throws {
        let made = try TestCertificate.make()
        let other = try TestCertificate.make()
        defer {
            made.remove()
            other.remove()
        }
        func refusal(_ certificate: URL, _ key: URL) -> String? {
            do {
                _ = try ServerCertificate(ServerCertificate.Files(certificate: certificate.path, key: key.path))
                return nil
            } catch {
                return (error as? ChatError)?.message
            }
        }
        let folder = made.key.deletingLastPathComponent()
        func file(_ text: String) throws -> URL {
            let url = folder.appendingPathComponent(UUID().uuidString)
            try Data(text.utf8).write(to: url)
            return url
        }
        #expect(refusal(made.certificate, made.key) == nil)
        #expect(refusal(made.certificate, other.key)?.contains("does not belong") == true)
        #expect(refusal(made.key, made.key)?.contains("no certificate in PEM") == true)
        #expect(refusal(made.certificate, made.certificate)?.contains("no private key in PEM") == true)
        #expect(refusal(folder, made.key)?.contains("no file") == true)
        #expect(refusal(try file(""), made.key)?.contains("empty") == true)
        let encrypted = try file("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n")
        #expect(refusal(made.certificate, encrypted)?.contains("password") == true)
        #expect(refusal(try file(String(repeating: "x", count: 1_100_000)), made.key)?.contains("bytes") == true)
    }
}

extension TestCertificate {
    var files: ServerCertificate.Files { ServerCertificate.Files(certificate: certificate.path, key: key.path) }
}
