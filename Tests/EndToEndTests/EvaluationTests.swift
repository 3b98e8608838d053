import Foundation
import Testing

extension EndToEndTests {
    @Suite("Measuring the understanding") struct EvaluationTests {}
}

extension EndToEndTests.EvaluationTests {
    /// A flower shop in two languages, and what it should reject.
    private static let rows: [(intent: String, texts: [String])] = [
        (
            "送花.时间",
            [
                "花什么时候送到", "今天能送到吗", "几点送花", "明天早上能收到花吗", "送货要多久", "when will the flowers arrive",
                "can you deliver today", "how long does delivery take", "delivery time for a bouquet",
                "will they come before noon",
            ]
        ),
        (
            "价格",
            [
                "这束花多少钱", "玫瑰怎么卖", "有便宜一点的吗", "价格是多少", "一共要付多少", "how much are the roses",
                "what does this bouquet cost", "do you have cheaper ones", "price of a wreath", "is there a discount",
            ]
        ),
        (
            "care.tips",
            [
                "花怎么养", "多久换一次水", "花要晒太阳吗", "怎么让花开得久一点", "花枯萎了怎么办", "how do I keep them fresh",
                "how often should I change the water", "do they need sunlight", "my flowers are wilting",
                "how should I cut the stems",
            ]
        ),
        (
            "out_of_scope",
            [
                "你会写诗吗", "明天天气怎么样", "谁是总统", "帮我订机票", "这道数学题怎么做", "write a poem about cats",
                "what is the weather", "who won the match", "book a flight to Rome", "solve this equation",
            ]
        ),
    ]

    private static func shop(_ more: [(intent: String, texts: [String])] = []) async throws -> DataFolder {
        let data = try DataFolder.empty()
        let imported = try await data.run("import", try file("shop.csv", rows + more).path)
        #expect(imported.status == 0, "\(imported.errors)")
        return data
    }

    private static func file(_ name: String, _ rows: [(intent: String, texts: [String])]) throws -> URL {
        let file = try Scratch.folder("texts").appendingPathComponent(name)
        let lines = rows.flatMap { row in row.texts.map { "\($0),\(row.intent)" } }
        try Data((["text,intent"] + lines).joined(separator: "\n").utf8).write(to: file)
        return file
    }

    @Test("cross-validation writes a page that stands alone, its figures, and an errors file")
    func report() async throws {
        let data = try await Self.shop()
        let folder = try Scratch.unusedPath("report")
        let errors = try Scratch.folder("errors").appendingPathComponent("errors.jsonl")
        let result = try await data.run(
            "evaluate",
            ["--cross-validate", "4", "--report", folder.path, "--errors", errors.path, "--json"])
        #expect(result.status == 0, "\(result.errors)")
        let report = result.json
        #expect(report["samples"] == 40 && report["subject"]["method"] == "cross_validation")
        #expect(report["intents"].elements.map { $0["support"] } == [10, 10, 10, 10])
        #expect(report["learning_curve"]["points"].elements.count == 5)
        #expect(report["latency"] == .null, "no version is live")
        #expect((report["out_of_scope_curve"]["auroc"].number ?? 0) > 0.5)
        let wrong = report["mistakes"].elements
        #expect(wrong.count == 40 - Int(((report["accuracy"].number ?? 0) * 40).rounded()))
        let lines = try String(contentsOf: errors, encoding: .utf8).split(separator: "\n")
        #expect(try lines.map { try JSON(parsing: String($0)) } == wrong)

        let page = try String(contentsOf: folder.appendingPathComponent("report.html"), encoding: .utf8)
        #expect(page.contains("送花.时间") && page.contains("<svg") && !page.contains("http"))
        let kept = try JSON(parsing: try Data(contentsOf: folder.appendingPathComponent("report.json")))
        #expect(kept == report)
    }

