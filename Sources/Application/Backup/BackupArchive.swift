import BERT
import ConversationDomain
package import Foundation
import ModelFiles
package import SQLiteStore
import Wire

/// Writes a backup: the database as it is at one moment, the weights that belong to it, and the manifest.
package struct BackupArchive {
    /// Which of the installed encoders go into the backup.
    package enum Encoders {
        /// Those that cannot be installed again by name: the ones from a folder.
        case own
        case all
        case none
    }

    let directory: DataDirectory
    let encoders: Encoders

    package init(directory: DataDirectory, encoders: Encoders) {
        self.directory = directory
        self.encoders = encoders
    }

    /// The archive appears under its name only when it is complete and on disk.
    package func write(_ database: SQLiteDatabase, to target: URL) async throws -> BackupManifest {
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
        let copy = scratch.appending(path: BackupName.databaseName)
        try database.backup(to: copy)

        let archive = scratch.appending(path: "backup.tar")
        let time = Date()
        let writer = try TarWriter(creating: archive, modified: time)
        var manifest = BackupManifest(createdAt: time, entries: [], encoders: [])
        // First, since reading the facts below writes to the copy.
        manifest.entries.append(try writer.add(copy, as: BackupName.databaseName))
        let facts = try await DatabaseFacts(copy: copy)
        for var needed in facts.encoders {
            if let installed = included(needed) {
                for file in try Self.files(in: installed.directory.resolvingSymlinksInPath()) {
                    manifest.entries.append(
                        try writer.add(file, as: "models/\(installed.manifest.name)/\(file.lastPathComponent)"))
                }
                needed.isIncluded = true
            }
            manifest.encoders.append(needed)
        }
        for version in facts.versions where version.ownWeightsHash != nil {
            for file in try Self.files(in: directory.folder(of: version.id)) {
                manifest.entries.append(try writer.add(file, as: "versions/\(version.id)/\(file.lastPathComponent)"))
            }
        }
        try writer.add(try JSONEncoder.frontdesk().encode(manifest), as: BackupManifest.fileName)
        try writer.finish()
        try moveIn(archive, to: target)
        return manifest
    }

    private func included(_ needed: BackupManifest.Encoder) -> InstalledModel? {
        let installed = ModelCatalog.models(in: directory.modelsDirectory)
            .first { $0.manifest.weightsSHA256 == needed.weightsSHA256 }
        guard let installed else { return nil }
        return switch encoders {
        case .own: installed.isPublic ? nil : installed
        case .all: installed
        case .none: nil
        }
    }

    private func moveIn(_ archive: URL, to target: URL) throws {
        // A link does not take another file's name, as moving would.
        if link(archive.path, target.path) == 0 { return }
        guard errno != EEXIST else {
            throw CommandFailure(.cannotCreate, "\(target.path): exists already; a backup is never overwritten")
        }
        // Some file systems have no links.
        try FileManager.default.moveItem(at: archive, to: target)
    }

    private static func files(in folder: URL) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { BackupName.fileKinds.contains($0.pathExtension) }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }
}
