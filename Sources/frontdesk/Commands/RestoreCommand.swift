import Application
import ArgumentParser
import ConversationDomain
import Foundation
import SQLiteStore
import Terminal

/// `frontdesk restore`: a backup in the place of what a data folder holds.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Check a backup and restore it into a data folder that nobody serves.",
        discussion:
            "Nothing of the folder is touched before every hash and the database are found right. A database that is there already is kept: --replace moves it into 'replaced-TIME' inside the folder. A restore that was cut off either left everything as it was or is finished by the next command on the folder."
    )

    @OptionGroup var data: DataOptions

    @Flag(help: "Move the folder's present database aside, with its log and the weights of its versions.")
    var replace = false

    @Flag(help: "Take a file without a manifest, of an older Frontdesk: only the database's own checks are made then.")
    var unverified = false

    @Argument(help: "A file that 'frontdesk backup' wrote.")
    var file: String

    func run() async throws {
        try await CommandFailure.reporting {
            let restoration = Restoration(
                directory: data.directory, replaces: replace,
                reader: BackupReader(file: URL(userPath: file), allowsNoManifest: unverified))
            let outcome = try await restoration.run()
            await note()
            for encoder in outcome.missing { Output.error("warning: \(encoder.advice)") }
            let database = data.directory.databaseFile.path
            if data.json {
                return try Output.json(
                    RestoreView(
                        database: database, models: outcome.models.joined(separator: ","),
                        replaced: outcome.replaced?.path, missingEncoders: outcome.missing.map(\.name)))
            }
            Output.line(
                "\(database): restored" + outcome.models.map { ", \($0)" }.joined()
                    + (outcome.replaced.map { "; what was there before is in \($0.path)" } ?? ""))
        }
    }

    /// In the database that was restored, if it is of a version that has the log; the server migrates it otherwise, later.
    private func note() async {
        guard let database = try? data.directory.openExistingDatabase() else { return }
        defer { try? database.close() }
        await AuditTrail.note(.backupRestored, in: database)
    }
}

private struct RestoreView: Encodable {
    let database: String
    let models: String
    let replaced: String?
    let missingEncoders: [String]

    enum CodingKeys: String, CodingKey {
        case database, models, replaced
        case missingEncoders = "missing_encoders"
    }
}
