import NativeContent
import Tables

/// The formats that hold one text and its label a row.
enum RowFile {
    /// Hands every row to `take`, in the order of the file, until `take` answers that reading on is useless.
    /// - Parameter root: what the text is as JSON, where that was read already.
    /// - Throws: ``ReadFault`` when the file cannot be read on.
    static func read(
        _ source: SourceText, as kind: FileKind, root: JSONNode? = nil, columns: RowColumns, options: ReadOptions,
        log: inout IssueLog,
        take: (LabelledRow, inout IssueLog) -> Bool
    ) throws(ReadFault) {
        switch kind {
        case .table(let delimiter):
            try TableRows.read(source, delimiter: delimiter, columns: columns, options: options, log: &log, take: take)
        case .jsonLines: JSONLineRows.read(source, columns: columns, log: &log, take: take)
        case .json:
            let root = if let root { root } else { try JSONNode.parse(source.text.utf8) }
            try JSONDocument.read(root, path: source.path, columns: columns, log: &log, take: take)
        case .clinc: try CLINCRows.read(source, log: &log, take: take)
        case .workbook:
            guard let archive = source.archive else { return }
            try WorkbookRows.read(archive, path: source.path, columns: columns, options: options, log: &log, take: take)
        case .yaml, .markdown:
            throw ReadFault(line: 1, message: "not a table; expected CSV, TSV, JSON lines or CLINC150's JSON")
        }
    }
}
