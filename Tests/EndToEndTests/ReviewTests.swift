import Foundation
import Testing

extension EndToEndTests {
    @Suite("The review loop") struct ReviewTests {}
}

extension EndToEndTests.ReviewTests {
    private static let scopes = ["chat", "classify", "agent"]
    private static let texts = ["who will win the world cup", "who wins the world cup"]

    @Test("a rejected message is queued, labelled by command while the server runs, understood at once, and trained")
    func loop() async throws {
        let data = try await DataFolder.trained()
        let caller = Caller(
            server: try await ServerProcess.start(data), key: try await data.makeKey(scopes: Self.scopes))
        for text in Self.texts {
            #expect(try await caller.start(["locale": "en"]).say(text)["decision"]["action"] == "fallback")
        }

        let listed = try await data.run("review list", "--json")
        #expect(listed.status == 0, "\(listed.errors)")
        let clusters = listed.json["clusters"].elements
        #expect(clusters.map { $0["items"].elements.compactMap { $0["text"].string } } == [Self.texts])
        #expect(clusters.first?["items"][0]["reasons"] == ["rejected"])
        let id = try #require(clusters.first?["id"].string)
        let labelled = try await data.run(
            "review label", id, "--new-intent", "fan.worldcup", "--description", "About football", "--json")
        #expect(labelled.status == 0, "\(labelled.errors)")
        #expect(labelled.json["items"].elements.count == 2 && labelled.json["regressions"] == [])
        #expect((labelled.json["checked"].integer ?? 0) > 1000)

        // A text that was labelled, and one that nobody has seen.
        let same = try await eventually("the label counts", within: 10) { () -> JSON? in
            let decision = try await caller.start(["locale": "en"]).say("Who will win the World Cup?")["decision"]
            return decision["labelled"] == .null ? nil : decision
        }
        #expect(same["intent"] == "fan.worldcup" && same["labelled"]["similarity"] == 1)
        #expect(same["ranking"][0]["intent"] == "fan.worldcup")
        let near = try await caller.start(["locale": "en"]).say("who is going to win the world cup")["decision"]
        #expect(near["intent"] == "fan.worldcup" && near["labelled"]["intent"] == "fan.worldcup")
        #expect((near["labelled"]["similarity"].number ?? 1) < 1)
        #expect(try await caller.get("/v1/review").json["total"] == 0)
        let decided = try await caller.get("/v1/review?status=labelled").json["clusters"].elements
        #expect(decided.map { $0["items"][0]["label"]["intent"] } == ["fan.worldcup", "fan.worldcup"])
        #expect(decided.map { $0["items"][0]["decided_by"] } == ["cli", "cli"])

        let before = try await caller.get("/v1/models").json["models"][0]["metrics"]["examples"].integer
        let trained = try await data.run("train", "--json", within: 240)
        #expect(trained.status == 0, "\(trained.errors)")
        #expect(trained.json["metrics"]["examples"].integer == before.map { $0 + 2 })
        #expect(try await caller.server.stop() == 0)
    }

    @Test("the origin of a label survives export, import into another bot, and an import of the owner's files")
    func origin() async throws {
        let data = try await DataFolder.trained()
        let caller = Caller(
            server: try await ServerProcess.start(data), key: try await data.makeKey(scopes: Self.scopes))
        _ = try await caller.start(["locale": "en"]).say(Self.texts[0])
        let id = try #require(try await caller.get("/v1/review").json["clusters"][0]["id"].string)
        let response = try await caller.post(
            "/v1/review/\(id)", ["action": "label", "intent": "feedback.praise", "scope": "one", "force": true])
        #expect(response.json["items"] == [.string(id)], "\(response.text)")
        #expect(try await caller.server.stop() == 0)

        let imported = try await data.run("import", Installation.intents.path)
        #expect(imported.status == 0, "\(imported.errors)")
        func exported(_ data: DataFolder, _ name: String) async throws -> String {
            let folder = try Scratch.folder(name).appendingPathComponent("out", isDirectory: true)
            let result = try await data.run("export", folder.path)
            #expect(result.status == 0, "\(result.errors)")
            return try String(contentsOf: folder.appendingPathComponent("feedback.praise.yaml"), encoding: .utf8)
        }
        let yaml = try await exported(data, "export")
        #expect(yaml.contains("\nreviewed:\n  en:\n    - who will win the world cup\n"))
        let other = try DataFolder.empty()
        let file = try Scratch.folder("reviewed").appendingPathComponent("feedback.praise.yaml")
        try Data(yaml.utf8).write(to: file)
        let again = try await other.run("import", Installation.intents.path)
        #expect(again.status == 0, "\(again.errors)")
        let merged = try await other.run("import", file.path)
        #expect(merged.status == 0, "\(merged.errors)")
        #expect(try await exported(other, "again") == yaml)
    }

