internal import ConversationDomain
package import Foundation
package import NativeContent

/// Reads the tables on the sheets of a workbook.
package enum WorkbookRows {
    package static func read(
        _ data: Data, path: String, columns: RowColumns, options: ReadOptions, log: inout IssueLog,
        take: (LabelledRow, inout IssueLog) -> Bool
    ) throws(ReadFault) {
        let workbook = try Workbook(try ZipEntries(data), path: path)
        let sheets = try chosen(workbook.sheets, options.sheet)
        var options = options
        options.cellsAreLists = true
        var read: [String] = []
        var refused: [(sheet: String, fault: ReadFault)] = []
        for sheet in sheets {
            do {
                var rows = TableRows(path: path, columns: columns, options: options, sheet: sheet.name)
                let isWritten = try readSheet(sheet, workbook, &rows, &log, take)
                if isWritten { read.append(sheet.name) }
                if log.isFull { return }
            } catch {
                guard sheets.count > 1, !error.message.contains("damaged") else { throw error }
                refused.append((sheet.name, error))
            }
        }
        if read.isEmpty, let first = refused.first {
            throw ReadFault(
                line: first.fault.line, message: "the sheet '\(first.sheet.prefix(80))': \(first.fault.message)")
        }
        if !read.isEmpty {
            log.note(
                SourcePlace(path: path, line: 1),
                "read as an Excel workbook: \(read.count == 1 ? "sheet" : "sheets") \(TableSample.told(read))"
            )
        }
        for (sheet, fault) in refused {
            log.warning(
                SourcePlace(path: "\(path)#\(sheet)", line: fault.line), "the sheet is not read: \(fault.message)")
        }
        for sheet in workbook.sheets where sheet.isHidden && options.sheet == nil {
            log.warning(SourcePlace(path: path, line: 1), "the hidden sheet '\(sheet.name.prefix(80))' is not read")
        }
    }

    private static func chosen(_ sheets: [Workbook.Sheet], _ name: String?) throws(ReadFault) -> [Workbook.Sheet] {
        guard let name else { return sheets.filter { !$0.isHidden } }
        let found = sheets.filter { $0.name.lowercased() == name.lowercased() }
        guard !found.isEmpty else {
            throw ReadFault(
                line: 1,
                message:
                    "there is no sheet '\(name.prefix(80))' in the workbook, expected \(TableSample.told(sheets.map(\.name)))"
            )
        }
        return found
    }

    /// Whether the sheet has any rows.
    private static func readSheet(
        _ sheet: Workbook.Sheet, _ workbook: Workbook, _ rows: inout TableRows, _ log: inout IssueLog,
        _ take: (LabelledRow, inout IssueLog) -> Bool
    ) throws(ReadFault) -> Bool {
        var reader = try SheetRows(sheet, of: workbook)
        var isWritten = false
        while let line = try reader.next() {
            if MarkRuns.areTooLong(in: line.fields.joined(separator: " ")) {
                throw ReadFault(
                    line: line.number,
                    message: "more than \(MarkRuns.limit) combining marks in a row, expected at most \(MarkRuns.limit)")
            }
            if !line.isBlank { isWritten = true }
            guard try rows.add(line, &log, take) else { return true }
        }
        if isWritten { _ = try rows.finish(&log, take) }
        return isWritten
    }
}
