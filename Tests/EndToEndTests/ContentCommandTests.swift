import Foundation
import Testing

extension EndToEndTests {
    @Suite("Importing and exporting") struct ContentCommandTests {}
}

extension EndToEndTests.ContentCommandTests {
    /// A bot of two intents and one entry.
    private func smallBot() throws -> URL {
        let folder = try Scratch.folder("bot")
        let knowledge = folder.appendingPathComponent("knowledge")
        try FileManager.default.createDirectory(at: knowledge, withIntermediateDirectories: true)
        let files = [
            "hello.yaml": """
            intent: hello
            description: Says hello.
            examples:
              en: [hello, hi there, good morning]
              zh: [你好, 早上好, 嗨]
            answers:
              - en: "Hello!"
                zh: "你好！"
            """,
            "ticket.yaml": """
            intent: ticket
            description: Asks for a ticket.
            examples:
              en:
                - "what about ticket [A1234567](order_number)"
                - where is my ticket
              zh:
                - 我的工单呢
            slots:
              order_number:
                entity: order_number
                ask: { en: "Which number?", zh: "哪个号?" }
            answers:
              - when: { channel: web }
                en: "Ticket {{order_number}}: https://x.example/{{order_number}}"
                zh: "工单 {{order_number}}"
                buttons: [ { title: { en: "Hello", zh: "你好" }, intent: hello } ]
            """,
            "knowledge/shop.en.yaml": """
            locale: en
            entries:
              - id: shop.open.en
                questions: [When are you open?, Opening hours]
                answer: "Always."
                link: https://x.example/open
            """,
        ]
        for (name, text) in files { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
        return folder
    }

    private func contents(of folder: URL) throws -> [String: String] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        return try Dictionary(
            uniqueKeysWithValues: names.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".md") }.map {
                ($0, try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8))
            })
    }

    private func export(_ data: DataFolder) async throws -> [String: String] {
        let folder = try Scratch.unusedPath("export")
        let result = try await data.run("export", folder.path)
        try #require(result.status == 0, "\(result.errors)")
        return try contents(of: folder)
    }

    @Test("an import that is killed has stored its content and its classifiers, or neither")
    func killed() async throws {
        let bot = try smallBot()
        let classifiers = bot.appendingPathComponent("classifiers")
        try FileManager.default.createDirectory(at: classifiers, withIntermediateDirectories: true)
        let rows = (0..<20_000).map { "text number \($0) of many,\($0.isMultiple(of: 2) ? "even" : "odd")" }
        try Data((["text,label"] + rows).joined(separator: "\n").utf8)
            .write(to: classifiers.appendingPathComponent("parity.csv"))
        var outcomes: Set<String> = []
        // From before anything is written to after all is: 40 ms later each time.
        for step in 0..<30 where outcomes.count < 2 || step < 8 {
            let data = try DataFolder.empty(withModels: false)
            let child = try data.start("import", [bot.path])
            try await Task.sleep(for: .milliseconds(40 * step))
            child.send(SIGKILL)
            _ = try await child.wait(within: 10)
            let classifiers = try await data.run("classifiers list", "--json")
            let exported = try Scratch.unusedPath("export")
            // It fails where there is no database yet.
            _ = try await data.run("export", exported.path)
            let hasContent =
                try FileManager.default.fileExists(atPath: exported.path)
                && contents(of: exported).keys.contains { $0.hasSuffix("hello.yaml") }
            let hasLabels = classifiers.status == 0 && !classifiers.json.elements.isEmpty
            #expect(hasContent == hasLabels, "killed after \(40 * step) ms")
            outcomes.insert(hasContent ? "all" : "nothing")
        }
        #expect(outcomes == ["all", "nothing"])
    }

    @Test("an import without a model works, the same import again changes nothing")
    func twice() async throws {
        let data = try DataFolder.empty(withModels: false)
        let bot = try smallBot()
        let first = try await data.run("import", bot.path, "--json")
        #expect(first.status == 0, "\(first.errors)")
        let before = try await export(data)
        let second = try await data.run("import", bot.path, "--json")
        #expect(second.status == 0 && second.json != first.json)
        #expect(try await export(data) == before)
        #expect(before.keys.contains("hello.yaml") && before.keys.contains("ticket.yaml"))
    }

    @Test("a dry run says what would change, and changes nothing")
    func dryRun() async throws {
        let data = try DataFolder.empty(withModels: false)
        let bot = try smallBot()
        let dry = try await data.run("import", bot.path, "--dry-run", "--json")
        let real = try await data.run("import", bot.path, "--json")
        #expect(dry.status == 0 && real.status == 0, "\(dry.errors)")
        var told = dry.json
        var done = real.json
        // It may say which of the two it was.
        (told["dry_run"], done["dry_run"]) = (.null, .null)
        #expect(told == done)
    }

    @Test("replacing removes what the files do not have; merging keeps it")
    func replace() async throws {
        let data = try DataFolder.empty(withModels: false)
        let bot = try smallBot()
        #expect(try await data.run("import", bot.path).status == 0)
        try FileManager.default.removeItem(at: bot.appendingPathComponent("ticket.yaml"))
        #expect(try await data.run("import", bot.path).status == 0)
        #expect(try await export(data).keys.contains("ticket.yaml"))
        #expect(try await data.run("import", bot.path, "--replace").status == 0)
        #expect(try await export(data).keys.contains("ticket.yaml") == false)
    }

    @Test("the starter bot comes back whole through export and import")
    func roundTrip() async throws {
        let trained = try await DataFolder.trained()
        let folder = try Scratch.unusedPath("export")
        #expect(try await trained.run("export", folder.path).status == 0)
        let fresh = try DataFolder.empty(withModels: false)
        let imported = try await fresh.run("import", folder.path)
        #expect(imported.status == 0, "\(imported.errors)")
        let exported = try contents(of: folder)
        #expect(try await export(fresh) == exported)
        #expect(exported.keys.filter { !$0.hasPrefix("knowledge/") }.count >= 30)
        // Into itself: nothing to train, nothing changed.
        let again = try await trained.run("import", folder.path, "--json")
        let nothing = try await trained.run("import", folder.path, "--dry-run", "--json")
        #expect(again.status == 0 && nothing.status == 0)
        #expect(try await export(trained) == exported)
    }

    /// A wrong file, and the line that is to be named.
    struct Wrong: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        let line: Int
        var testDescription: String { "\(name), line \(line)" }
    }

    static let wrongFiles = [
        Wrong(name: "syntax.yaml", text: "intent: a\nexamples:\n  en: [one, two}\n", line: 3),
        Wrong(name: "field.yaml", text: "intent: a\nexamples:\n  en: [one, two]\nanswres:\n  - en: x\n", line: 4),
        Wrong(name: "type.yaml", text: "intent: a\nexamples:\n  en: 5\n", line: 3),
        Wrong(
            name: "variable.yaml", text: "intent: a\nexamples:\n  en: [one, two]\nanswers:\n  - en: \"{{nothing}}\"\n",
            line: 5),
        Wrong(
            name: "section.yaml",
            text: "intent: a\nexamples:\n  en: [one, two]\nanswers:\n  - en: \"{{#order_number}}x{{/order_number}}\"\n",
            line: 5),
        Wrong(
            name: "marker.yaml", text: "intent: a\nexamples:\n  en:\n    - fine\n    - \"a [b](no such entity!)\"\n",
            line: 5),
        Wrong(
            name: "button.yaml",
            text:
                "intent: a\nexamples:\n  en: [one, two]\nanswers:\n  - en: x\n    buttons: [ { title: { en: T }, intent: no.such } ]\n",
            line: 6),
        Wrong(name: "locale.yaml", text: "intent: a\nexamples:\n  english!:\n    - one\n", line: 3),
        Wrong(name: "name.yaml", text: "intent: \"no name!\"\nexamples:\n  en: [one, two]\n", line: 1),
        Wrong(name: "twice.yaml", text: "intent: a\nintent: b\nexamples:\n  en: [one, two]\n", line: 1),
    ]

    @Test(
        "a wrong file is told by path, line and reason, with exit code 65, and changes nothing", arguments: wrongFiles)
    func wrongFile(_ wrong: Wrong) async throws {
        let data = try DataFolder.empty(withModels: false)
        let bot = try smallBot()
        #expect(try await data.run("import", bot.path).status == 0)
        let before = try await export(data)
        let file = bot.appendingPathComponent(wrong.name)
        try Data(wrong.text.utf8).write(to: file)
        // Something right beside it, which must not be taken either.
        let hello = try String(contentsOf: bot.appendingPathComponent("hello.yaml"), encoding: .utf8)
        try Data(hello.replacing("Hello!", with: "Changed!").utf8).write(to: bot.appendingPathComponent("hello.yaml"))
        let result = try await data.run("import", bot.path)
        #expect(result.status == 65)
        #expect(result.errors.contains("\(wrong.name):\(wrong.line): "), "\(result.errors)")
        #expect(try await export(data) == before)
    }

    @Test("files of other kinds that cannot be read are refused with their path")
    func wrongBytes() async throws {
        let data = try DataFolder.empty(withModels: false)
        let folder = try Scratch.folder("wrong")
        for (name, bytes) in [
            ("binary.yaml", Data((0..<256).map { UInt8($0) })), ("half.csv", Data("text,intent\n\"a,b\n".utf8)),
            ("half.jsonl", Data("{\"text\":\"a\",\"intent\":\"b\"}\n{\"text\":\n".utf8)), ("empty.yaml", Data()),
        ] {
            let file = folder.appendingPathComponent(name)
            try bytes.write(to: file)
            let result = try await data.run("import", file.path)
            #expect(result.status == 65 && result.errors.contains(name), "\(name): \(result.status) \(result.errors)")
            #expect(result.errors.range(of: "\(name):[0-9]+: ", options: .regularExpression) != nil, "\(result.errors)")
        }
        let missing = try await data.run("import", folder.appendingPathComponent("missing.yaml").path)
        #expect([65, 66].contains(missing.status) && missing.errors.contains("missing.yaml"), "\(missing.errors)")
    }

    @Test("tables of sentences are imported too")
    func tables() async throws {
        let data = try DataFolder.empty(withModels: false)
        let folder = try Scratch.folder("tables")
        let csv = folder.appendingPathComponent("more.csv")
        try Data("text,intent\n\"good evening, all\",hello\n晚上好,hello\nhowdy,hello\n".utf8).write(to: csv)
        let lines = folder.appendingPathComponent("more.jsonl")
        try Data("{\"text\":\"see you\",\"intent\":\"bye\"}\n{\"text\":\"farewell\",\"intent\":\"bye\"}\n".utf8).write(
            to: lines)
        let result = try await data.run("import", csv.path, lines.path)
        #expect(result.status == 0, "\(result.errors)")
        let exported = try await export(data)
        #expect(exported["hello.yaml"]?.contains("good evening, all") == true)
        #expect(exported["hello.yaml"]?.contains("晚上好") == true)
        #expect(exported["bye.yaml"]?.contains("farewell") == true)
    }

    @Test("a bot of entries alone trains, and answers in other words")
    func entriesOnly() async throws {
        let root = try Scratch.folder("entries")
        let knowledge = root.appendingPathComponent("knowledge")
        try FileManager.default.createDirectory(at: knowledge, withIntermediateDirectories: true)
        let entries = """
            locale: en
            entries:
              - id: towels
                questions: [Where do I get fresh towels?]
                answer: "Fresh towels are in the cupboard on each floor."
              - id: breakfast
                questions: [When is breakfast served?]
                answer: "Breakfast is from seven to ten."
              - id: parking
                questions: [Is there a car park?]
                answer: "The car park is behind the house."
            """
        try Data(entries.utf8).write(to: knowledge.appendingPathComponent("house.yaml"))
        let data = try DataFolder.empty()
        let nothing = try await data.run("train")
        #expect(nothing.status != 0)
        #expect(try await data.run("import", root.path).status == 0)
        let trained = try await data.run("train", "--activate")
        #expect(trained.status == 0, "\(trained.errors)")
        let server = try await ServerProcess.start(data)
        let chat = try await Caller(server: server, key: try await data.makeKey()).start(["locale": "en"])
        let turn = try await chat.say("at what time is breakfast")
        #expect(turn.replyText == "Breakfast is from seven to ten.")
        #expect(turn["decision"]["knowledge"] == "breakfast")
        #expect(try await chat.say("who won the football match")["decision"]["action"] == "fallback")
        #expect(try await server.stop() == 0)
    }
}
