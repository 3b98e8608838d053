import Application
import ArgumentParser
import ConversationDomain
import Foundation
import ModelFiles
import SQLiteStore
import Terminal

/// `frontdesk backup`: one file with the database as it is now and the weights that belong to it; `--verify` checks one.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract:
            "Copy the database and what belongs to it into one tar file, also while serving; or check such a file.",
        discussion:
            "The file ends with a manifest: size and SHA-256 of everything in it, and the encoders that its model versions need, by hash. Public encoders, which 'make model' installs, are not copied unless --with-encoders is given. The copy needs twice the database's size beside FILE while it is made."
    )

    @OptionGroup var data: DataOptions

    @Flag(help: "Copy the public encoders too: a large file, for a machine that cannot install them.")
    var withEncoders = false

    @Flag(help: "Copy no encoder at all, not even those that were installed from a folder of your own.")
    var withoutModels = false

    @Flag(help: "Check FILE instead: every hash, and the database page by page. No data folder is touched.")
    var verify = false

    @Flag(help: "With --verify: take a file without a manifest, of an older Frontdesk.")
    var unverified = false

    @Argument(help: "The file to write, which must not exist, or to check.")
    var file: String

    func run() async throws {
        try await CommandFailure.reporting {
            guard !(withEncoders && withoutModels) else {
                throw CommandFailure(.data, "--with-encoders and --without-models exclude each other")
            }
            if verify { return try await check() }
            let target = URL(userPath: file)
            guard !FileManager.default.fileExists(atPath: target.path) else {
                throw CommandFailure(.cannotCreate, "\(file): exists already; a backup is never overwritten")
            }
            let database = try data.directory.openExistingDatabase()
            defer { try? database.close() }
            let archive = BackupArchive(
                directory: data.directory, encoders: withEncoders ? .all : withoutModels ? .none : .own)
            let manifest = try await archive.write(database, to: target)
            try report(manifest, bytes: TarReader(target).size)
        }
    }

    private func report(_ manifest: BackupManifest, bytes: UInt64) throws {
        let included = manifest.encoders.filter(\.isIncluded).map(\.name)
        let named = manifest.encoders.filter { !$0.isIncluded }.map(\.name)
        if data.json {
            return try Output.json(
                BackupView(file: file, bytes: bytes, files: manifest.entries.count, encoders: included, named: named))
        }
        Output.line(
            "\(file): \(bytes / 1_000_000) MB, \(manifest.entries.count) files; database"
                + included.map { ", \($0)" }.joined()
                + (named.isEmpty ? "" : "; encoders by name only: \(named.joined(separator: ", "))"))
    }

    /// Unpacks into a folder beside the file, where the room for it is likeliest, or among the temporary ones.
    private func check() async throws {
        let source = URL(userPath: file)
        guard FileManager.default.fileExists(atPath: source.path) else {
            throw CommandFailure(.noInput, "\(file): no such file")
        }
        let scratch = try Self.scratch(beside: source)
        defer { try? FileManager.default.removeItem(at: scratch) }
        let reader = BackupReader(file: source, allowsNoManifest: unverified, writesModels: false)
        let checked = try await reader.check(in: scratch)
        if let manifest = checked.manifest { return try report(manifest, bytes: TarReader(source).size) }
        if data.json {
            return try Output.json(
                BackupView(
                    file: file, bytes: try TarReader(source).size, files: checked.entries.count, encoders: [],
                    named: checked.facts.encoders.map(\.name)))
        }
        Output.line("\(file): no manifest; the database is sound")
    }

    private static func scratch(beside file: URL) throws -> URL {
        let name = ".frontdesk-verify-\(UUID().uuidString)"
        for folder in [file.deletingLastPathComponent(), FileManager.default.temporaryDirectory] {
            let scratch = folder.appending(path: name, directoryHint: .isDirectory)
            if mkdir(scratch.path, 0o700) == 0 { return scratch }
        }
        throw CommandFailure(
            .cannotCreate,
            "\(file.path): there is no folder to unpack it in, neither beside it nor among the temporary ones")
    }
}

private struct BackupView: Encodable {
    let file: String
    let bytes: UInt64
    /// Entries beside the manifest.
    let files: Int
    /// Whose files are in the backup.
    let encoders: [String]
    /// Needed and named by hash only.
    let named: [String]
}
