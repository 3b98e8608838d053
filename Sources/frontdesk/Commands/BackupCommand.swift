import ArgumentParser
import BERT
import ConversationDomain
import Foundation
import ModelFiles
import SQLiteStore

/// `frontdesk backup`: one file with the database as it is now and the encoders that its models need.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the database and the models it refers to into one tar file, also while serving.")

    @OptionGroup var data: DataOptions

    @Flag(help: "Leave the encoders out: a small file, for a machine that has them.")
    var withoutModels = false

    @Argument(help: "The file to write; it must not exist.")
    var file: String

    func run() async throws {
        try await CommandFailure.reporting {
            let target = URL(userPath: file)
            guard !FileManager.default.fileExists(atPath: target.path) else {
                throw CommandFailure(.cannotCreate, "\(file): exists already; a backup is never overwritten")
            }
            let database = try data.directory.openExistingDatabase()
            defer { try? database.close() }
            let names = Set(try await SQLiteModelStore(database).list().map(\.encoder))
            let encoders =
                withoutModels
                ? []
                : ModelCatalog.models(in: data.directory.modelsDirectory).filter { names.contains($0.manifest.name) }
            try await BackupArchive.write(
                database: database, encoders: encoders, versions: data.directory, to: target)
            let size = try target.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
            if data.json {
                return try Output.json(BackupView(file: file, bytes: size, encoders: encoders.map(\.manifest.name)))
            }
            Output.line("\(file): \(size / 1_000_000) MB; database" + encoders.map { ", \($0.manifest.name)" }.joined())
        }
    }
}

private struct BackupView: Encodable {
    let file: String
    let bytes: Int
    let encoders: [String]
}

/// The layout of a backup: `frontdesk.sqlite`, then `models/<name>/<file>` and `versions/<id>/<file>`.
enum BackupArchive {
    static let databaseName = "frontdesk.sqlite"

    /// The archive appears under its name only when it is complete.
    /// - Parameter versions: where the weights of trained encoders are; those of versions that the copy names are added.
    static func write(
        database: SQLiteDatabase, encoders: [InstalledModel], versions: DataDirectory, to target: URL
    ) async throws {
        let scratch = target.deletingLastPathComponent().appending(
            path: ".\(target.lastPathComponent).partial", directoryHint: .isDirectory)
        let manager = FileManager.default
        try? manager.removeItem(at: scratch)
        do {
            try manager.createDirectory(
                at: scratch, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandFailure(.cannotCreate, "\(target.path): cannot be written; check the folder and its owner")
        }
        defer { try? manager.removeItem(at: scratch) }
        let copy = scratch.appending(path: databaseName)
        try database.backup(to: copy)
        let archive = scratch.appending(path: "backup.tar")
        let writer = try TarWriter(creating: archive, modified: Date())
        try writer.add(copy, as: databaseName)
        for encoder in encoders {
            for file in try files(of: encoder) {
                try writer.add(file, as: "models/\(encoder.manifest.name)/\(file.lastPathComponent)")
            }
        }
        for id in try await tunedVersions(in: copy) {
            for file in try files(in: versions.folder(of: id)) {
                try writer.add(file, as: "versions/\(id)/\(file.lastPathComponent)")
            }
        }
        try writer.finish()
        try manager.moveItem(at: archive, to: target)
    }

    /// The versions in a copy of the database that have weights of their own.
    private static func tunedVersions(in copy: URL) async throws -> [ModelVersionID] {
        let database = try SQLiteDatabase(url: copy)
        defer { try? database.close() }
        let models = SQLiteModelStore(database)
        var tuned: [ModelVersionID] = []
        for summary in try await models.list() {
            if try await models.model(summary.id)?.hasOwnWeights == true { tuned.append(summary.id) }
        }
        return tuned
    }

    private static func files(of encoder: InstalledModel) throws -> [URL] {
        try files(in: encoder.directory.resolvingSymlinksInPath())
    }

    /// What was published or trained of a model; what was compiled from it is made again where it is restored.
    private static func files(in folder: URL) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { ["json", "safetensors", "txt"].contains($0.pathExtension) }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }
}
