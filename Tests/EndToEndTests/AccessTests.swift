import Foundation
import Testing

extension EndToEndTests {
    @Suite("Who may call") struct AccessTests {}
}

extension EndToEndTests.AccessTests {
    @Test("without a key that works there is no answer, and the refusal tells nothing")
    func unauthorized() async throws {
        let shared = try await SharedServer.shared.value
        var details: Set<String> = []
        let credentials: [String?] = [
            nil, "", "Bearer", "Bearer ", "Bearer nonsense", "Bearer fd_sk_", "Basic dXNlcjpwYXNz",
            "Bearer \(shared.key)x", "Bearer \(shared.key.dropLast())",
            "Bearer fd_sk_\(String(repeating: "A", count: 43))",
            "Bearer \(String(repeating: "fd_sk_", count: 80))",
        ]
        for credential in credentials {
            for (method, path) in [
                ("GET", "/v1/intents"), ("POST", "/v1/conversations"), ("POST", "/predict"),
                ("GET", "/v1/conversations/conv_00000000000000000000000000000"),
            ] {
                let headers =
                    (credential.map { [("Authorization", $0)] } ?? []) + [("Content-Type", "application/json")]
                let response = try await shared.server.refusal(method, path, headers)
                expectProblem(response, 401, "unauthorized", about: "\(method) \(path) \(credential ?? "nothing")")
                details.insert(response.json["detail"].string ?? "")
            }
        }
        #expect(!details.contains { $0.contains("fd_sk_A") || $0.contains(shared.key) })
        let endless = "Bearer \(String(repeating: "fd_sk_", count: 1_000))"
        let response = try await shared.server.refusal("GET", "/v1/intents", [("Authorization", endless)])
        expectProblem(response, 431, "too_large")
    }

    @Test("a key does what its scopes allow and nothing else")
    func scopes() async throws {
        let server = try await SharedServer.shared.value.server
        let chat = try await SharedServer.caller().start()
        let calls: [(scope: String, method: String, path: String, body: JSON?)] = [
            ("chat", "POST", "/v1/conversations", [:]),
            ("chat", "GET", chat.path, nil),
            ("classify", "POST", "/v1/classify", ["text": "hi"]),
            ("classify", "POST", "/predict", ["text": "hi"]),
            ("classify", "GET", "/v1/intents", nil),
            ("classify", "GET", "/v1/models", nil),
            ("search", "POST", "/v1/search", ["query": "hi"]),
        ]
        for scope in ["chat", "classify", "search", "admin"] {
            // The app of the shared key, so that its conversation is there to be seen.
            let key = try await server.data.makeKey("only-\(scope)", scopes: [scope], more: ["--app", "tests"])
            let caller = Caller(server: server, key: key)
            for call in calls {
                let response =
                    if let body = call.body { try await caller.post(call.path, body) } else {
                        try await caller.get(call.path)
                    }
                if scope == call.scope || scope == "admin" {
                    #expect([200, 201].contains(response.status), "\(scope) \(call.path) \(response.text)")
                } else {
                    expectProblem(response, 403, "forbidden", naming: call.scope, about: "\(scope) \(call.path)")
                }
            }
        }
    }

