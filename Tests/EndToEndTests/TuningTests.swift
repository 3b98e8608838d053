import Foundation
import Testing

extension EndToEndTests {
    @Suite("Training the encoder") struct TuningTests {}
}

extension EndToEndTests.TuningTests {
    /// Six intents of a bicycle shop, eight sentences each.
    private static let rows: [(intent: String, texts: [String])] = [
        (
            "repair.brakes",
            [
                "my brakes squeal", "the brake lever goes all the way", "brakes do not grip any more",
                "new brake pads please",
                "the front brake is stuck", "my bike will not stop well", "can you adjust my brakes",
                "the disc brake rubs",
            ]
        ),
        (
            "repair.tyre",
            [
                "I have a flat tyre", "my tube is punctured", "the rear tyre loses air", "can you patch a tube",
                "a nail went through my tyre", "the tyre is worn out", "air comes out of the valve",
                "I need a new inner tube",
            ]
        ),
        (
            "rent.bike",
            [
                "can I rent a bike for a day", "bicycle hire for two", "do you lend out e-bikes",
                "a bike for the weekend",
                "what does hiring cost", "rental for our family", "I want to borrow a mountain bike",
                "daily rate for a tandem",
            ]
        ),
        (
            "shop.hours",
            [
                "when do you open", "are you open on sunday", "closing time today", "opening hours please",
                "until when can I come by", "is the shop open now", "do you close at noon", "what time do you start",
            ]
        ),
        (
            "sell.used",
            [
                "do you buy old bikes", "I want to sell my bicycle", "what would you pay for my bike",
                "trade in my old one",
                "can I give my bike in payment", "second hand purchase", "sell my used racer to you",
                "take my old bike",
            ]
        ),
        (
            "lesson.riding",
            [
                "do you teach cycling", "riding lessons for adults", "my son wants to learn to ride",
                "a course for beginners",
                "learn how to cycle", "who can teach me to ride", "private riding teacher",
                "lessons without stabilisers",
            ]
        ),
    ]

    private static func shop() async throws -> DataFolder {
        let data = try DataFolder.empty()
        let file = try Scratch.folder("shop").appendingPathComponent("shop.csv")
        let lines = rows.flatMap { row in row.texts.map { "\($0),\(row.intent)" } }
        try Data((["text,intent"] + lines).joined(separator: "\n").utf8).write(to: file)
        let imported = try await data.run("import", file.path)
        #expect(imported.status == 0, "\(imported.errors)")
        return data
    }

    private static let arguments = ["--encoder", "all-minilm-l6-v2", "--json"]

