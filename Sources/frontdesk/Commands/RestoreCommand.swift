import ArgumentParser
import BERT
import ConversationDomain
import Foundation
import ModelFiles
import SQLiteStore
import Understanding

/// `frontdesk restore`: a backup into a data folder that has no database.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Restore a backup into a data folder that has no database yet.")

    @OptionGroup var data: DataOptions

    @Argument(help: "A file that 'frontdesk backup' wrote.")
    var file: String

    func run() async throws {
        try await CommandFailure.reporting {
            let directory = data.directory
            try directory.create()
            guard !FileManager.default.fileExists(atPath: directory.databaseFile.path) else {
                throw CommandFailure(
                    .refused,
                    "\(directory.databaseFile.path): exists; restore into an empty folder, or move this file away first"
                )
            }
            let restored = try await Self.restore(URL(userPath: file), into: directory)
            if data.json {
                return try Output.json([
                    "database": directory.databaseFile.path, "models": restored.joined(separator: ","),
                ])
            }
            Output.line("\(directory.databaseFile.path): restored" + restored.map { ", \($0)" }.joined())
        }
    }

    /// Unpacks beside the target, checks everything, then moves it in; the database last, so that a restore that was cut off can be repeated.
    private static func restore(_ file: URL, into directory: DataDirectory) async throws -> [String] {
        let manager = FileManager.default
        let scratch = directory.url.appending(path: ".restore", directoryHint: .isDirectory)
        try? manager.removeItem(at: scratch)
        try manager.createDirectory(
            at: scratch, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        defer { try? manager.removeItem(at: scratch) }
        try unpack(file, into: scratch)

        let copy = scratch.appending(path: BackupArchive.databaseName)
        let database = try SQLiteDatabase(url: copy)
        defer { try? database.close() }
        try database.checkIntegrity()
        let versions = scratch.appending(path: "versions", directoryHint: .isDirectory)
        try await verifyWeights(in: versions, database: database)
        try database.close()

        let models = ModelCatalog.models(in: scratch.appending(path: "models"))
        try manager.createDirectory(at: directory.modelsDirectory, withIntermediateDirectories: true)
        for model in models {
            try model.verifyWeights()
            let target = directory.modelsDirectory.appending(path: model.manifest.name)
            if !manager.fileExists(atPath: target.path) { try manager.moveItem(at: model.directory, to: target) }
        }
        if manager.fileExists(atPath: versions.path) {
            try? manager.removeItem(at: directory.versionsDirectory)
            try manager.moveItem(at: versions, to: directory.versionsDirectory)
        }
        try manager.moveItem(at: copy, to: directory.databaseFile)
        return models.map(\.manifest.name)
    }

    /// - Throws: ``CommandFailure`` when the weights of a version are not those that the database names.
    private static func verifyWeights(in versions: URL, database: SQLiteDatabase) async throws {
        let models = SQLiteModelStore(database)
        for summary in try await models.list() {
            guard let hash = try await models.model(summary.id)?.ownWeightsHash else { continue }
            let weights = versions.appending(path: "\(summary.id)/weights.safetensors")
            guard (try? EncoderTuner.hash(of: weights)) == hash else {
                throw CommandFailure(.data, "the backup's weights of \(summary.id) are missing or damaged")
            }
        }
    }

    private static func unpack(_ file: URL, into scratch: URL) throws {
        let reader = try TarReader(file)
        var hasDatabase = false
        while let entry = try reader.next() {
            let parts = entry.name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            let isDatabase = parts == [BackupArchive.databaseName]
            let isModelFile =
                parts.count == 3 && ["models", "versions"].contains(parts[0])
                && parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") }
            guard isDatabase || isModelFile else {
                throw CommandFailure(
                    .data, "\(file.path): not a backup of Frontdesk (it holds '\(entry.name.prefix(80))')")
            }
            hasDatabase = hasDatabase || isDatabase
            let target = scratch.appending(path: entry.name)
            try FileManager.default.createDirectory(
                at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
            try reader.extract(to: target, size: entry.size)
        }
        guard hasDatabase else {
            throw CommandFailure(.data, "\(file.path): not a backup of Frontdesk (no database in it)")
        }
    }
}
