import Foundation
import Testing

extension EndToEndTests {
    @Suite("Classifiers of the owner's own") struct ClassifierTests {}
}

extension EndToEndTests.ClassifierTests {
    private static let things = ["the lamp", "the delivery", "your service", "the chair", "the box", "the app"]
    private static let moods = [
        "positive": ["I love %@", "%@ is wonderful", "very happy with %@", "%@ works great, thank you"],
        "negative": ["I hate %@", "%@ is terrible", "so disappointed by %@", "%@ is broken and useless"],
    ]

    private static func rows() -> [String] {
        moods.sorted { $0.key < $1.key }.flatMap { mood, frames in
            frames.flatMap { frame in
                things.map { "\(frame.replacingOccurrences(of: "%@", with: $0).quoted),\(mood)" }
            }
        }
    }

    private static let intents = """
        text,intent
        where is my parcel,order.status
        track my order,order.status
        has it been shipped,order.status
        when does my package arrive,order.status
        hello,greeting
        good morning,greeting
        hi there,greeting
        hey you,greeting
        """

    /// A bot with two intents and an imported sentiment.
    private static func shop() async throws -> (data: DataFolder, folder: URL) {
        let data = try DataFolder.empty()
        let folder = try Scratch.folder("classifiers")
        let (intents, mood) = (folder.appendingPathComponent("a.csv"), folder.appendingPathComponent("mood.csv"))
        try Data(Self.intents.utf8).write(to: intents)
        try Data((["text,mood"] + rows()).joined(separator: "\n").utf8).write(to: mood)
        #expect(try await data.run("import", intents.path).status == 0)
        let imported = try await data.run("import", mood.path, "--classifier", "mood", "--json")
        #expect(imported.status == 0, "\(imported.errors)")
        #expect(
            imported.json == [
                "classifier": "mood", "labels": ["negative": 24, "positive": 24], "texts": 48, "added": 48,
                "relabelled": 0, "removed": 0, "labels_vanished": [],
            ])
        return (data, folder)
    }

    @Test("an imported label set is trained, asked for, measured, and told with every turn, also after a restart")
    func wholeWay() async throws {
        let (data, folder) = try await Self.shop()
        let trained = try await data.run("train", "--activate", "--encoder", "all-minilm-l6-v2", "--json")
        #expect(trained.status == 0, "\(trained.errors)")
        let learnt = trained.json["metrics"]["classifiers"][0]
        #expect(learnt["name"] == "mood" && (learnt["accuracy"].number ?? 0) > 0.9, "\(trained.output)")

        let key = try await data.makeKey()
        for _ in 0..<2 {
            let server = try await ServerProcess.start(data)
            let caller = Caller(server: server, key: key)
            let asked = try await caller.post(
                "/v1/classify", ["texts": ["what a lovely shop", "this is awful"], "classifier": "mood"])
            #expect(asked.status == 200 && asked.json["classifier"] == "mood", "\(asked.text)")
            #expect(asked.json["results"].elements.map { $0["label"].string } == ["positive", "negative"])
            let first = asked.json["results"][0]
            #expect(first.keys == ["accepted", "confidence", "label", "ranking", "text"])
            #expect(first["ranking"][0] == ["label": first["label"], "confidence": first["confidence"]])
            let unknown = try await caller.post("/v1/classify", ["text": "x", "classifier": "topic"])
            #expect(unknown.status == 400)
            #expect(unknown.json["detail"] == "the active model has no classifier 'topic'; it has intent, mood")
            let models = try await caller.get("/v1/models")
            #expect(
                models.json["models"][0]["classifiers"][0].picking("name", "examples") == [
                    "name": "mood", "examples": 48,
                ])

            let chat = try await caller.start(["locale": "en"])
            let turn = try await chat.turn([
                "text": "where is my parcel, I hate your service", "client_message_id": "m1",
            ])
            #expect(turn["decision"]["labels"]["mood"]["label"] == "negative", "\(turn)")
            #expect((turn["decision"]["labels"]["mood"]["confidence"].number ?? 0) > 0.5)
            #expect(
                try await chat.turn(["text": "where is my parcel, I hate your service", "client_message_id": "m1"])
                    == turn)
            #expect(try await server.stop() == 0)
        }

        let told = try await data.run("classify", "--classifier", "mood", "everything is great", "--json")
        #expect(told.json.elements.first?["label"] == "positive", "\(told.errors)")
        let measured = try await data.run(
            "evaluate", "--classifier", "mood", folder.appendingPathComponent("mood.csv").path, "--json")
        #expect(measured.status == 0 && (measured.json["accuracy"].number ?? 0) > 0.9, "\(measured.errors)")
        let listed = try await data.run("classifiers list", "--json")
        #expect(listed.json[0].picking("name", "texts") == ["name": "mood", "texts": 48])
        let none = try await data.run("classify", "--classifier", "topic", "x")
        #expect(none.status == 65 && none.errors.contains("it has intent, mood"), "\(none.errors)")
    }

    @Test("the encoder learns the labels together with the intents")
    func joint() async throws {
        let (data, _) = try await Self.shop()
        let trained = try await data.run(
            "train", "--activate", "--encoder", "all-minilm-l6-v2", "--method", "full", "--epochs", "2", "--json")
        #expect(trained.status == 0, "\(trained.errors)")
        let learnt = trained.json["metrics"]["classifiers"][0]
        #expect((learnt["accuracy"].number ?? 0) > 0.9 && learnt["examples"] == 48, "\(trained.output)")
        let told = try await data.run("classify", "--classifier", "mood", "everything is great", "--json")
        #expect(told.json.elements.first?["label"] == "positive", "\(told.errors)")
        let intent = try await data.run("classify", "--classifier", "intent", "hello hello", "--json")
        #expect(intent.json.elements.first?["ranking"][0]["intent"] == "greeting", "\(intent.errors)")
    }

    @Test("a label set comes back through export, import and a backup, and goes when it is removed")
    func kept() async throws {
        let (data, _) = try await Self.shop()
        let target = try Scratch.unusedPath("classifier-export")
        #expect(try await data.run("export", target.path).status == 0)
        let backup = try Scratch.unusedPath("classifier.backup")
        #expect(try await data.run("backup", backup.path, "--without-models").status == 0)
        let again = try DataFolder.empty(withModels: false)
        let imported = try await again.run("import", target.path, "--json")
        #expect(imported.json["classifiers"][0]["texts"] == 48, "\(imported.errors)")
        let restored = try DataFolder.empty(withModels: false)
        #expect(try await restored.run("restore", backup.path).status == 0)
        for folder in [again, restored] {
            let listed = try await folder.run("classifiers list", "--json")
            #expect(listed.json[0]["labels"] == ["negative": 24, "positive": 24], "\(listed.errors)")
        }
        #expect(try await again.run("classifiers remove", "mood").status == 0)
        #expect(try await again.run("classifiers list", "--json").json.elements.isEmpty)
        let gone = try await again.run("classifiers remove", "mood")
        #expect(gone.status == 65 && gone.errors.contains("there is no classifier 'mood'"), "\(gone.errors)")
        try FileManager.default.removeItem(at: backup)
    }

    @Test("what is no label set is refused in words and changes nothing")
    func refused() async throws {
        let data = try DataFolder.empty(withModels: false)
        let file = try Scratch.folder("bad-classifier").appendingPathComponent("a.csv")
        try Data("text,label\nfine,positive\n".utf8).write(to: file)
        for (name, told) in [
            ("mood", "the classifier 'mood' would have 1 label (positive), expected 2 to 200"),
            ("intent", "'intent' cannot be the name of a classifier"),
            ("my mood", "--classifier: 'my mood' is not a letter"),
        ] {
            let result = try await data.run("import", file.path, "--classifier", name)
            #expect(result.status == 65 && result.errors.contains(told), "\(result.errors)")
        }
        try Data("text,label\nfine,positive\nfine,negative\nok,positive\nbad,negative\n".utf8).write(to: file)
        let warned = try await data.run("import", file.path, "--classifier", "mood", "--dry-run")
        #expect(
            warned.status == 0
                && warned.errors.contains(
                    "a.csv:3: warning: 'fine' is 'negative' here and 'positive' at \(file.path):2"),
            "\(warned.errors)")
        #expect(try await data.run("classifiers list", "--json").json.elements.isEmpty)
    }
}

extension String {
    /// As a field of a table.
    fileprivate var quoted: String { "\"\(self)\"" }
}
