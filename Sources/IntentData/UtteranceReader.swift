public import ConversationDomain
public import Foundation
public import NativeContent
import Tables
import Wire

/// The sentences of a file that measures a bot, and what is doubtful about the file.
public struct UtteranceReading: Hashable, Sendable {
    /// In the order of the file, repeats too; at least one.
    public let utterances: [LabelledUtterance]
    /// Warnings only: errors are thrown.
    public let issues: [LintIssue]
    /// The foreign labels of the options that a row had.
    public let foreignLabels: Set<UTF8Text>
}

/// Reads files that measure a bot: rows of texts with an intent, a knowledge entry or both, or content with its examples and
/// questions.
public enum UtteranceReader {
    /// - Throws: ``ContentFileError`` with everything that is wrong, also when no text is left.
    public static func read(
        _ url: URL, options: ReadOptions = ReadOptions()
    ) throws(ContentFileError) -> UtteranceReading {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue {
            return try content(url, options)
        }
        let path = url.relativePath
        var log = IssueLog(limit: options.limits.errors, skipsBadRows: options.skipsBadRows)
        var rows = UtteranceRows(path: path, options: options)
        do {
            let source = try SourceText(contentsOf: url, limit: options.limits.fileBytes, takesWorkbooks: true)
            source.tellEncoding(&log)
            let kind = try FileKind.detect(source, format: .auto)
            if kind != .yaml, kind != .markdown {
                try RowFile.read(source, as: kind, columns: .ofUtterances, options: options, log: &log) {
                    rows.add($0, &$1)
                }
            } else {
                rows.isContent = true
            }
        } catch {
            log.error(SourcePlace(path: path, line: error.line), error.message)
        }
        if rows.isContent { return try content(url, options) }
        if rows.utterances.isEmpty, log.errors.isEmpty {
            log.error(SourcePlace(path: path, line: 1), "no texts with a label are left to measure on")
        }
        guard log.errors.isEmpty else {
            throw ContentFileError(issues: log.errors, isIncomplete: log.isFull, notes: log.notes)
        }
        return UtteranceReading(
            utterances: rows.utterances, issues: log.toldWarnings, foreignLabels: rows.foreignLabels)
    }

    /// The examples of intents and the questions of entries.
    private static func content(_ url: URL, _ options: ReadOptions) throws(ContentFileError) -> UtteranceReading {
        var plain = options
        plain.foreignLabels = []
        let result = try ContentReader.read(paths: [url], options: plain)
        let foreign = Set(result.content.intents.map { UTF8Text($0.name.rawValue) }).intersection(options.foreignLabels)
        let examples = result.content.intents.flatMap { intent in
            let name = foreign.contains(UTF8Text(intent.name.rawValue)) ? .outOfScope : intent.name
            return intent.examples.map { LabelledUtterance(text: $0.text, labels: [.name(name)]) }
        }
        let questions = result.content.knowledge.flatMap { entry in
            entry.questions.map { LabelledUtterance(text: $0, labels: [.knowledge(entry.id)]) }
        }
        guard !examples.isEmpty || !questions.isEmpty else {
            let place = SourcePlace(path: url.relativePath, line: 1)
            throw ContentFileError(issues: [LintIssue(.error, at: place, "no texts with a label to measure on")])
        }
        return UtteranceReading(
            utterances: examples + questions, issues: result.issues, foreignLabels: foreign)
    }
}

/// Turns the rows of one file into utterances.
private struct UtteranceRows {
    let path: String
    let options: ReadOptions
    private(set) var utterances: [LabelledUtterance] = []
    private(set) var foreignLabels: Set<UTF8Text> = []
    /// The file has no rows, but content.
    var isContent = false
    private var names: LabelNames<IntentName>

    init(path: String, options: ReadOptions) {
        self.path = path
        self.options = options
        names = .ofIntents(options)
    }

    /// Checks a row and takes it; false when reading on is useless.
    mutating func add(_ row: LabelledRow, _ log: inout IssueLog) -> Bool {
        let place = row.place(path)
        if let fault = row.fault {
            log.rowError(place, fault)
            return !log.isFull
        }
        if let split = row.split.map(LabelledRows.trimmed), !split.isEmpty, !options.split.takes(split) { return true }
        do {
            let text = try TextRule.checked(row.text, limit: options.limits.text)
            guard let labels = labels(of: row, place, &log) else { return !log.isFull }
            guard utterances.count < options.limits.rows else {
                log.error(place, "more than \(options.limits.rows) texts; expected fewer rows")
                return false
            }
            utterances.append(LabelledUtterance(text: text, labels: labels))
        } catch {
            log.rowError(place, "the text \(error.message)")
        }
        return !log.isFull
    }

    /// Nil when a label is wrong or there is none.
    private mutating func labels(
        of row: LabelledRow, _ place: SourcePlace, _ log: inout IssueLog
    ) -> [LabelledUtterance.Label]? {
        let (label, entry) = (LabelledRows.trimmed(row.label), LabelledRows.trimmed(row.knowledge ?? ""))
        var labels: [LabelledUtterance.Label] = []
        if !entry.isEmpty {
            guard let id = KnowledgeID(entry) else {
                log.rowError(
                    place,
                    "the entry's id cannot be '\(entry.prefix(80))', expected 1 to 128 letters, digits and . _ - / :")
                return nil
            }
            labels.append(.knowledge(id))
        }
        if !label.isEmpty || entry.isEmpty {
            if options.isForeign(label) { foreignLabels.insert(UTF8Text(label)) }
            guard let name = names.name(label, place, &log) else { return nil }
            labels.insert(.name(name), at: 0)
        }
        return labels
    }
}
