import Foundation
import Testing

extension EndToEndTests {
    @Suite("What keeps the program from working is told in one line") struct StartFailureTests {}
}

extension EndToEndTests.StartFailureTests {
    /// A start that must fail, at once.
    private func failedStart(_ data: DataFolder, port: Int? = nil) async throws -> CommandResult {
        let server = try await ServerProcess.launch(data, port: port)
        let status = try await server.child.wait(within: 30)
        return CommandResult(status: status, output: server.child.output, errors: server.child.errors)
    }

    /// Commands may log besides; what is wrong must be one line, and the last.
    private func expectOneLine(
        _ result: CommandResult, naming words: String, _ place: SourceLocation = #_sourceLocation
    ) {
        let all = result.errors + result.output
        #expect(result.status > 0, "\(result.status) \(all)", sourceLocation: place)
        let lines = result.errorLines.filter { $0.contains("frontdesk: ") }
        #expect(lines.count == 1 && lines[0].contains(words), "\(all)", sourceLocation: place)
        #expect(!all.contains("Fatal error") && !all.contains("Stack dump"), sourceLocation: place)
    }

    @Test(
        "a database that is none",
        arguments: [Data("hello, this is not a database at all".utf8), Data(repeating: 0xAB, count: 20_000)])
    func foreignFile(bytes: Data) async throws {
        let data = try DataFolder.empty()
        try bytes.write(to: data.database)
        expectOneLine(try await failedStart(data), naming: "frontdesk.sqlite")
        expectOneLine(try await data.run("keys list"), naming: "frontdesk.sqlite")
        #expect(try Data(contentsOf: data.database) == bytes)
    }

    @Test("a database that is damaged in the middle")
    func damaged() async throws {
        let data = try await DataFolder.trained()
        var bytes = try Data(contentsOf: data.database)
        for offset in stride(from: 8_192, to: bytes.count, by: 4_096) {
            bytes.replaceSubrange(
                offset..<min(offset + 512, bytes.count),
                with: Data(repeating: 0x5A, count: min(512, bytes.count - offset)))
        }
        try bytes.write(to: data.database)
        expectOneLine(try await data.run("migrate"), naming: "frontdesk.sqlite")
        expectOneLine(try await failedStart(data), naming: "frontdesk.sqlite")
    }

    @Test("no model")
    func noModel() async throws {
        expectOneLine(try await failedStart(try DataFolder.empty(withModels: false)), naming: "model")
        let withoutModels = try await DataFolder.trained()
        try FileManager.default.removeItem(at: withoutModels.url.appendingPathComponent("models"))
        expectOneLine(try await failedStart(withoutModels), naming: "model")
        expectOneLine(try await withoutModels.run("classify", "hello"), naming: "model")
        expectOneLine(try await withoutModels.run("train"), naming: "model")
    }

    @Test("a port that is in use")
    func busyPort() async throws {
        let port = try await SharedServer.shared.value.server.port
        expectOneLine(try await failedStart(try await DataFolder.trained(), port: port), naming: "\(port)")
    }

    @Test("a data folder that cannot be written")
    func unwritable() async throws {
        let place = try Scratch.folder("locked")
        // A file where the folder should be cannot be written by anybody, root included.
        let file = place.appendingPathComponent("file")
        try Data().write(to: file)
        let data = DataFolder(url: file.appendingPathComponent("data"))
        expectOneLine(try await failedStart(data), naming: data.url.path)
        expectOneLine(try await data.run("keys create", "--name", "x", "--scope", "chat"), naming: data.url.path)
    }

    @Test(
        "no database, where a command needs one",
        arguments: ["export", "backup", "evaluate", "classify", "model rollback"])
    func noDatabase(command: String) async throws {
        let data = try DataFolder.empty()
        let arguments =
            switch command {
            case "export", "backup": [try Scratch.unusedPath("out").path]
            case "evaluate": ["--cross-validate", "3"]
            case "classify": ["hello"]
            default: [String]()
            }
        let result = try await data.run(command, arguments)
        #expect(result.status > 0 && result.errorLines.count == 1, "\(result.errors)")
    }

    @Test(
        "wrong arguments are told with the usage",
        arguments: [["serve", "--port", "x"], ["serve", "--port", "70000"], ["dance"], ["import"]])
    func wrongArguments(arguments: [String]) async throws {
        let child = try Child(arguments)
        #expect(try await child.wait(within: 10) > 0)
        #expect(!child.errors.isEmpty)
    }

    @Test("help is there for every command")
    func help() async throws {
        let program = try Child(["--help"])
        #expect(try await program.wait(within: 10) == 0)
        let commands = [
            "serve", "import", "train", "evaluate", "classify", "chat", "keys", "model", "export", "backup", "restore",
            "migrate", "migrate-check",
        ]
        for command in commands { #expect(program.output.contains(command)) }
        for command in commands where !["keys", "model"].contains(command) {
            let child = try Child([command, "--help"])
            #expect(try await child.wait(within: 10) == 0)
            #expect(child.output.contains("--data") && child.output.contains("--json"), "\(command)")
        }
    }
}
