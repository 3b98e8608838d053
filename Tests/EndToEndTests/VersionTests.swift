import Foundation
import Testing

extension EndToEndTests {
    @Suite("Versions: compared, tried, promoted, taken back") struct VersionTests {}
}

extension EndToEndTests.VersionTests {
    private static func live(_ caller: Caller) async throws -> String? {
        try await caller.post("/v1/classify", ["text": "hello"]).json["model"].string
    }

    @Test("a version that has forgotten an intent is refused with the list; what is live stays so")
    func forgetting() async throws {
        let (data, active, candidate) = try await SmallShop.withForgetfulCandidate()
        let file = try SmallShop.csv(SmallShop.unseen, "held-out").path
        let refused = try await data.run("model activate", candidate, "--max-loss", "5", "--file", file)
        #expect(refused.status == 65)
        let errors = refused.errorLines
        #expect(errors.contains { $0.contains("\(candidate) is not made live: it loses more than 5 points") })
        #expect(errors.contains { $0.contains("refund  ") && $0.contains("-") }, "\(refused.errors)")
        #expect(errors.contains { $0.contains("my money back please  (means refund)") }, "\(refused.errors)")
        #expect(!errors.contains { $0.contains("means hours") })
        let json = try await data.run("model activate", candidate, "--max-loss", "5", "--file", file, "--json")
        #expect(json.status == 65 && json.json["active"].string == active)
        #expect(json.json["losses"][0]["intents"] == ["refund"])
        #expect((json.json["losses"][0]["points"].number ?? 0) < -50)
        let list = try await data.run("model list", "--json")
        #expect(
            list.json["versions"].elements.filter { $0["active"] == true }.map { $0["id"].string } == [active])

        // The guard of a training is the same; the refused version stays as a candidate.
        let trained = try await data.run(
            "train", "--activate", "--max-loss", "5", "--file", file, "--encoder", "all-minilm-l6-v2")
        #expect(trained.status == 65 && trained.errors.contains("is not made live"), "\(trained.errors)")
        #expect(try await data.run("model list", "--json").json["versions"].elements.count == 3)

