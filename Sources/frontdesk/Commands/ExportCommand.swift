import Application
import ArgumentParser
import ConversationDomain
import Foundation
import IntentData
import ModelRecords
import SQLiteStore
import Terminal

/// `frontdesk export`: writes the bot's content as files that `frontdesk import` reads.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write intents and knowledge as YAML files, one intent a file, and classifiers as JSON lines.",
        discussion:
            "As csv: intents.csv and faq.csv for a spreadsheet. As rasa: a Rasa 3 project for each language. What these cannot hold is told."
    )

    @OptionGroup var data: DataOptions

    @Option(help: "native, csv or rasa.")
    var format = "native"

    @Flag(help: "Write into a folder that is not empty; files of the same names are replaced.")
    var overwrite = false

    @Argument(help: "The folder to write; made when it is not there.")
    var directory: String

    func run() async throws {
        try await CommandFailure.reporting {
            guard let format = ExportFormat(rawValue: format) else {
                throw CommandFailure(
                    .data,
                    "--format: '\(format)' is none of \(ExportFormat.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            let database = try data.directory.openExistingDatabase()
            defer { try? database.close() }
            let content = try await SQLiteContentStore(database).content().content
            let labelSets = try await SQLiteLabelSetStore(database).labelSets()
            let outcome: ContentWriter.Outcome
            do throws(ContentWriteError) {
                outcome = try ContentWriter.write(
                    content, labelSets: labelSets, as: format, to: URL(userPath: directory), overwriting: overwrite)
            } catch {
                throw CommandFailure(.cannotCreate, error.description)
            }
            for path in outcome.leftOver {
                Output.error(
                    "warning: \(directory)/\(path) was there before and is not of this bot; an import of the folder would read it"
                )
            }
            if !outcome.left.isEmpty {
                let left = outcome.left.joined(separator: ", ")
                Output.error("warning: \(format.rawValue) cannot hold, and the files lack: \(left)")
            }
            if data.json {
                return try Output.json([
                    "intents": content.intents.count, "knowledge": content.knowledge.count,
                    "classifiers": labelSets.count,
                ])
            }
            let classifiers = (format == .native ? labelSets : []).map {
                ", \($0.classifier) (\($0.texts.count) texts)"
            }.joined()
            Output.line(
                "\(directory): \(content.intents.count) intents, \(content.knowledge.count) knowledge entries\(classifiers)"
            )
        }
    }
}
