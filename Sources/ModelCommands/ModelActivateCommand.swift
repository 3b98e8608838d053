import Application
import ArgumentParser
import ConversationDomain
import Foundation
import ModelRecords
import SQLiteModels
import SQLiteStore
import Terminal

extension ModelCommand {
    struct Activate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a trained version the live one; a running server changes over by itself.")

        @OptionGroup var data: DataOptions
        @OptionGroup var promotion: PromotionFlags
        @OptionGroup var encoding: EncoderFlags

        @Argument(help: "The version (model_…), or a unique ending of it.")
        var version: String

        func run() async throws {
            try await CommandFailure.reporting {
                guard promotion.foreign.labels.isEmpty || promotion.file != nil else {
                    throw CommandFailure(.data, "--foreign goes with --file")
                }
                let database = try data.directory.openExistingDatabase()
                defer { try? database.close() }
                let shelf = VersionShelf(
                    models: SQLiteModelStore(database),
                    encoders: Encoders(data.directory, settings: encoding.settings()))
                let id = try await shelf.version(named: version).id
                let report = try await Promotion(
                    database: database, shelf: shelf, guarding: try promotion.guarding(), progress: TerminalProgress(),
                    refused: { if data.json { try Output.json($0) } }
                ).activate(id)
                switch (data.json, report) {
                case (true, let report?): try Output.json(report)
                case (true, nil): try Output.json(["active": id.rawValue])
                case (false, let report?):
                    Output.line(
                        "active: \(id); no intent loses more than \(String(format: "%g", report.maxLoss)) points on \(report.texts) labelled texts"
                    )
                case (false, nil): Output.line("active: \(id)")
                }
            }
        }
    }

    struct Rollback: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make the version live that was live before.")

        @OptionGroup var data: DataOptions

        func run() async throws {
            try await CommandFailure.reporting {
                let database = try data.directory.openExistingDatabase()
                defer { try? database.close() }
                let models = SQLiteModelStore(database)
                if let previous = try await models.previousID() {
                    _ = try await VersionShelf(models: models, encoders: Encoders(data.directory)).open(previous)
                }
                let id = try await models.rollback(at: Date())
                await AuditTrail.note(.modelRolledBack, id.rawValue, in: database)
                if data.json { return try Output.json(["active": id.rawValue]) }
                Output.line("active: \(id)")
            }
        }
    }
}