    @Test("a conversation is there for the keys of its app, its agents, and an admin; for others it does not exist")
    func apps() async throws {
        let server = try await SharedServer.shared.value.server
        func caller(_ name: String, _ scopes: [String] = ["chat"], app: String) async throws -> Caller {
            Caller(server: server, key: try await server.data.makeKey(name, scopes: scopes, more: ["--app", app]))
        }
        let mine = try await caller("one", app: "shop").start()
        _ = try await mine.say("hello")
        let colleague = try await caller("two", app: "shop")
        let stranger = try await caller("three", app: "rival")
        let agents = [
            try await caller("four", ["agent"], app: "shop"), try await caller("five", ["admin"], app: "desk"),
        ]
        let foreign = try await caller("six", ["chat", "agent"], app: "desk")
        let unknown = try await stranger.get("/v1/conversations/conv_00000000000000000000000000000").json["detail"]
        #expect(try await colleague.get(mine.path).status == 200)
        for agent in agents { #expect(try await agent.get(mine.path).status == 200) }
        for response in [
            try await foreign.get(mine.path), try await foreign.post(mine.path + "/take", [:]),
            try await stranger.get(mine.path), try await stranger.get(mine.path + "/messages"),
            try await stranger.post(mine.path + "/messages", ["text": "hi"]),
            try await stranger.post(mine.path + "/close", [:]),
        ] {
            expectProblem(response, 404, "not_found")
            #expect(response.json["detail"] == unknown)
        }
        #expect(try await mine.history().count == 2)
    }

    @Test("a key works when it was made and is dead when it was revoked, without a restart")
    func revocation() async throws {
        let server = try await SharedServer.shared.value.server
        let caller = Caller(server: server, key: try await server.data.makeKey("brief", scopes: ["classify"]))
        #expect(try await caller.get("/v1/intents").status == 200)
        let revoked = try await server.data.run("keys revoke", "brief")
        #expect(revoked.status == 0, "\(revoked.errors)")
        expectProblem(try await caller.get("/v1/intents"), 401, "unauthorized")
        let again = try await server.data.run("keys revoke", "brief")
        #expect(again.status != 0 && again.errorLines.count == 1)
    }

    @Test("a key stops at its time")
    func expiry() async throws {
        let server = try await SharedServer.shared.value.server
        let end = Date(timeIntervalSinceNow: 3)
        let text = ISO8601DateFormatter().string(from: end)
        let key = try await server.data.makeKey("short", scopes: ["classify"], more: ["--expires", text])
        let caller = Caller(server: server, key: key)
        let first = try await caller.get("/v1/intents").status
        #expect(first == 200 || Date() > end)
        let refusal = try await eventually("the key has expired") { () -> Response? in
            let response = try await caller.get("/v1/intents")
            return response.status == 200 ? nil : response
        }
        expectProblem(refusal, 401, "unauthorized")
        #expect(Date().timeIntervalSince(end) > -1.5)
    }

    @Test("the list of keys shows no secret")
    func list() async throws {
        let data = try DataFolder.empty(withModels: false)
        let secret = try await data.makeKey("desk", scopes: ["chat", "agent"])
        let publishable = try await data.makePublishableKey("page", origins: ["https://shop.example"])
        #expect(secret.hasPrefix("fd_sk_") && publishable.hasPrefix("fd_pk_"))
        for arguments in [[], ["--json"]] {
            let list = try await data.run("keys list", arguments)
            #expect(list.status == 0 && list.output.contains("desk") && list.output.contains("page"))
            #expect(!list.output.contains(secret) && !list.output.contains(secret.dropFirst(10)))
        }
        let stored = try Data(contentsOf: data.database)
        #expect(stored.range(of: Data(secret.utf8)) == nil)
        let made = try await data.run("keys create", "--name", "x", "--scope", "chat", "--json")
        #expect(made.json["key"].string?.hasPrefix("fd_sk_") == true && DataFolder.key(in: made.output) != nil)
    }

    @Test(
        "a key is rotated: the new one has its app, the old one works on for the overlap, and the log says who did what"
    )
    func rotation() async throws {
        let server = try await ServerProcess.start(try await DataFolder.trained(), "--log-format", "json")
        let data = server.data
        let old = try await data.makeKey("desk", scopes: ["chat"], more: ["--app", "shop"])
        let chat = try await Caller(server: server, key: old).start()
        let rotated = try await data.run("keys rotate", "desk", "--overlap", "1h", "--json")
        #expect(rotated.status == 0 && rotated.json["app"] == "shop" && rotated.json["scopes"] == ["chat"])
        let new = try #require(rotated.json["key"].string)
        for key in [old, new] {
            let answer = try await Caller(server: server, key: key).get("/v1/conversations/\(chat.id)")
            #expect(answer.status == 200, "\(answer.status)")
        }
        let ambiguous = try await data.run("keys rotate", "desk")
        #expect(ambiguous.status == 65 && ambiguous.errors.contains("give the id of one"))
        for arguments in [["nothing"], ["desk", "--overlap", "soon"]] {
            #expect(try await data.run("keys rotate", arguments).status == 65)
        }
        #expect(try await server.stop() == 0)

        let list = try await data.run("keys list", "--json").json.elements.filter { $0["name"] == "desk" }
        #expect(list.count == 2 && list.allSatisfy { $0["last_used_at"].string != nil })
        #expect(list.filter { $0["expires_at"].string != nil }.count == 1)
        let events = try await data.run("audit list", "--since", "1h", "--json")
        let actions = events.json.elements.compactMap { $0["action"].string }
        #expect(
            actions.contains("key.created") && actions.contains("key.rotated") && actions.contains("server.started"))
        #expect(DataFolder.key(in: events.output) == nil && !events.output.contains("fd_"))
        #expect(try await data.run("audit list", "--since", "yesterday").status == 65)
        // Every line of the log is an object of its own.
        let lines = server.child.errors.split(separator: "\n").filter { $0.contains("\"level\"") }
        for line in lines { #expect(try JSON(parsing: Data(line.utf8))["message"].string != nil, "\(line)") }
        #expect(!lines.isEmpty)
    }

    @Test(
        "a key that cannot be is not made",
        arguments: [
            ["--name", "x"], ["--name", "x", "--scope", "everything"],
            ["--name", "x", "--scope", "chat", "--expires", "soon"],
            ["--name", "x", "--scope", "chat", "--expires", "2001-01-01T00:00:00Z"],
            ["--name", "x", "--publishable"], ["--name", "x", "--publishable", "--origin", "shop"],
            ["--name", "x", "--publishable", "--scope", "admin", "--origin", "https://shop.example"],
            ["--scope", "chat"],
        ])
    func badKeys(arguments: [String]) async throws {
        let data = try DataFolder.empty(withModels: false)
        let result = try await data.run("keys create", arguments)
        #expect(result.status != 0 && DataFolder.key(in: result.output) == nil && !result.errors.isEmpty)
        let list = try await data.run("keys list", "--json")
        #expect(list.status != 0 || list.json == [])
    }
}
