import Application
import ConversationDomain
import ModelRecords
import SQLiteStore
import Terminal

extension ImportCommand {
    /// `--classifier`: the files are the label set of one classifier.
    func importLabelSet(_ classifier: String, _ labelSets: LabelSetImport) async throws {
        guard locale == nil else {
            throw CommandFailure(.data, "--locale does not go with --classifier: labels have none")
        }
        let set = try labelSets.read(try LabelSetImport.classifier(classifier), from: paths)
        let database = try data.directory.openDatabase()
        defer { try? database.close() }
        let change = try await labelSets.apply([set], to: SQLiteLabelSetStore(database))[0]
        if data.json { return try Output.json(LabelSetChangeView(change)) }
        for line in change.lines { Output.line(line) }
        if dryRun { return Output.line("dry run: nothing was changed") }
        if !change.isEmpty { Output.line("run 'frontdesk train --activate' to learn it") }
    }
}
