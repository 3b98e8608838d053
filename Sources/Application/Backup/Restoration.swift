import BERT
import ConversationDomain
import DataFolder
package import Foundation
import ModelFiles
import SQLiteStore

/// Puts a backup in the place of whatever a data folder holds. Everything is unpacked and checked in a folder inside it first;
/// until the exchange begins nothing of the old state is touched, and an exchange that was stopped is carried on by whatever
/// opens the folder next.
package struct Restoration {
    package struct Outcome {
        /// The encoders that came with the backup.
        package let models: [String]
        /// Where the former database is now; nil when there was none.
        package let replaced: URL?
        /// The encoders that the restored versions need and that are not installed.
        package let missing: [BackupManifest.Encoder]
    }

    let directory: DataDirectory
    let replaces: Bool
    let reader: BackupReader

    package init(directory: DataDirectory, replaces: Bool, reader: BackupReader) {
        self.directory = directory
        self.replaces = replaces
        self.reader = reader
    }

    package func run() async throws -> Outcome {
        try directory.create()
        let lock = try ServingLock(directory.url)
        let use = try FolderUse(directory.url, .exclusive)
        let exchange = FolderExchange(directory.url)
        if exchange.isPending { try exchange.finish(under: use) }
        guard replaces || !exchange.hasDatabase else {
            throw CommandFailure(
                .refused,
                "\(directory.databaseFile.path): exists; --replace moves it aside, with what belongs to it, and restores in its place"
            )
        }
        do {
            try exchange.prepare()
            let checked = try await reader.check(in: exchange.staging)
            try moveIn(checked.models)
            let replaced = try exchange.run(at: Date(), under: use)
            lock.noteDatabase()
            return Outcome(
                models: checked.models.map(\.manifest.name), replaced: replaced, missing: missing(checked.facts))
        } catch {
            guard exchange.isPending else {
                exchange.discard()
                throw error
            }
            throw CommandFailure(
                .io,
                "\(CommandFailure(error).message); the backup is sound, and the next command on this folder goes on with the restore"
            )
        }
    }

    /// Encoders are no part of the old state: one that is there stays, one that is missing is added.
    private func moveIn(_ models: [InstalledModel]) throws {
        guard !models.isEmpty else { return }
        let manager = FileManager.default
        try manager.createDirectory(at: directory.modelsDirectory, withIntermediateDirectories: true)
        for model in models {
            let target = directory.modelsDirectory.appending(path: model.manifest.name)
            if !manager.fileExists(atPath: target.path) { try manager.moveItem(at: model.directory, to: target) }
        }
    }

    private func missing(_ facts: DatabaseFacts) -> [BackupManifest.Encoder] {
        let installed = Set(ModelCatalog.models(in: directory.modelsDirectory).map(\.manifest.weightsSHA256))
        return facts.encoders.filter { !installed.contains($0.weightsSHA256) }
    }
}

extension BackupManifest.Encoder {
    /// What to do about an encoder that is not installed.
    package var advice: String {
        let reader = isActive ? "the live model needs" : "a model version that is not live needs"
        return
            "\(reader) the encoder '\(name)' (weights \(weightsSHA256.prefix(12))…), which is not installed: run 'frontdesk model install PATH' with it ('make model' gets the public ones)"
    }
}
