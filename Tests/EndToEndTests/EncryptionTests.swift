import Foundation
import Testing
import WebSocketTestClient

extension EndToEndTests {
    @Suite("A server with a certificate of its own") struct EncryptionTests {}
}

extension EndToEndTests.EncryptionTests {
    private func launch(_ certificate: TestCertificate, key: URL? = nil) async throws -> ServerProcess {
        try await ServerProcess.launch(
            try await DataFolder.trained(),
            ["--tls-certificate", certificate.certificate.path, "--tls-key", (key ?? certificate.key).path])
    }

    private func answers(_ server: ServerProcess, _ certificate: TestCertificate) async -> Bool {
        guard let connection = try? await TestConnection.open(port: server.port, trusting: certificate) else {
            return false
        }
        let status = try? await connection.request("GET", "/health/ready").status
        try? await connection.close()
        return status == 200
    }

    @Test(
        "REST, sockets and the demo page over TLS; another certificate after SIGHUP, and the old one while it cannot be used"
    )
    func encrypted() async throws {
        let folder = try Scratch.folder("tls")
        let first = try TestCertificate(in: folder)
        let server = try await launch(first)
        let kept = try first.copy()
        defer { kept.remove() }
        _ = try await eventually("the server is ready", within: 60) { () -> Bool? in
            await answers(server, kept) ? true : nil
        }
        #expect(server.child.output.contains("listening on https://127.0.0.1:\(server.port)"))
        let key = try await server.data.makeKey()
        let connection = try await TestConnection.open(port: server.port, trusting: kept)
        let predicted = try await connection.request(
            "POST", "/predict", headers: [("Authorization", "Bearer \(key)"), ("Content-Type", "application/json")],
            body: Array(#"{"text":"where is my order"}"#.utf8))
        #expect(predicted.status == 200 && predicted.text.contains("prediction"))
        let page = try await connection.request("GET", "/")
        let demo = try #require(DataFolder.key(in: page.text))
        let origin = ("Origin", "https://localhost:\(server.port)")
        let host = ("Host", "localhost:\(server.port)")
        let socket = try await TestSocket.connect(
            port: server.port, key: demo, headers: [host, origin], trusting: kept)
        try await socket.send(#"{"type":"start"}"#)
        guard case .text(let ready) = try await socket.next() else {
            Issue.record("no ready")
            return
        }
        #expect(ready.contains(#""type":"ready""#))
        let unencrypted = try await Connection.open(port: server.port)
        let plain = try await unencrypted.request("GET", "/health/live")
        #expect(plain.status == 400 && plain.text.contains("https://"))
        let metric = try #require(
            try await server.metrics().text.split(separator: "\n").first {
                $0.hasPrefix("frontdesk_tls_certificate_expiry_seconds{")
            })
        let expiry = try #require(metric.split(separator: " ").last.flatMap { Double($0) })
        #expect(abs(expiry - Date().timeIntervalSince1970 - 30 * 86_400) < 3_600)

        try Data("nothing".utf8).write(to: first.key)
        server.child.send(SIGHUP)
        _ = try await eventually("the log says why", within: 20) { () -> Bool? in
            server.child.errors.contains("the certificate stays as it was: \(first.key.path): no private key")
                ? true : nil
        }
        #expect(await answers(server, kept))
        let second = try TestCertificate(in: folder)
        server.child.send(SIGHUP)
        _ = try await eventually("the other certificate is shown", within: 20) { () -> Bool? in
            await answers(server, second) ? true : nil
        }
        #expect(await !answers(server, kept))
        try await socket.send(#"{"type":"ping"}"#)
        #expect(try await socket.next() == .text(#"{"type":"pong"}"#))
        #expect(try await server.stop() == 0)
    }

    @Test("a server does not start with half a pair, or with two files that do not belong together")
    func refused() async throws {
        let (one, other) = (
            try TestCertificate(in: Scratch.folder("one")), try TestCertificate(in: Scratch.folder("two"))
        )
        let server = try await launch(one, key: other.key)
        #expect(try await server.child.wait(within: 30) == 65)
        #expect(
            server.child.errors.contains(
                "frontdesk: --tls-certificate, --tls-key: \(other.key.path): the key does not belong to the first certificate in"
            ))
        let half = try await ServerProcess.launch(
            try await DataFolder.trained(), ["--tls-certificate", one.certificate.path])
        #expect(try await half.child.wait(within: 30) == 65)
        #expect(half.child.errors.contains("add --tls-key"))
    }
}
