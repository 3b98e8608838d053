import Foundation
import Testing

extension EndToEndTests {
    @Suite("Entities of the owner's own") struct EntityTests {}
}

extension EndToEndTests.EntityTests {
    private static let goods = [
        "kettle", "desk lamp", "toaster", "office chair", "mirror", "alarm clock", "blender", "carpet", "fan", "radio",
    ]

    private static let frames = [
        "do you have the [x](product) in stock", "I want to buy a [x](product)", "is the [x](product) available",
        "how much is your [x](product)", "I am looking for a [x](product) please",
    ]

    private static let other = [
        "hello", "good morning", "hi there", "what are your opening hours", "can I talk to somebody", "thank you",
        "you are welcome", "where is your shop", "how do I get to you", "see you tomorrow",
    ]

    /// A shop whose examples mark products, with sizes listed in two languages.
    private static func shop() throws -> URL {
        let folder = try Scratch.folder("entity-shop")
        let sentences = goods.enumerated().flatMap { index, product in
            (0..<3).map { frames[(index + $0) % frames.count].replacingOccurrences(of: "x]", with: "\(product)]") }
        }
        let files = [
            "product.ask.yaml": "intent: product.ask\nexamples:\n  en:\n"
                + sentences.map { "    - \"\($0)\"\n" }.joined(),
            "talk.yaml": "intent: talk\nexamples:\n  en:\n" + other.map { "    - \($0)\n" }.joined(),
            "entities.yaml": """
            entities:
              size:
                values:
                  small: { en: [S, tiny], zh: [小号] }
                  extra large: { en: [XL], zh: [加大] }
                patterns:
                  - "EU \\\\d{2}"
            """,
        ]
        for (name, text) in files { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
        return folder
    }

    @Test("products that were marked, sizes that were listed and typed values are found where the customer wrote them")
    func found() async throws {
        let data = try DataFolder.empty()
        let folder = try Self.shop()
        let imported = try await data.run("import", folder.path, "--json")
        #expect(imported.status == 0 && imported.json["entities_added"].integer == 1, "\(imported.errors)")
        let trained = try await data.run("train", "--activate", "--encoder", "multilingual-e5-small")
        #expect(trained.status == 0, "\(trained.errors)")

        let text = "👍🏽 do you have  the office lamp in XL, or 小号 for $20?"
        let classified = try await data.run("classify", text, "--json")
        let entities = try #require(classified.json.elements.first?["entities"].elements)
        #expect(
            entities.map { $0.picking("entity", "value", "text", "start", "end") } == [
                ["entity": "product", "value": "office lamp", "text": "office lamp", "start": 20, "end": 31],
                ["entity": "size", "value": "extra large", "text": "XL", "start": 35, "end": 37],
                ["entity": "size", "value": "small", "text": "小号", "start": 42, "end": 44],
                ["entity": "amount", "value": "20.00", "text": "$20", "start": 49, "end": 52],
            ], "\(classified.output)")
        #expect((entities.first?["confidence"].number ?? 0) > 0.5)
        #expect(entities.dropFirst().allSatisfy { $0.keys.contains("confidence") && $0["confidence"].number == nil })
    }

    @Test("evaluate --entities prints its tables for a file, for marked examples, and by cross-validation")
    func evaluated() async throws {
        let data = try DataFolder.empty()
        let folder = try Self.shop()
        _ = try await data.run("import", folder.path)
        let trained = try await data.run("train", "--activate", "--encoder", "multilingual-e5-small")
        #expect(trained.status == 0, "\(trained.errors)")
        let file = folder.appendingPathComponent("test.jsonl")
        try Data(
            """
            {"text": "is the hair dryer available", "slots": [{"slot": "product", "start": 7, "end": 17}]}
            {"tokens": ["XL", "please"], "bio": ["B-size", "O"]}
            """.utf8
        ).write(to: file)
        let onFile = try await data.run("evaluate", "--entities", file.path, "--json")
        #expect(onFile.status == 0, "\(onFile.errors)")
        #expect(onFile.json["sentences"].integer == 2 && onFile.json["tokens"]["support"].integer == 7)
        #expect(onFile.json["entities"]["labels"].elements.map { $0["label"].string } == ["product", "size"])

        let report = try Scratch.unusedPath("entity-report")
        let ownFile = folder.appendingPathComponent("product.ask.yaml").path
        let own = try await data.run("evaluate", "--entities", ownFile, "--report", report.path)
        #expect(own.status == 0, "\(own.errors)")
        #expect(own.output.contains("B-product") && own.output.contains("= weighted"), "\(own.output)")
        #expect(
            try String(contentsOf: report.appendingPathComponent("entities.txt"), encoding: .utf8) + "\n" == own.output)

        let folds = try await data.run("evaluate", "--entities", "--cross-validate", "3", "--json")
        #expect(folds.status == 0, "\(folds.errors)")
        #expect(folds.json["entities"]["support"].integer == 30)
        #expect((folds.json["entities"]["averages"]["micro"]["f1"].number ?? 0) > 0.8, "\(folds.output)")
        let missed = try await data.run(
            "evaluate", "--entities", ownFile, "--fail-under", "accuracy=0", "--fail-under", "ece=1")
        #expect(missed.status == 1)
        #expect(missed.errorLines.last == "frontdesk: calibration_error <= 1.0 is missed: it could not be measured")
        let missing = try await data.run("evaluate", "--entities", folder.path + "/none.jsonl")
        #expect(missing.status == 66)
    }

    @Test("a changed list counts at once, without training; what is exported is what was imported")
    func changed() async throws {
        let data = try DataFolder.empty()
        let folder = try Self.shop()
        _ = try await data.run("import", folder.path)
        let trained = try await data.run("train", "--activate", "--encoder", "all-minilm-l6-v2")
        #expect(trained.status == 0, "\(trained.errors)")
        let list = folder.appendingPathComponent("entities.yaml")
        try Data("entities:\n  size:\n    values: [medium]\n".utf8).write(to: list)
        let imported = try await data.run("import", list.path, "--json")
        #expect(imported.json["entities_changed"].integer == 1 && imported.json["needs_training"].bool == false)
        let classified = try await data.run("classify", "XL or medium", "--json")
        let sizes = classified.json.elements.first?["entities"].elements.filter { $0["entity"] == "size" }
        #expect(sizes?.map { $0["value"].string } == ["medium"], "\(classified.output)")
        let target = try Scratch.unusedPath("entity-export")
        #expect(try await data.run("export", target.path).status == 0)
        let written = try String(contentsOf: target.appendingPathComponent("entities.yaml"), encoding: .utf8)
        #expect(written == "entities:\n  size:\n    values:\n      medium:\n")
    }

    @Test("a wrong list is refused with its line, and changes nothing")
    func refused() async throws {
        let data = try DataFolder.empty(withModels: false)
        let file = try Scratch.folder("bad-entities").appendingPathComponent("entities.yaml")
        try Data("entities:\n  size:\n    patterns:\n      - \"EU (\\\\d\"\n".utf8).write(to: file)
        let imported = try await data.run("import", file.path)
        #expect(imported.status == 65)
        #expect(
            imported.errors.contains(
                "entities.yaml:4: error: the pattern 'EU (\\d' of the entity 'size' has a '(' without ')'"),
            "\(imported.errors)")
    }
}