    @Test("a label that known sentences would be lost to is refused with their list, and nothing is changed")
    func regression() async throws {
        let data = try await DataFolder.trained()
        let caller = Caller(
            server: try await ServerProcess.start(data), key: try await data.makeKey(scopes: Self.scopes))
        // One of the starter bot's own sentences, which an agent corrects to something else.
        let turn = try await caller.start(["locale": "en"]).say("delete my account")
        let filed = try await caller.post(
            "/v1/review", ["message_id": turn["replies"][0]["id"], "intent": "refund.status"])
        #expect(filed.status == 201, "\(filed.text)")
        let id = try #require(filed.json["id"].string)
        let listed = try await caller.get("/v1/review?reason=corrected").json["clusters"][0]["items"][0]
        #expect(
            listed.picking("id", "suggestion", "intent") == [
                "id": .string(id), "suggestion": "refund.status", "intent": "account.delete",
            ])

        let label: JSON = ["action": "label", "intent": "refund.status"]
        expectProblem(
            try await caller.post("/v1/review/\(id)", label), 409, "conflict",
            naming: "'delete my account' (account.delete → refund.status)")
        let refused = try await data.run("review label", id, "--intent", "refund.status")
        #expect(refused.status == 65)
        #expect(refused.errors.contains("delete my account  (account.delete → refund.status)"))
        #expect(try await caller.get("/v1/review").json["total"] == 1)

        let forced = try await data.run("review label", id, "--intent", "refund.status", "--force")
        #expect(forced.status == 0, "\(forced.errors)")
        _ = try await eventually("the label counts", within: 10) {
            let decision = try await caller.start(["locale": "en"]).say("delete my account")["decision"]
            return decision["intent"] == "refund.status" ? true : nil
        }
        let dismissed = try await data.run("review dismiss", id)
        #expect(dismissed.status == 0, "\(dismissed.errors)")
        _ = try await eventually("the label is taken back", within: 10) {
            let decision = try await caller.start(["locale": "en"]).say("delete my account")["decision"]
            return decision["intent"] == "account.delete" ? true : nil
        }
        #expect(try await caller.server.stop() == 0)
    }

    @Test("a text becomes a question of the knowledge base, or out of scope, and a rating brings what was answered")
    func otherLabels() async throws {
        let data = try await DataFolder.trained()
        let caller = Caller(
            server: try await ServerProcess.start(data), key: try await data.makeKey(scopes: Self.scopes))
        let chat = try await caller.start(["locale": "en"])
        let praised = try await chat.say("thank you very much!")
        let rating: JSON = ["message_id": praised["replies"][0]["id"], "rating": "down"]
        #expect(try await caller.post(chat.path + "/feedback", rating).status == 204)
        _ = try await caller.start(["locale": "en"]).say(Self.texts[0])
        let clusters = try await caller.get("/v1/review").json["clusters"].elements
        let ids = Dictionary(
            clusters.map { ($0["items"][0]["text"].string ?? "", $0["id"].string ?? "") }, uniquingKeysWith: { $1 })
        let rated = try #require(ids["thank you very much!"])
        let asked = try #require(ids[Self.texts[0]])

        let outOfScope: JSON = ["action": "label", "out_of_scope": true, "force": true]
        #expect(try await caller.post("/v1/review/\(rated)", outOfScope).status == 200)
        let unknown: JSON = ["action": "label", "knowledge": "nowhere"]
        expectProblem(try await caller.post("/v1/review/\(asked)", unknown), 404, "not_found", naming: "'nowhere'")
        let label: JSON = ["action": "label", "knowledge": "delivery.customs.en"]
        let labelled = try await caller.post("/v1/review/\(asked)", label)
        #expect(labelled.status == 200, "\(labelled.text)")
        _ = try await eventually("the entry answers", within: 10) {
            let decision = try await caller.start(["locale": "en"]).say(Self.texts[0])["decision"]
            return decision["knowledge"] == "delivery.customs.en" ? true : nil
        }
        let rejected = try await caller.start(["locale": "en"]).say("Thank you very much")["decision"]
        #expect(
            rejected["labelled"]["intent"] == "out_of_scope" && rejected["action"] == "fallback",
            "\(rejected["action"]) by \(rejected["rule"])")
        #expect(try await caller.server.stop() == 0)
    }
}