    @Test("a figure that misses its bound makes the exit code 1 and is told in a line; one that keeps it does not")
    func failUnder() async throws {
        // A sentence of two intents is taken for the wrong one at least once.
        let data = try await Self.shop([("care.tips", ["what does this bouquet cost"])])
        let kept = try await data.run(
            "evaluate", "--cross-validate", "4", "--fail-under", "accuracy=0.2", "--fail-under", "ece<=0.9")
        #expect(kept.status == 0, "\(kept.errors)")
        let missed = try await data.run(
            "evaluate", "--cross-validate", "4", "--fail-under", "accuracy=1", "--fail-under", "coverage=0.0",
            "--fail-under", "ece=0.0001", "--json")
        #expect(missed.status == 1)
        #expect(missed.json["samples"] == 41, "the result is told all the same")
        let told = missed.errorLines.filter { $0.hasPrefix("frontdesk: ") }
        #expect(told.count == 2, "\(missed.errors)")
        #expect(told.first?.hasPrefix("frontdesk: accuracy >= 1.0 is missed: it is 0.") == true)
        #expect(told.last?.hasPrefix("frontdesk: calibration_error <= 0.0001 is missed: it is 0.") == true)
    }

    @Test("a version is measured on a split of a file, and a part of the examples can be kept back")
    func splitAndHoldOut() async throws {
        let data = try await Self.shop()
        #expect(try await data.run("train", "--activate").status == 0)
        let file = try Scratch.folder("split").appendingPathComponent("split.csv")
        let rows = [
            "text,intent,split", "how much is a rose,价格,valid", "花多少钱,价格,valid", "water for flowers,care.tips,other",
        ]
        try Data(rows.joined(separator: "\n").utf8).write(to: file)
        let valid = try await data.run("evaluate", file.path, "--split", "valid", "--latency", "--json")
        #expect(valid.status == 0 && valid.json["samples"] == 2, "\(valid.errors)")
        #expect(valid.json["latency"]["samples"] == 2 && valid.json["learning_curve"] == .null)
        #expect(valid.json["subject"]["detail"] == "split.csv, split valid")
        let whole = try await data.run("evaluate", file.path, "--no-replies", "--json")
        #expect(whole.json["samples"] == 3 && whole.json["replies"] == .null)
        let none = try await data.run("evaluate", file.path, "--split", "train")
        #expect(none.status == 65 && none.errorLines == ["frontdesk: \(file.path): it has no split 'train'"])
        let held = try await data.run("evaluate", "--hold-out", "0.2", "--json")
        #expect(held.status == 0 && held.json["samples"] == 8, "\(held.errors)")
        #expect(held.json["subject"]["training_examples"]["价格"] == 8)
    }

    @Test("whole replies are measured on a file, with entries and foreign labels as right answers")
    func replies() async throws {
        let data = try await Self.shop()
        let entries = try Scratch.folder("knowledge").appendingPathComponent("shop.en.yaml")
        let yaml =
            "locale: en\nentries:\n  - { id: shop.parking, questions: [where can I park my car, is there a car park], answer: Behind the shop. }\n"
        try Data(yaml.utf8).write(to: entries)
        #expect(try await data.run("import", entries.path).status == 0)
        #expect(try await data.run("train", "--activate").status == 0)
        let file = try Scratch.folder("customers").appendingPathComponent("customers.csv")
        let rows = [
            "text,intent,knowledge", "is there a place to park a car,,shop.parking", "can I park my car,shop.parking,",
            "how much are the red roses,价格,", "How much are the red roses?,价格,", "这束玫瑰花多少钱,价格,",
            "compile my program,NONE,", "my hair is on fire,NONE,",
        ]
        try Data(rows.joined(separator: "\n").utf8).write(to: file)
        let folder = try Scratch.unusedPath("replies")
        let measured = try await data.run(
            "evaluate",
            [file.path, "--foreign", "NONE", "--json", "--report", folder.path, "--no-learning-curve", "--no-latency"])
        #expect(measured.status == 0, "\(measured.errors)")
        let replies = measured.json["replies"]
        #expect(replies["in_scope"]["texts"] == 4 && replies["foreign"]["texts"] == 2, "\(measured.output)")
        #expect(replies["foreign_source"] == "file" && replies["shares"].elements.count == 3)
        #expect((replies["in_scope"]["answered_right"].number ?? 0) >= 2, "\(measured.output)")
        #expect(measured.json["samples"] == 4, "the head knows no entries")
        #expect(measured.json["subject"]["origin"]["author"] == "others")
        #expect(measured.json["subject"]["origin"]["repeated"] == 1)
        let page = try String(contentsOf: folder.appendingPathComponent("report.html"), encoding: .utf8)
        #expect(page.contains("What it replies"))

        let absent = try await data.run("evaluate", file.path, "--foreign", "none")
        #expect(absent.status == 65 && absent.errors.contains("has the label 'none'"), "\(absent.errors)")
        let told = try await data.run("evaluate", file.path)
        #expect(told.errors.contains("warning: the bot has no intent or entry NONE (2)"), "\(told.errors)")
        #expect(told.output.contains("the file has no foreign sentences"), "\(told.output)")
    }