    @Test(
        "every method makes a version that names what it was trained on",
        arguments: ["contrastive", "full", "lora"])
    func methods(method: String) async throws {
        let data = try await Self.shop()
        let trained = try await data.run(
            "train", ["--activate", "--method", method, "--epochs", "3"] + Self.arguments)
        #expect(trained.status == 0, "\(trained.errors)")
        #expect((trained.json["metrics"]["accuracy"].number ?? 0) > 0.6, "\(trained.output)")
        #expect(trained.errors.contains("tokens/s"))
        let folder = data.url.appendingPathComponent("versions/\(trained.json["id"].string ?? "none")")
        let files = Set(try FileManager.default.contentsOfDirectory(atPath: folder.path))
        #expect(files.isSuperset(of: ["weights.safetensors", "training.json"]) && !files.contains("checkpoint.bin"))
        #expect(!FileManager.default.fileExists(atPath: data.url.appendingPathComponent("training").path))
        let classified = try await data.run("classify", ["the inner tube has a hole", "teach me to ride", "--json"])
        #expect(
            classified.json.elements.map { $0["ranking"].elements.first?["intent"].string } == [
                "repair.tyre", "lesson.riding",
            ], "\(classified.output)\(classified.errors)")
    }

    @Test("auto leaves the encoder alone without text of others, and says so first; with some it compares the methods")
    func automatic() async throws {
        let data = try await Self.shop()
        let alone = try await data.run("train", ["--method", "auto"] + Self.arguments)
        #expect(alone.status == 0, "\(alone.errors)")
        #expect(alone.errorLines.first?.hasPrefix("method head: the encoder stays as it was published: ") == true)
        #expect(alone.errors.contains("the review queue has 0; --validation FILE names others"), "\(alone.errors)")
        #expect(!alone.errors.contains("tokens/s"))

        let starts = ["please tell me,", "hello,"]
        let rows = Self.rows.flatMap { row in
            row.texts.flatMap { text in starts.map { "\"\($0) \(text)\",\(row.intent)" } }
        }
        let file = try Scratch.folder("validation").appendingPathComponent("customers.csv")
        func write(_ rows: some Sequence<String>) throws {
            try Data((["text,intent"] + rows).joined(separator: "\n").utf8).write(to: file)
        }
        try write(rows.prefix(40))
        let arguments = ["--method", "auto", "--epochs", "1", "--validation", file.path] + Self.arguments
        let few = try await data.run("train", arguments)
        #expect(
            few.status == 65
                && few.errors.contains(
                    "customers.csv has 40 texts of the bot's intents that are not among its examples"),
            "\(few.errors)")
        try write(rows)
        let compared = try await data.run("train", arguments)
        #expect(compared.status == 0, "\(compared.errors)")
        #expect(
            compared.errors.contains("comparing head, lora, contrastive on 96 texts of customers.csv"),
            "\(compared.errors)")
        #expect(compared.errors.contains("of 96 texts of customers.csv answered rightly: the published encoder "))
        #expect(!FileManager.default.fileExists(atPath: data.url.appendingPathComponent("training").path))
        let wrong = try await data.run("train", ["--method", "full", "--validation", file.path] + Self.arguments)
        #expect(wrong.status == 65 && wrong.errorLines.count == 1, "\(wrong.errors)")
    }

    @Test("the encoder adapts to unlabelled messages first, and tells whether that helped")
    func unlabelled() async throws {
        let data = try await Self.shop()
        let parts = [
            "my bike", "the tandem", "our e-bike", "her racer", "his old frame", "this wheel", "that saddle", "a lamp",
        ]
        let ends = [
            "is broken", "makes a noise", "was stolen", "needs a service", "has no light", "is too small", "came late",
            "rusts",
        ]
        let messages = parts.flatMap { part in ends.map { "\(part) \($0)" } }
        let folder = try Scratch.folder("past")
        let file = folder.appendingPathComponent("past.txt")
        try Data(messages.joined(separator: "\n").utf8).write(to: file)
        let trained = try await data.run("train", ["--activate", "--unlabelled", file.path] + Self.arguments)
        #expect(trained.status == 0, "\(trained.errors)")
        let told = try #require(trained.errorLines.first { $0.hasPrefix("adapted to 64 unlabelled texts: ") })
        let id = try #require(trained.json["id"].string)
        let weights = data.url.appendingPathComponent("versions/\(id)/weights.safetensors")
        #expect(FileManager.default.fileExists(atPath: weights.path) == told.hasSuffix("kept"))
        #expect(!FileManager.default.fileExists(atPath: data.url.appendingPathComponent("training").path))
        let classified = try await data.run("classify", "air comes out of my tyre", "--json")
        #expect(classified.json.elements.first?["ranking"].elements.first?["intent"].string == "repair.tyre")

        try Data(messages.prefix(3).joined(separator: "\n").utf8).write(to: file)
        let few = try await data.run("train", ["--unlabelled", file.path] + Self.arguments)
        #expect(few.status != 0 && few.errors.contains("3 different unlabelled texts, at least 64"), "\(few.errors)")
        let missing = try await data.run("train", ["--unlabelled", folder.path + "/none.txt"] + Self.arguments)
        #expect(missing.status == 65 && missing.errors.contains("none.txt:1: "), "\(missing.errors)")
        #expect(try await data.run("model list", "--json").json["versions"].elements.count == 1)
    }

    @Test("a training learns from what it makes of unlabelled messages, and keeps that only if it helps")
    func selfTraining() async throws {
        let data = try await Self.shop()
        let starts = ["please tell me,", "hello,"]
        let messages = Self.rows.flatMap { row in row.texts.flatMap { text in starts.map { "\($0) \(text)" } } }
        let examples = Self.rows.flatMap(\.texts)
        let file = try Scratch.folder("past").appendingPathComponent("past.txt")
        // The examples among them teach nothing new and are not counted.
        try Data((messages + examples).joined(separator: "\n").utf8).write(to: file)
        let arguments = ["--method", "contrastive", "--epochs", "1", "--unlabelled", file.path] + Self.arguments
        let trained = try await data.run("train", ["--activate"] + arguments)
        #expect(trained.status == 0, "\(trained.errors)")
        let start = "learnt from 86 of 96 unlabelled texts: accuracy on unseen examples "
        let told = try #require(trained.errorLines.first { $0.hasPrefix(start) }, "\(trained.errors)")
        let figures = told.dropFirst(start.count).split(whereSeparator: { ",; ".contains($0) }).compactMap {
            Double($0)
        }
        try #require(figures.count == 2)
        #expect(told.hasSuffix("kept") == (figures[0] > figures[1]), "\(told)")
        let accuracy = try #require(trained.json["metrics"]["accuracy"].number)
        #expect(abs(accuracy - max(figures[0], figures[1])) < 0.0001)
        let folder = data.url.appendingPathComponent("versions/\(trained.json["id"].string ?? "none")")
        let record = try String(contentsOf: folder.appendingPathComponent("training.json"), encoding: .utf8)
        #expect(record.contains("selfTraining"))
        #expect(!FileManager.default.fileExists(atPath: data.url.appendingPathComponent("training").path))
        let classified = try await data.run("classify", "air comes out of my tyre", "--json")
        #expect(classified.json.elements.first?["ranking"].elements.first?["intent"].string == "repair.tyre")
    }

    @Test("an intent that has only a description works from it")
    func described() async throws {
        let data = try await Self.shop()
        let file = try Scratch.folder("described").appendingPathComponent("gift.card.yaml")
        let yaml = """
            intent: gift.card
            description: buy a gift card or a voucher as a present
            answers:
              - en: "We have gift cards at the counter."
            """
        try Data(yaml.utf8).write(to: file)
        let imported = try await data.run("import", file.path)
        #expect(imported.status == 0, "\(imported.errors)")
        let trained = try await data.run("train", ["--activate"] + Self.arguments)
        #expect(trained.errors.contains("known by name and description only: gift.card"), "\(trained.errors)")
        #expect(trained.json["intents"].number == 7)
        let classified = try await data.run(
            "classify", ["do you have gift vouchers", "the rear tyre lost its air", "--json"])
        #expect(
            classified.json.elements.map { $0["ranking"].elements.first?["intent"].string } == [
                "gift.card", "repair.tyre",
            ], "\(classified.output)")
    }

    @Test("a training that was killed goes on where it was, and its result is the same")
    func resumed() async throws {
        let data = try await Self.shop()
        let arguments = ["--method", "contrastive", "--epochs", "3"] + Self.arguments
        let whole = try await data.run("train", arguments)
        let killed = try data.start("train", arguments)
        let fold = try await eventually("the first fold is kept", within: 60) {
            let files = try? FileManager.default.contentsOfDirectory(atPath: data.url.path + "/training")
            return files?.first { $0.hasSuffix("fold-1.json") }
        }
        killed.send(SIGKILL)
        _ = try await killed.wait(within: 10)
        #expect(fold.hasSuffix("fold-1.json"))
        let listed = try await data.run("model list", "--json")
        #expect(listed.json["versions"].elements.count == 1)
        let resumed = try await data.run("train", arguments)
        #expect(resumed.status == 0, "\(resumed.errors)")
        #expect(!resumed.errors.contains("encoder (1 of 4)"))
        for name in ["accuracy", "coverage", "precision"] {
            #expect(resumed.json["metrics"][name] == whole.json["metrics"][name])
        }
    }

    @Test("a trained encoder goes live in a running server, comes back from a backup, and its loss is told")
    func lifecycle() async throws {
        let data = try await Self.shop()
        let plain = try await data.run("train", ["--activate"] + Self.arguments)
        #expect(plain.status == 0, "\(plain.errors)")
        let key = try await data.makeKey()
        let server = try await ServerProcess.start(data)
        let caller = Caller(server: server, key: key)
        let tuned = try await data.run(
            "train", ["--activate", "--method", "contrastive", "--epochs", "2"] + Self.arguments)
        let id = try #require(tuned.json["id"].string)
        _ = try await eventually("the trained version is live") {
            try await caller.post("/v1/classify", ["text": "flat tyre"]).json["model"].string == id ? true : nil
        }
        #expect(try await data.run("model rollback").status == 0)
        _ = try await eventually("the plain version is live again") {
            try await caller.post("/v1/classify", ["text": "flat tyre"]).json["model"].string != id ? true : nil
        }
        #expect(try await data.run("model activate", id).status == 0)
        #expect(try await server.stop() == 0)

        let file = try Scratch.unusedPath("tuned.backup")
        #expect(try await data.run("backup", "--with-encoders", file.path).status == 0)
        let elsewhere = try DataFolder.empty(withModels: false)
        let restored = try await elsewhere.run("restore", file.path)
        #expect(restored.status == 0, "\(restored.errors)")
        let classified = try await elsewhere.run("classify", "flat tyre", "--json")
        #expect(classified.json.elements.first?["ranking"].elements.first?["intent"].string == "repair.tyre")

        try FileManager.default.removeItem(
            at: elsewhere.url.appendingPathComponent("versions/\(id)/weights.safetensors"))
        let broken = try await elsewhere.run("classify", "flat tyre")
        #expect(
            broken.status == 69 && broken.errors.contains("weights.safetensors: the model \(id)"), "\(broken.errors)")
        try FileManager.default.removeItem(at: file)
        try FileManager.default.removeItem(at: elsewhere.url.appendingPathComponent("models"))
    }

    @Test("what the encoder cannot be trained with is refused in words, and nothing is left behind")
    func refused() async throws {
        let data = try await Self.shop()
        for arguments in [["--method", "magic"], ["--epochs", "0"], ["--learning-rate", "3"]] {
            let result = try await data.run("train", arguments)
            #expect(result.status == 65 && result.errorLines.count == 1, "\(result.errors)")
        }
        #expect(try await data.run("model list", "--json").json["versions"].elements.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: data.url.appendingPathComponent("versions").path))
    }
}
