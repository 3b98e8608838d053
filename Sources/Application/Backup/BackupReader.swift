import BERT
import ConversationDomain
package import Foundation
import IntentModel
package import ModelFiles
import SQLiteStore
import Wire

/// Reads a backup and believes nothing of it: every name, size and hash is checked, then the database page by page.
package struct BackupReader {
    /// What was read and found right.
    package struct Checked {
        /// Nil for a backup of an older program, which has none.
        package let manifest: BackupManifest?
        package let entries: [ArchiveEntry]
        package let facts: DatabaseFacts
        /// The encoders whose files are in the backup.
        let models: [InstalledModel]
    }

    let file: URL
    /// Takes a backup without a manifest too: only the database's own checks then tell whether it is whole.
    var allowsNoManifest: Bool = false
    /// Whether encoders' files are written out, or only hashed.
    var writesModels: Bool = true

    package init(file: URL, allowsNoManifest: Bool = false, writesModels: Bool = true) {
        self.file = file
        self.allowsNoManifest = allowsNoManifest
        self.writesModels = writesModels
    }

    /// Unpacks into an empty folder and checks everything there.
    package func check(in folder: URL) async throws -> Checked {
        let (entries, manifest) = try unpack(into: folder)
        if let manifest {
            try compare(entries, with: manifest)
        } else if !allowsNoManifest {
            throw fault(
                "it has no \(BackupManifest.fileName), so nothing tells whether it is whole: cut off, or made by an older Frontdesk (--unverified takes it as it is)"
            )
        }
        guard entries.contains(where: { BackupName($0.name) == .database }) else {
            throw fault("not a backup of Frontdesk (no database in it)")
        }
        let copy = folder.appending(path: BackupName.databaseName)
        try SQLiteDatabase.inspect(copy, name: "\(file.path): \(BackupName.databaseName)")
        let facts = try await DatabaseFacts(copy: copy)
        try checkVersions(facts, entries, in: folder)
        return Checked(
            manifest: manifest, entries: entries, facts: facts,
            models: writesModels ? try checkedModels(entries, in: folder) : [])
    }

    private func unpack(into folder: URL) throws -> (entries: [ArchiveEntry], manifest: BackupManifest?) {
        var reader = try TarReader(file)
        var entries: [ArchiveEntry] = []
        var manifest: BackupManifest?
        while let entry = try reader.next() {
            guard let name = BackupName(entry.name) else {
                throw fault("not a backup of Frontdesk (it holds \(Self.shown(entry.name)))")
            }
            guard manifest == nil else { throw fault("\(Self.shown(entry.name)) follows the manifest") }
            switch name {
            case .manifest: manifest = try read(reader.content(of: entry, limit: BackupManifest.sizeLimit))
            case .model where !writesModels: entries.append(try reader.content(of: entry, writingTo: nil))
            case .database, .model, .version:
                let target = folder.appending(path: entry.name)
                try FileManager.default.createDirectory(
                    at: target.deletingLastPathComponent(), withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700])
                entries.append(try reader.content(of: entry, writingTo: target))
            }
        }
        return (entries, manifest)
    }

    private func read(_ bytes: Data) throws -> BackupManifest {
        let manifest: BackupManifest
        do {
            manifest = try JSONDecoder.frontdesk().decode(BackupManifest.self, from: bytes)
        } catch {
            throw fault("\(BackupManifest.fileName) is damaged")
        }
        guard manifest.format == BackupManifest.currentFormat else {
            throw fault(
                "its format is \(manifest.format), this program reads \(BackupManifest.currentFormat); update the program"
            )
        }
        return manifest
    }

    private func compare(_ entries: [ArchiveEntry], with manifest: BackupManifest) throws {
        let listed = Dictionary(manifest.entries.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        guard listed.count == manifest.entries.count else {
            throw fault("\(BackupManifest.fileName) lists a file twice")
        }
        for entry in entries {
            guard let expected = listed[entry.name] else {
                throw fault("\(Self.shown(entry.name)) is not listed in \(BackupManifest.fileName)")
            }
            guard entry == expected else {
                throw fault(
                    "\(Self.shown(entry.name)) is damaged: it differs from its hash in \(BackupManifest.fileName)")
            }
        }
        let present = Set(entries.map(\.name))
        if let missing = manifest.entries.first(where: { !present.contains($0.name) }) {
            throw fault("\(Self.shown(missing.name)) is missing")
        }
    }

    /// The weights are those that the database names, and there are no others.
    private func checkVersions(_ facts: DatabaseFacts, _ entries: [ArchiveEntry], in folder: URL) throws {
        let tuned = facts.versions.filter { $0.ownWeightsHash != nil }
        let known = Set(tuned.map(\.id.rawValue))
        for entry in entries {
            guard case .version(let id, _) = BackupName(entry.name) else { continue }
            guard known.contains(id) else {
                throw fault("\(Self.shown(entry.name)) belongs to no version in its database")
            }
        }
        for version in tuned {
            let weights = folder.appending(path: "versions/\(version.id)/weights.safetensors")
            guard (try? EncoderTuner.hash(of: weights)) == version.ownWeightsHash else {
                throw fault("the weights of \(version.id) are missing or damaged")
            }
        }
    }

    /// Every folder in `models/` is an encoder, and its weights are those that its own manifest names.
    private func checkedModels(_ entries: [ArchiveEntry], in folder: URL) throws -> [InstalledModel] {
        let models = ModelCatalog.models(in: folder.appending(path: "models"))
        for entry in entries {
            guard case .model(let name, let file) = BackupName(entry.name) else { continue }
            guard let model = models.first(where: { $0.directory.lastPathComponent == name }),
                model.manifest.name == name
            else { throw fault("'models/\(name)' is not an encoder") }
            if file == "model.safetensors", entry.sha256 != model.manifest.weightsSHA256 {
                throw fault("\(Self.shown(entry.name)) differs from the hash in the encoder's own manifest")
            }
        }
        for model in models
        where !entries.contains(where: { $0.name == "models/\(model.manifest.name)/model.safetensors" }) {
            throw fault("the weights of '\(model.manifest.name)' are missing")
        }
        return models
    }

    private func fault(_ what: String) -> CommandFailure { CommandFailure(.data, "\(file.path): \(what)") }

    /// A name from outside, short and on one line.
    private static func shown(_ name: String) -> String {
        "'" + String(String.UnicodeScalarView(name.unicodeScalars.prefix(80).map { $0.value < 32 ? "?" : $0 })) + "'"
    }
}