    @Test("what cannot be measured is refused before anything is measured")
    func refused() async throws {
        let data = try await Self.shop()
        for arguments in [
            [], ["--cross-validate", "1"], ["--hold-out", "1"], ["--cross-validate", "4", "--hold-out", "0.2"],
            ["--cross-validate", "4", "--split", "test"], ["--cross-validate", "4", "--foreign", "oos"],
            ["--classifier", "sentiment", "--cross-validate", "4", "--foreign", "oos"],
            ["--cross-validate", "4", "--errors", "errors.txt"],
            ["--cross-validate", "4", "--fail-under", "accuracy"],
            ["--cross-validate", "4", "--fail-under", "sense=1"],
        ] {
            let result = try await data.run("evaluate", arguments)
            #expect(result.status == 65 && result.errorLines.count == 1, "\(arguments): \(result.errors)")
        }
    }

    @Test("training runs are recorded with their curves, compared, and exported for TensorBoard")
    func runs() async throws {
        let data = try await Self.shop()
        #expect(try await data.run("runs list").output.contains("no training runs yet"))
        let head = try await data.run("train", "--json")
        let tuned = try await data.run(
            "train", "--encoder", "all-minilm-l6-v2", "--method", "contrastive", "--epochs", "1", "--json")
        #expect(head.status == 0 && tuned.status == 0, "\(head.errors)\(tuned.errors)")
        let listed = try await data.run("runs list", "--json").json["runs"].elements
        #expect(listed.map { $0["version"] } == [head.json["id"], tuned.json["id"]])
        #expect(
            listed.map { $0["outcome"] } == ["finished", "finished"]
                && listed.map { $0["method"] } == ["head", "contrastive"])
        let shown = try await data.run("runs show", "latest", "--json").json
        #expect(shown["curves"].elements.map { $0["name"] } == ["fold-1", "fold-2", "fold-3", "encoder", "head"])
        for point in shown["curves"][3]["points"].elements {
            #expect((point["loss"].number ?? 0) > 0 && point["learning_rate"].number != nil)
        }
        #expect(shown["metrics"] == tuned.json["metrics"])
        let names = try listed.map { try #require($0["id"].string) }
        let compared = try await data.run("runs compare", names)
        #expect(compared.output.split(separator: "\n").contains { $0.hasPrefix("method") && $0.hasSuffix("differs") })
        let folder = try Scratch.unusedPath("board")
        let exported = try await data.run("runs export", "--to", folder.path)
        #expect(exported.status == 0, "\(exported.errors)")
        let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        // Two curves or five, and the result.
        #expect(files.filter { $0.contains("events.out.tfevents.") }.count == 2 + 6, "\(files)")
        let unknown = try await data.run("runs show", "run_none")
        #expect(unknown.status == 65 && unknown.errorLines.count == 1)
    }

    @Test("a training that fails leaves its record")
    func failedRun() async throws {
        let data = try DataFolder.empty()
        let file = try Self.file("one.csv", [("alone", ["hello", "hi there"])])
        #expect(try await data.run("import", file.path).status == 0)
        let failed = try await data.run("train")
        #expect(failed.status != 0)
        let run = try await data.run("runs show", "--json").json
        #expect(run["outcome"] == "failed" && run["failure"].string?.contains("at least two intents") == true)
    }

    @Test("a training that is killed stays unfinished in the list")
    func killedRun() async throws {
        let data = try await Self.shop()
        let child = try data.start(
            "train", ["--encoder", "all-minilm-l6-v2", "--method", "full", "--epochs", "500"])
        _ = try await eventually("the encoder learns", within: 60) { child.errors.contains("tokens/s") ? true : nil }
        child.send(SIGKILL)
        _ = try await child.wait(within: 10)
        let listed = try await data.run("runs list", "--json").json["runs"].elements
        #expect(listed.map { $0["outcome"] } == ["unfinished"] && listed.first?["version"] == .null)
    }
}
