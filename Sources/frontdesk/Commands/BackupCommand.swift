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
            try BackupArchive.write(database: database, encoders: encoders, to: target)
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

/// The layout of a backup: `frontdesk.sqlite`, then `models/<name>/<file>`.
enum BackupArchive {
    static let databaseName = "frontdesk.sqlite"

    /// The archive appears under its name only when it is complete.
    static func write(database: SQLiteDatabase, encoders: [InstalledModel], to target: URL) throws {
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
        try writer.finish()
        try manager.moveItem(at: archive, to: target)
    }

    /// What was published of a model; what was compiled from it is made again where it is restored.
    private static func files(of encoder: InstalledModel) throws -> [URL] {
        let folder = encoder.directory.resolvingSymlinksInPath()
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { ["json", "safetensors", "txt"].contains($0.pathExtension) }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }
}
