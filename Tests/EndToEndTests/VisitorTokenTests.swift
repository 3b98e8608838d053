import Foundation
import Testing

extension EndToEndTests {
    @Suite("Visitors whom the shop's own server vouches for") struct VisitorTokenTests {
        static let origin = "https://shop.example"
    }
}

extension EndToEndTests.VisitorTokenTests {
    /// The token that the sample of docs/people.md makes.
    private func token(_ secret: String, _ visitor: JSON) async throws -> String {
        let page = try String(
            contentsOf: Installation.packageRoot.appendingPathComponent("docs/people.md"), encoding: .utf8)
        let sample = try #require(page.firstMatch(of: /```python\n([\s\S]*?)```/)).1
        let call = "\nimport sys\nprint(visitor_token(sys.argv[1], json.loads(sys.argv[2])))\n"
        let child = try Child(
            ["python3", "-c", sample + call, secret, String(decoding: visitor.data, as: UTF8.self)],
            program: URL(fileURLWithPath: "/usr/bin/env"))
        try #require(try await child.wait(within: 20) == 0, "\(child.errors)")
        return child.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test("a secret that was made by command is printed once; what it signs is taken until it is revoked")
    func secret() async throws {
        let server = try await SharedServer.shared.value.server
        let data = server.data
        let app = "shop-\(UUID().uuidString.prefix(6))"
        let key = try await data.makePublishableKey(app, origins: [Self.origin])
        let page = Caller(server: server, key: key, headers: [("Origin", Self.origin)])
        let made = try await data.run("visitor-secret create", ["--app", app, "--json"])
        try #require(made.status == 0, "\(made.errors)")
        let secret: String = try #require(made.json["secret"].string)
        let id: String = try #require(made.json["id"].string)
        let list = try await data.run("visitor-secret list")
        #expect(list.status == 0 && list.output.contains(id) && !list.output.contains(secret))

        let visitor: JSON = ["id": "c-1", "name": "王芳"]
        let body: JSON = ["visitor_token": .string(try await token(secret, visitor)), "continue": true]
        let chat = try await page.start(body)
        _ = try await chat.say("hello")
        let desk = Caller(server: server, key: try await data.makeKey(scopes: ["agent"], more: ["--app", app]))
        let shown = try await desk.get(chat.path).json["visitor"]
        #expect(shown == ["id": "c-1", "name": "王芳", "email": .null])
        let again = try await page.post("/v1/conversations", body)
        #expect(again.status == 200 && again.json["id"].string == chat.id)
        expectProblem(try await page.post("/v1/conversations", ["visitor": visitor]), 403, "forbidden")

        let foreign: JSON = ["visitor_token": .string(try await token("vs_other", visitor))]
        expectProblem(try await page.post("/v1/conversations", foreign), 403, "forbidden")
        #expect(try await data.run("visitor-secret revoke", [id]).status == 0)
        #expect(try await data.run("visitor-secret revoke", [id]).status != 0)
        expectProblem(try await page.post("/v1/conversations", body), 403, "forbidden")
        #expect(try await data.run("visitor-secret create", ["--app", "a b"]).status != 0)
    }
}
