import Foundation
import Testing

/// How a finished run of the program ended.
struct CommandResult: Sendable {
    let status: Int32
    let output: String
    let errors: String

    var json: JSON { (try? JSON(parsing: output)) ?? .null }
    var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
}

/// A data folder for the program: a database of its own, and the installed models by a link.
struct DataFolder: Sendable {
    let url: URL

    var database: URL { url.appendingPathComponent("frontdesk.sqlite") }

    /// Without a database.
    static func empty(withModels: Bool = true) throws -> DataFolder {
        let folder = DataFolder(url: try Scratch.folder("data"))
        if withModels {
            try FileManager.default.createSymbolicLink(
                at: folder.url.appendingPathComponent("models"), withDestinationURL: Installation.models)
        }
        return folder
    }

    /// With the starter bot, trained; a copy of what one first start of this test run made.
    static func trained() async throws -> DataFolder {
        let source = try await FirstStart.shared.value.folder
        let folder = try empty()
        // Without the ranking's vectors each server would encode the whole content anew.
        for name in ["frontdesk.sqlite", "frontdesk.sqlite-wal", "ranking"] {
            let item = source.url.appendingPathComponent(name)
            guard FileManager.default.fileExists(atPath: item.path) else { continue }
            try FileManager.default.copyItem(at: item, to: folder.url.appendingPathComponent(name))
        }
        return folder
    }

    /// Runs one subcommand to its end, with this folder as `--data`.
    /// - Parameter command: its name, such as `"keys create"`.
    func run(_ command: String, _ arguments: String..., within seconds: Double = 120) async throws -> CommandResult {
        try await run(command, arguments, within: seconds)
    }

    func run(_ command: String, _ arguments: [String], within seconds: Double = 120) async throws -> CommandResult {
        let child = try start(command, arguments)
        let status = try await child.wait(within: seconds)
        return CommandResult(status: status, output: child.output, errors: child.errors)
    }

    /// Starts one subcommand and leaves it running.
    func start(_ command: String, _ arguments: [String]) throws -> Child {
        let words = command.split(separator: " ").map(String.init)
        return try Child(words + ["--data", url.path] + arguments)
    }

    /// Makes a secret key and gives it.
    func makeKey(_ name: String = "tests", scopes: [String] = ["chat", "classify", "search"], more: [String] = [])
        async throws -> String
    {
        let result = try await run("keys create", ["--name", name] + scopes.flatMap { ["--scope", $0] } + more)
        try #require(result.status == 0, "keys create: \(result.errors)")
        return try #require(Self.key(in: result.output))
    }

    func makePublishableKey(_ name: String, origins: [String]) async throws -> String {
        let result = try await run(
            "keys create", ["--name", name, "--publishable"] + origins.flatMap { ["--origin", $0] })
        try #require(result.status == 0, "keys create: \(result.errors)")
        return try #require(Self.key(in: result.output))
    }

    /// The only word that looks like a key; nil when there are none or several.
    static func key(in output: String) -> String? {
        let words = output.split { !$0.isLetter && !$0.isNumber && $0 != "_" && $0 != "-" }
        let keys = words.filter { $0.hasPrefix("fd_") }
        return keys.count == 1 ? String(keys[0]) : nil
    }
}

/// The one first start of a test run: an empty folder, the starter bot, training.
struct FirstStart: Sendable {
    let folder: DataFolder
    /// `/health/live` and `/health/ready` while the bot was learning; nil if that was never seen.
    let whileTraining: (live: Int, ready: Response)?
    let exitStatus: Int32
    let output: String

    static let shared = Task { try await FirstStart() }

    private init() async throws {
        folder = try DataFolder.empty()
        let server = try await ServerProcess.launch(folder)
        var seen: (live: Int, ready: Response)?
        _ = try await eventually("a first start is ready", within: 240) { () -> Bool? in
            if let status = server.child.status {
                throw ServerProcess.Ended(status: status, errors: server.child.errors)
            }
            guard let live = try? await server.call("GET", "/health/live"),
                let ready = try? await server.call("GET", "/health/ready")
            else { return nil }
            if ready.status == 200 { return true }
            seen = (live.status, ready)
            return nil
        }
        whileTraining = seen
        exitStatus = try await server.stop()
        output = server.child.output + server.child.errors
    }
}
