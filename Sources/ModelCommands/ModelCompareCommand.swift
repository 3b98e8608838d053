import Application
import ArgumentParser
import ConversationDomain
import Foundation
import Hosting
import ModelLifecycle
import ModelRecords
import SQLiteModels
import SQLiteStore
import Terminal

extension ModelCommand {
    /// `frontdesk model compare`: what would change if B went live instead of A.
    struct Compare: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replay recent messages and labelled texts through two versions and list every changed decision.",
            discussion:
                "The bot's own examples are what versions learn from: a file of texts that no version has seen is the better measure. A text counts as acted on rightly when its intent is accepted, or when it is out of scope and rejected."
        )

        @OptionGroup var data: DataOptions

        @Option(help: "Labelled texts: CSV, TSV, JSON lines, CLINC150's JSON (default: the bot's own examples).")
        var file: String?

        @OptionGroup var foreign: ForeignLabelFlags

        @Option(help: "Visitors' newest messages that are replayed, 0 to 100000.")
        var recent = 1_000

        @Option(help: "Rows of each table on the terminal, 1 to 100000; --json gives all.")
        var limit = 20

        @OptionGroup var encoding: EncoderFlags

        @Argument(help: "A version (model_…), a unique ending of it, or 'active'.")
        var a: String

        @Argument(help: "The version to compare it with.")
        var b: String

        func run() async throws {
            try await CommandFailure.reporting {
                guard (0...100_000).contains(recent) else {
                    throw CommandFailure(.data, "--recent: \(recent) is not between 0 and 100000")
                }
                guard (1...100_000).contains(limit) else {
                    throw CommandFailure(.data, "--limit: \(limit) is not between 1 and 100000")
                }
                let labels = try foreign.checked()
                guard labels.isEmpty || file != nil else { throw CommandFailure(.data, "--foreign goes with --file") }
                let database = try data.directory.openExistingDatabase()
                defer { try? database.close() }
                let shelf = VersionShelf(
                    models: SQLiteModelStore(database),
                    encoders: Encoders(data.directory, settings: encoding.settings()))
                let versions = (a: try await shelf.version(named: a), b: try await shelf.version(named: b))
                ProcessPriority.lower()
                let comparison = try await ComparisonRun(
                    database: database, shelf: shelf, progress: TerminalProgress(),
                    file: file.map { LabelledFile(path: $0, foreign: labels) }, recent: recent
                ).compare(versions.a.id, versions.b.id)
                if data.json { return try Output.json(comparison) }
                Output.line(comparison.renderedText(limit: limit))
            }
        }
    }
}