        // Without the demand it goes live, and a version that knows more is let through.
        #expect(try await data.run("model activate", candidate).status == 0)
        let back = try await data.run("model activate", active, "--max-loss", "5", "--file", file)
        #expect(back.status == 0 && back.output.contains("no intent loses more than 5 points"), "\(back.errors)")
    }

    @Test("compare lists every changed decision of recent messages and labelled texts")
    func compare() async throws {
        let (data, active, candidate) = try await SmallShop.withForgetfulCandidate()
        let server = try await ServerProcess.start(data)
        let caller = Caller(server: server, key: try await data.makeKey())
        let chat = try await caller.start(["locale": "en"])
        for text in ["give me a refund", "thank you", "thank you", "where is my order"] { _ = try await chat.say(text) }
        #expect(try await server.stop() == 0)

        let file = try SmallShop.csv(SmallShop.unseen, "held-out").path
        let compared = try await data.run("model compare", active, candidate, "--file", file, "--json")
        #expect(compared.status == 0, "\(compared.errors)")
        let result = compared.json
        #expect([result["a"].string, result["b"].string] == [active, candidate])
        #expect(result["recent"] == ["messages": 4, "texts": 3, "same_decision": 3])
        #expect(result["labelled"]["texts"] == 14 && result["labelled"]["file"] == "held-out.csv")
        let changes = result["changes"].elements
        #expect(changes.contains { $0["text"] == "give me a refund" && $0["expected"] == .null })
        #expect(changes.contains { $0["text"] == "my money back please" && $0["expected"] == "refund" })
        #expect(changes.allSatisfy { $0["a"]["intent"] != $0["b"]["intent"] })
        #expect(result["intents"][0]["intents"] == ["refund"])

        // The terminal shows no more than it is told to, and says what the examples are worth.
        let shown = try await data.run("model compare", "active", candidate, "--limit", "1")
        #expect(shown.status == 0, "\(shown.errors)")
        #expect(shown.output.contains("the bot's own examples: B was trained on them, A on other examples"))
        for arguments in [[active, "model_x"], [active], [active, candidate, "--recent", "-1"]] {
            #expect(try await data.run("model compare", arguments).status != 0)
        }
    }

    @Test("a shadow's disagreements on live messages are stored and land in the review queue; visitors notice nothing")
    func shadow() async throws {
        let (data, active, candidate) = try await SmallShop.withForgetfulCandidate()
        // The bot answers refunds again; the candidate has not learned of them.
        let content = try SmallShop.csv(SmallShop.sentences, "whole").path
        #expect(try await data.run("import", "--replace", content).status == 0)
        let server = try await ServerProcess.start(data, "--log-level", "info")
        let caller = Caller(server: server, key: try await data.makeKey())
        let begun = try await data.run("model shadow", candidate)
        #expect(begun.status == 0 && begun.output == "shadow: \(candidate)\n", "\(begun.errors)")
        _ = try await eventually("the shadow runs", within: 20) {
            (server.child.errors + server.child.output).contains("shadow started") ? true : nil
        }
        let chat = try await caller.start(["locale": "en"])
        _ = try await chat.say("thank you")
        let turn = try await chat.say("give me a refund")
        #expect(turn["decision"]["model"].string == active && turn["decision"]["intent"] == "refund")
        let list = try await eventually("the disagreement is stored", within: 20) { () -> JSON? in
            let list = try await data.run("model disagreements", "--json").json
            return list["total"] == 1 ? list : nil
        }
        let one = list["disagreements"][0]
        #expect(one["message_id"] == turn["message"]["id"] && one["text"] == "give me a refund")
        #expect([one["active_model"].string, one["shadow_model"].string] == [active, candidate])
        #expect(one["active"]["intent"] == "refund" && one["shadow"]["intent"] != "refund")
        let queued = try await data.run("review list", "--reason", "disagreement", "--json")
        #expect(queued.json["clusters"][0]["items"][0]["text"] == "give me a refund", "\(queued.errors)")
        let metrics = try await server.metrics().text
        #expect(metrics.contains("frontdesk_shadow_turns_total 2\n"))
        #expect(metrics.contains("frontdesk_shadow_disagreements_total 1\n"))
        #expect(metrics.contains("frontdesk_shadow_dropped_total 0\n"))
        #expect(try await data.run("model list").output.contains("shadow"))

        #expect(try await data.run("model shadow", active).status == 65)
        #expect(try await data.run("model shadow", "--off").output == "shadow: none\n")
        _ = try await eventually("the shadow ends", within: 20) {
            (server.child.errors + server.child.output).contains("shadow ended") ? true : nil
        }
        #expect(try await server.stop() == 0)
    }

    @Test(
        "versions of two encoders take turns under load: no request fails, and the old encoder's memory is given back")
    func underLoad() async throws {
        let data = try DataFolder.empty()
        let first = try await SmallShop.train(data, SmallShop.sentences, "--activate")
        let second = try await SmallShop.train(data, SmallShop.sentences, encoder: "multilingual-e5-small")
        let server = try await ServerProcess.start(data)
        let caller = Caller(server: server, key: try await data.makeKey())
        /// Encoders of which files are mapped into the server.
        func mapped() throws -> Set<String> {
            let file = try FileHandle(forReadingFrom: URL(filePath: "/proc/\(server.child.pid)/maps"))
            let maps = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
            return Set(["all-minilm-l6-v2", "multilingual-e5-small"].filter { maps.contains("/\($0)/") })
        }
        #expect(try mapped() == ["all-minilm-l6-v2"])
        let load = Load()
        async let running = load.run(4, caller: caller)
        _ = try await eventually("there is load", within: 60) { load.turnCount >= 20 ? true : nil }
        for (command, expected, encoder) in [
            ("model activate \(second)", second, "multilingual-e5-small"),
            ("model rollback", first, "all-minilm-l6-v2"),
            ("model activate \(second)", second, "multilingual-e5-small"),
            ("model rollback", first, "all-minilm-l6-v2"),
        ] {
            let result = try await data.run(command)
            #expect(result.status == 0, "\(result.errors)")
            _ = try await eventually("\(command) is live", within: 20) {
                try await Self.live(caller) == expected ? true : nil
            }
            _ = try await eventually("only \(encoder) is mapped", within: 20) {
                try mapped() == [encoder] ? true : nil
            }
        }
        let counted = load.turnCount
        _ = try await eventually("the load goes on", within: 20) { load.turnCount >= counted + 20 ? true : nil }
        load.stop()
        let visitors = try await running
        #expect(visitors.allSatisfy { $0.refusals.isEmpty && $0.unanswered == nil })
        #expect(Set(load.models) == [first, second])
        #expect(try await server.stop() == 0)
    }

    @Test("a version that cannot be used is refused in one line, and what is live stays so")
    func unusable() async throws {
        let (data, active, candidate) = try await SmallShop.withForgetfulCandidate()
        for arguments in [
            ["nothing-like-it"], ["model_"], [candidate, "--max-loss", "101"], [candidate, "--file", "x.csv"],
        ] {
            let result = try await data.run("model activate", arguments)
            #expect(result.status == 65 && result.errorLines.count == 1, "\(arguments): \(result.errors)")
        }
        let noFile = try await data.run("model activate", candidate, "--max-loss", "5", "--file", "/no/such.csv")
        #expect(noFile.status == 66 && noFile.errorLines.count == 1, "\(noFile.errors)")
        let models = data.url.appendingPathComponent("models")
        try FileManager.default.removeItem(at: models)
        try FileManager.default.createDirectory(at: models, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            at: models.appendingPathComponent("multilingual-e5-small"),
            withDestinationURL: Installation.models.appendingPathComponent("multilingual-e5-small"))
        for command in [
            "model activate \(candidate)", "model shadow \(candidate)", "model compare active \(candidate)",
        ] {
            let result = try await data.run(command)
            #expect(result.status == 69 && result.errorLines.count == 1, "\(command): \(result.errors)")
            #expect(result.errors.contains("needs the encoder 'all-minilm-l6-v2'"), "\(result.errors)")
        }
        let list = try await data.run("model list", "--json")
        #expect(
            list.json["versions"].elements.filter { $0["active"] == true }.map { $0["id"].string } == [active])
        #expect(list.json["shadow"] == .null)
    }
}
