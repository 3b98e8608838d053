import Application
import ArgumentParser
import ConversationDomain
import Foundation
import IntentData
import ModelRecords
import NativeContent
import SQLiteStore
import Terminal

/// `frontdesk import`: intents and knowledge from files into the database.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract:
            "Import intents, knowledge and classifiers: native YAML, tables, Excel workbooks, JSON and others' projects.",
        discussion:
            "All or nothing, unless --skip-bad-rows is given. A running server takes the change over by itself; new examples count after 'frontdesk train'."
    )

    @OptionGroup var data: DataOptions

    @Option(help: "auto, yaml, csv, tsv, jsonl, json or clinc.")
    var format = "auto"

    @Option(help: "The locale of texts whose file names none (default: told from the script).")
    var locale: String?

    @Option(help: "Which rows of a divided file: all, train, validation or test (default: all but test).")
    var split: String?

    @Option(
        help:
            "The files are texts with the labels of this classifier, such as sentiment, and not of intents; a table's column may have its name."
    )
    var classifier: String?

    @Option(
        help:
            "What a table's columns hold, for one without column names or with others: text,intent or question,answer,link; an empty name is a column that is not used."
    )
    var columns: String?

    @Option(help: "The sheet of an Excel workbook (default: all that are not hidden).")
    var sheet: String?

    @Option(help: "What the links to imported pages of documentation begin with: https://docs.example/guide.")
    var baseUrl: String?

    @Flag(help: "Leave rows that are wrong out, and tell them, instead of refusing everything.")
    var skipBadRows = false

    @OptionGroup var foreign: ForeignLabelFlags

    @Flag(help: "Show what would change and change nothing.")
    var dryRun = false

    @Flag(help: "Remove what the files do not have.")
    var replace = false

    @Argument(help: "Files, or folders such as Intents.")
    var paths: [String]

    func run() async throws {
        try await CommandFailure.reporting {
            let labelSets = LabelSetImport(
                format: try contentFormat(), options: try readOptions(), isReplacing: replace, isDryRun: dryRun,
                progress: TerminalProgress())
            guard classifier == nil || foreign.labels.isEmpty else {
                throw CommandFailure(
                    .data, "--foreign does not go with --classifier: a text that has none of its labels is left out")
            }
            if let classifier { return try await importLabelSet(classifier, labelSets) }
            let content = ContentImport(
                format: labelSets.format, options: labelSets.options, isReplacing: replace, isDryRun: dryRun,
                labelSets: try labelSets.readFolders(paths), progress: TerminalProgress())
            let database = try data.directory.openDatabase()
            defer { try? database.close() }
            let (change, labelChanges) = try await content.run(
                paths, into: SQLiteContentStore(database))
            if !dryRun { await AuditTrail.note(.contentImported, in: database) }
            if data.json { return try Output.json(ContentChangeView(change, labelChanges, isDryRun: dryRun)) }
            for line in Self.lines(change) + labelChanges.flatMap(\.lines) { Output.line(line) }
            if dryRun { return Output.line("dry run: nothing was changed") }
            if change.needsTraining || labelChanges.contains(where: { !$0.isEmpty }) {
                Output.line("examples changed: run 'frontdesk train --activate' to learn them")
            }
        }
    }

    static func lines(_ change: ContentChange) -> [String] {
        guard !change.isEmpty else { return ["nothing to change"] }
        func names(_ intents: [IntentName]) -> String {
            let shown = intents.prefix(8).map(\.rawValue).joined(separator: ", ")
            return intents.count > 8 ? "\(shown) and \(intents.count - 8) more" : shown
        }
        var lines: [String] = []
        if !change.intentsAdded.isEmpty {
            lines.append("intents added: \(change.intentsAdded.count) (\(names(change.intentsAdded)))")
        }
        if !change.intentsChanged.isEmpty {
            lines.append("intents changed: \(change.intentsChanged.count) (\(names(change.intentsChanged)))")
        }
        if !change.intentsRemoved.isEmpty {
            lines.append("intents removed: \(change.intentsRemoved.count) (\(names(change.intentsRemoved)))")
        }
        lines.append(
            "examples: +\(change.examplesAdded) −\(change.examplesRemoved), answers changed: \(change.templatesChanged)"
        )
        lines.append(
            "knowledge: +\(change.knowledgeAdded) −\(change.knowledgeRemoved), changed: \(change.knowledgeChanged)")
        if change.entitiesAdded + change.entitiesRemoved + change.entitiesChanged > 0 {
            lines.append(
                "entities: +\(change.entitiesAdded) −\(change.entitiesRemoved), changed: \(change.entitiesChanged)")
        }
        if change.settingsChanged { lines.append("settings changed") }
        if change.teamsChanged { lines.append("teams changed") }
        if !change.phrasesChanged.isEmpty {
            lines.append("phrases changed: \(change.phrasesChanged.map(\.rawValue).joined(separator: ", "))")
        }
        return lines
    }

    private func contentFormat() throws -> ContentFormat {
        guard let format = ContentFormat(rawValue: format) else {
            throw CommandFailure(
                .data,
                "--format: '\(format)' is none of \(ContentFormat.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return format
    }

    private func readOptions() throws -> ReadOptions {
        var options = ReadOptions()
        options.columns = columns.map { names in
            names.split(separator: ",", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
        }
        options.sheet = sheet
        options.baseURL = try KnowledgeSync.checked(baseURL: baseUrl)
        options.skipsBadRows = skipBadRows
        options.foreignLabels = Set(try foreign.checked().map { UTF8Text($0) })
        if let locale {
            guard let parsed = BotLocale(locale) else {
                throw CommandFailure(.data, "--locale: '\(locale)' is not a language tag such as en or zh-CN")
            }
            options.defaultLocale = parsed
        }
        switch split {
        case nil: break
        case "all": options.split = .all
        case .some(let name): options.split = .only(name)
        }
        return options
    }
}

private struct ContentChangeView: Encodable {
    let dryRun: Bool
    let intentsAdded: [IntentName]
    let intentsChanged: [IntentName]
    let intentsRemoved: [IntentName]
    let examplesAdded: Int
    let examplesRemoved: Int
    let answersChanged: Int
    let knowledgeAdded: Int
    let knowledgeChanged: Int
    let knowledgeRemoved: Int
    let entitiesAdded: Int
    let entitiesChanged: Int
    let entitiesRemoved: Int
    let settingsChanged: Bool
    let phrasesChanged: [BotLocale]
    let teamsChanged: Bool
    let classifiers: [LabelSetChangeView]
    let needsTraining: Bool

    init(_ change: ContentChange, _ labelChanges: [LabelSetChange], isDryRun: Bool) {
        dryRun = isDryRun
        intentsAdded = change.intentsAdded
        intentsChanged = change.intentsChanged
        intentsRemoved = change.intentsRemoved
        examplesAdded = change.examplesAdded
        examplesRemoved = change.examplesRemoved
        answersChanged = change.templatesChanged
        knowledgeAdded = change.knowledgeAdded
        knowledgeChanged = change.knowledgeChanged
        knowledgeRemoved = change.knowledgeRemoved
        entitiesAdded = change.entitiesAdded
        entitiesChanged = change.entitiesChanged
        entitiesRemoved = change.entitiesRemoved
        settingsChanged = change.settingsChanged
        phrasesChanged = change.phrasesChanged
        teamsChanged = change.teamsChanged
        classifiers = labelChanges.map(LabelSetChangeView.init)
        needsTraining = change.needsTraining || labelChanges.contains { !$0.isEmpty }
    }

    enum CodingKeys: String, CodingKey {
        case dryRun = "dry_run"
        case intentsAdded = "intents_added"
        case intentsChanged = "intents_changed"
        case intentsRemoved = "intents_removed"
        case examplesAdded = "examples_added"
        case examplesRemoved = "examples_removed"
        case answersChanged = "answers_changed"
        case knowledgeAdded = "knowledge_added"
        case knowledgeChanged = "knowledge_changed"
        case knowledgeRemoved = "knowledge_removed"
        case entitiesAdded = "entities_added"
        case entitiesChanged = "entities_changed"
        case entitiesRemoved = "entities_removed"
        case settingsChanged = "settings_changed"
        case phrasesChanged = "phrases_changed"
        case teamsChanged = "teams_changed"
        case classifiers
        case needsTraining = "needs_training"
    }
}
