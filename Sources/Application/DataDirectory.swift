import ConversationDomain
import DataFolder
package import Foundation
import ModelFiles
package import SQLiteStore

/// The folder that holds everything that a bot has: `frontdesk.sqlite`, the encoders in `models/`, and in `versions/` the
/// weights of model versions whose encoder was trained.
package struct DataDirectory: Sendable {
    package let url: URL
    let progress: any ProgressPort

    /// - Parameter progress: is told what was mended or is odd when the folder is opened.
    package init(url: URL, progress: any ProgressPort) {
        self.url = url
        self.progress = progress
    }

    package var databaseFile: URL { url.appending(path: "frontdesk.sqlite") }
    package var modelsDirectory: URL { url.appending(path: "models", directoryHint: .isDirectory) }
    var versionsDirectory: URL { url.appending(path: "versions", directoryHint: .isDirectory) }
    /// Where a training keeps what it needs to go on after it was stopped.
    var trainingDirectory: URL { url.appending(path: "training", directoryHint: .isDirectory) }

    /// Token vectors of the content and of the background sentences, made again where they are missing.
    var rankingDirectory: URL { url.appending(path: "ranking", directoryHint: .isDirectory) }

    /// The files of the pages at `/docs`.
    package var pagesDirectory: URL { url.appending(path: "pages", directoryHint: .isDirectory) }

    /// The records of all training runs.
    package var runsDirectory: URL { url.appending(path: "runs", directoryHint: .isDirectory) }

    /// The folder of a version's own weights; there is none when its encoder is as it was published.
    func folder(of version: ModelVersionID) -> URL {
        versionsDirectory.appending(path: version.rawValue, directoryHint: .isDirectory)
    }

    /// The weights in a version's folder.
    func weights(of version: ModelVersionID) -> URL { folder(of: version).appending(path: "weights.safetensors") }

    /// Opens the database; it is made when it is not there, unless there are signs that it was lost.
    package func openDatabase() throws -> SQLiteDatabase {
        try create()
        let use = try use()
        if !FileManager.default.fileExists(atPath: databaseFile.path) { try checkIsNew() }
        return try SQLiteDatabase(url: databaseFile, holding: use)
    }

    /// Opens a database that must exist already.
    package func openExistingDatabase() throws -> SQLiteDatabase {
        let use = FileManager.default.fileExists(atPath: url.path) ? try use() : nil
        guard FileManager.default.fileExists(atPath: databaseFile.path) else {
            try checkIsNew()
            throw CommandFailure(
                .noInput,
                "\(databaseFile.path): there is no database yet; run 'frontdesk serve' or 'frontdesk import' first")
        }
        tighten()
        return try SQLiteDatabase(url: databaseFile, holding: use)
    }

    /// Makes the folder, readable by its owner only.
    package func create() throws {
        do {
            try FileManager.default.createDirectory(
                at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandFailure(
                .cannotCreate, "\(url.path): the data folder cannot be made; check the path and its owner")
        }
        guard FileManager.default.isWritableFile(atPath: url.path) else {
            throw CommandFailure(.cannotCreate, "\(url.path): the data folder is not writable")
        }
        tighten()
    }

    private func tighten() {
        if let warning = PrivateFolder(url: url).close() { progress.note("warning: \(warning)") }
    }

    /// The folder's lock, shared with all that have the database open, once no stopped restore is left in it.
    private func use() throws -> FolderUse {
        let exchange = FolderExchange(url)
        while true {
            if exchange.isPending {
                if try exchange.finish(under: FolderUse(url, .exclusive, patience: 10)) {
                    progress.note("\(url.path): finished a restore that had been stopped")
                }
            } else if exchange.hasTraces, let alone = try? FolderUse(url, .exclusive, patience: 0) {
                // What a restore had only built; one that is running has the lock.
                try exchange.finish(under: alone)
            }
            let use = try FolderUse(url, .shared)
            // A restore may have begun and been stopped between the two.
            if !exchange.isPending { return use }
        }
    }

    /// A folder without a database gets a new one only when it never had any: a bot that starts from nothing after its
    /// database was lost would hide the loss. A server notes in its lock file that it had one, and only a database has
    /// versions.
    private func checkIsNew() throws {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: versionsDirectory.path)) ?? []
        guard !ServingLock.hadDatabase(url), versions.isEmpty else {
            throw CommandFailure(
                .data,
                "\(databaseFile.path): the database is missing, and this folder had one; restore a backup, or choose an empty folder for a new bot"
            )
        }
    }

    /// The installed encoders, the multilingual one first.
    /// - Throws: ``CommandFailure`` when there is none.
    func installedModels() throws -> [InstalledModel] {
        let models = ModelCatalog.models(in: modelsDirectory)
        guard !models.isEmpty else {
            throw CommandFailure(
                .unavailable,
                "\(modelsDirectory.path): no model is installed; run 'make model' or 'frontdesk model install PATH'")
        }
        return models
    }
}

extension URL {
    /// Relative to the current folder, as a user typed it.
    package init(userPath: String) {
        self.init(fileURLWithPath: userPath)
    }
}
