import Foundation
import Testing

extension EndToEndTests {
    @Suite("Changing a bot while it serves") struct LiveChangeTests {}
}

extension EndToEndTests.LiveChangeTests {
    @Test("an edited answer is live within a second of its import, without training")
    func editedAnswer() async throws {
        let data = try await DataFolder.trained()
        let caller = Caller(server: try await ServerProcess.start(data), key: try await data.makeKey())
        let folder = try Scratch.folder("edited")
        let file = folder.appendingPathComponent("thanks.yaml")
        let original = try String(
            contentsOf: Installation.intents.appendingPathComponent("thanks.yaml"), encoding: .utf8)
        let answers = try #require(original.range(of: "\nanswers:"))
        let edited = original[..<answers.lowerBound] + "\nanswers:\n  - en: \"An edited answer.\"\n    zh: \"改过的回答。\"\n"
        try Data(edited.utf8).write(to: file)

        let before = try await caller.start(["locale": "en"]).say("thank you very much!")
        #expect(before.replyText != "An edited answer.")
        let result = try await data.run("import", file.path)
        #expect(result.status == 0, "\(result.errors)")
        // A second is the promise; the rest is for a machine that is busy with other tests.
        let after = try await eventually("the edited answer is live", within: 3) { () -> JSON? in
            let turn = try await caller.start(["locale": "en"]).say("thank you very much!")
            return turn.replyText == "An edited answer." ? turn : nil
        }
        #expect(after["decision"]["model"] == before["decision"]["model"])
        #expect(after["decision"]["template"] != before["decision"]["template"])
        #expect(try await caller.start(["locale": "zh"]).say("太谢谢你了").replyText == "改过的回答。")
        #expect(try await caller.server.stop() == 0)
    }

    @Test("a new knowledge entry is found soon after its import, and answers in other words, without training")
    func newKnowledge() async throws {
        let data = try await DataFolder.trained()
        let caller = Caller(server: try await ServerProcess.start(data), key: try await data.makeKey())
        let folder = try Scratch.folder("knowledge-root").appendingPathComponent("knowledge", isDirectory: true)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appendingPathComponent("zeppelin.yaml")
        let entry = """
            locale: en
            entries:
              - id: zeppelin.en
                questions:
                  - Can my parcel travel by zeppelin?
                  - Do you deliver with airships?
                answer: "Not yet, the mooring mast is still being built."
                link: https://shop.example/help/zeppelin
            """
        try Data(entry.utf8).write(to: file)
        let result = try await data.run("import", folder.deletingLastPathComponent().path)
        #expect(result.status == 0, "\(result.errors)")
        let hit = try await eventually("the entry is found", within: 5) { () -> JSON? in
            let hits = try await caller.post("/v1/search", ["query": "zeppelin delivery", "locale": "en"]).json["hits"]
            return hits[0]["id"] == "zeppelin.en" ? hits[0] : nil
        }
        #expect(hit["link"] == "https://shop.example/help/zeppelin")
        let model = try await caller.post("/v1/classify", ["text": "hello"]).json["model"]
        for words in ["can you deliver my parcel with a zeppelin", "do you ship by airship"] {
            let turn = try await eventually("the entry answers: \(words)", within: 5) { () -> JSON? in
                let turn = try await caller.start(["locale": "en"]).say(words)
                return turn["decision"]["knowledge"] == "zeppelin.en" ? turn : nil
            }
            #expect(turn.replyText.contains("the mooring mast is still being built"), "\(turn)")
        }
        #expect(try await caller.post("/v1/classify", ["text": "hello"]).json["model"] == model)
        #expect(try await caller.server.stop() == 0)
    }

    @Test("training, activating and rolling back change the model under load, and no request fails")
    func trainAndRollBack() async throws {
        let data = try await DataFolder.trained()
        let caller = Caller(server: try await ServerProcess.start(data), key: try await data.makeKey())
        let load = Load()
        async let running = load.run(4, caller: caller)
        _ = try await eventually("there is load", within: 60) { load.turnCount >= 20 ? true : nil }
        let first = try #require(load.models.last ?? nil)

        let trained = try await data.run("train", "--activate")
        #expect(trained.status == 0, "\(trained.errors)")
        func liveModel() async throws -> String? {
            try await caller.post("/v1/classify", ["text": "hello"]).json["model"].string
        }
        let second = try await eventually("the new model is live", within: 15) { () -> String? in
            let model = try await liveModel()
            return model == first ? nil : model
        }
        let counted = load.turnCount
        _ = try await eventually("turns are made with it", within: 15) { load.turnCount >= counted + 20 ? true : nil }
        #expect(load.models.contains(second))

        let rolledBack = try await data.run("model rollback")
        #expect(rolledBack.status == 0 && rolledBack.output.contains(first), "\(rolledBack.errors)")
        _ = try await eventually("the first model is live again", within: 15) {
            try await liveModel() == first ? true : nil
        }
        let list = try await data.run("model list", "--json")
        #expect(list.json["versions"].elements.count == 2)
        load.stop()
        let visitors = try await running
        #expect(visitors.allSatisfy { $0.refusals.isEmpty && $0.unanswered == nil })
        #expect(Set(load.models) == [first, second])

        let activated = try await data.run("model activate", second)
        #expect(activated.status == 0, "\(activated.errors)")
        _ = try await eventually("the second model is live again", within: 15) {
            try await liveModel() == second ? true : nil
        }
        let unknown = try await data.run("model activate", "model_x")
        #expect(unknown.status != 0 && unknown.errorLines.count == 1)
        #expect(try await caller.server.stop() == 0)
    }

    @Test("a later start does not overwrite what was edited")
    func laterStart() async throws {
        let data = try await DataFolder.trained()
        let folder = try Scratch.folder("edited")
        let yaml = """
            intent: goodbye
            description: Ends the chat.
            examples:
              en: [bye, see you, that is all for now]
              zh: [再见, 拜拜, 下次见]
            answers:
              - en: "Edited: bye."
                zh: "改过：再见。"
            """
        let file = folder.appendingPathComponent("goodbye.yaml")
        try Data(yaml.utf8).write(to: file)
        #expect(try await data.run("import", file.path).status == 0)
        let caller = Caller(server: try await ServerProcess.start(data), key: try await data.makeKey())
        let turn = try await caller.start(["locale": "en"]).turn(["intent": "goodbye", "slots": [:]])
        #expect(turn.replyText == "Edited: bye.")
        #expect(try await caller.server.stop() == 0)
    }
}
