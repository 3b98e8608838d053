public import ConversationDomain
public import Foundation
public import ModelRecords
public import NativeContent
import Tables
import Wire

/// A label set as it was read, and what is doubtful about it.
public struct LabelSetReading: Hashable, Sendable {
    public let set: LabelSet
    /// Warnings only: errors are thrown.
    public let issues: [LintIssue]
}

/// Reads the texts of a classifier: tables, JSON lines, CLINC150's JSON and YAML.
public enum LabelSetReader {
    /// The folder of a content folder that holds label sets, each in files named after its classifier.
    public static let folderName = "classifiers"

    /// Reads the files of one classifier.
    ///
    /// A text that has two labels has none: both rows are left out, with a warning that names their places.
    /// - Throws: ``ContentFileError`` with everything that is wrong in any of the files.
    public static func read(
        _ classifier: ClassifierName, from paths: [URL], format: ContentFormat = .auto,
        options: ReadOptions = ReadOptions()
    ) throws(ContentFileError) -> LabelSetReading {
        var rows = LabelSetRows(classifier, options: options)
        var log = IssueLog(limit: options.limits.errors, skipsBadRows: options.skipsBadRows)
        for path in paths where !log.isFull {
            rows.path = path.relativePath
            do {
                try readFile(path, format: format, into: &rows, log: &log)
            } catch {
                log.error(SourcePlace(path: path.relativePath, line: error.line), error.message)
            }
        }
        let set = rows.labelSet()
        if set.texts.isEmpty, log.errors.isEmpty, let path = paths.first {
            log.error(
                SourcePlace(path: path.relativePath, line: 1),
                "no texts with a label for '\(classifier)' are left to import")
        }
        guard log.errors.isEmpty else {
            throw ContentFileError(issues: log.errors, isIncomplete: log.isFull, notes: log.notes)
        }
        return LabelSetReading(set: set, issues: log.toldWarnings)
    }

    private static func readFile(
        _ url: URL, format: ContentFormat, into rows: inout LabelSetRows, log: inout IssueLog
    ) throws(ReadFault) {
        let options = rows.options
        let source = try SourceText(contentsOf: url, limit: options.limits.fileBytes, takesWorkbooks: true)
        source.tellEncoding(&log)
        let kind = try FileKind.detect(source, format: format)
        guard kind == .yaml else {
            let columns = RowColumns.of(rows.classifier.rawValue)
            return try RowFile.read(source, as: kind, columns: columns, options: options, log: &log) {
                rows.take($0, &$1)
            }
        }
        guard let root = try YAMLNode.parse(source.text) else {
            throw ReadFault(line: 1, message: "the file is empty; expected a label set")
        }
        let found = LabelSetYAML.rows(
            root, of: rows.classifier, path: source.path, limits: options.limits, log: &log)
        for row in found { guard rows.take(row, &log) else { return } }
    }

    /// The files in the `classifiers` folder of a content folder by the classifier that they are named after: the name up to
    /// the first dot. Empty when there is no such folder.
    /// - Throws: ``ContentFileError`` for a file that no classifier can be named after.
    public static func files(in content: URL) throws(ContentFileError) -> [ClassifierName: [URL]] {
        let folder = content.appending(path: folderName)
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
        let base = content.relativePath
        let prefix = (base.hasSuffix("/") ? base : base + "/") + folderName + "/"
        var files: [ClassifierName: [URL]] = [:]
        var issues: [LintIssue] = []
        for name in names where !name.hasPrefix(".") && name != "README.md" {
            guard let classifier = ClassifierName(String(name.prefix { $0 != "." })) else {
                let place = SourcePlace(path: prefix + name, line: 1)
                issues.append(
                    LintIssue(
                        .error, at: place,
                        "the file is to be named after its classifier: a letter, then letters, digits and _"))
                continue
            }
            files[classifier, default: []].append(URL(filePath: prefix + name))
        }
        guard issues.isEmpty else { throw ContentFileError(issues: issues) }
        return files
    }
}
