internal import ConversationDomain
package import NativeContent

/// Reads rows that are separated by a character, under a line of column names or, where it is clear what they hold, without one.
package struct TableRows {
    /// Above the names there may be so many lines with a title.
    static let titleRows = 10
    /// Rows that are looked at before it is decided what the columns hold.
    static let sampleRows = 60

    /// Of the file, with the sheet behind it.
    let path: String
    private let columns: RowColumns
    private let options: ReadOptions
    private let sheet: String?
    private var waiting: [TableLine] = []
    private var layout: TableLayout?

    /// - Parameters:
    ///   - source: of the text.
    ///   - delimiter: the likely one; others are found out.
    package static func read(
        _ source: SourceText, delimiter: Character?, columns: RowColumns, options: ReadOptions, log: inout IssueLog,
        take: (LabelledRow, inout IssueLog) -> Bool
    ) throws(ReadFault) {
        let declared = TableDelimiter.declared(source.text)
        let text = declared?.text ?? source.text
        guard
            let delimiter = declared?.delimiter
                ?? TableDelimiter.find(in: text, preferred: delimiter, columns)
                ?? (options.columns == nil ? delimiter : ",")
        else { throw ReadFault(line: 1, message: TableLayout.rule(columns)) }
        var rows = TableRows(path: source.path, columns: columns, options: options)
        var parser = DelimitedText(text, delimiter: delimiter)
        while let line = parser.next() {
            guard try rows.add(line.plain, &log, take) else { return }
        }
        _ = try rows.finish(&log, take)
    }

    /// - Parameter sheet: of the workbook that the file is.
    init(path: String, columns: RowColumns, options: ReadOptions, sheet: String? = nil) {
        self.path = sheet.map { "\(path)#\($0)" } ?? path
        self.columns = columns
        self.options = options
        self.sheet = sheet
    }

    /// Takes the next row; false when reading on is useless.
    mutating func add(
        _ line: TableLine, _ log: inout IssueLog, _ take: (LabelledRow, inout IssueLog) -> Bool
    ) throws(ReadFault) -> Bool {
        if line.isBlank { return true }
        if layout != nil { return hand(line, &log, take) }
        waiting.append(line)
        return waiting.count < Self.sampleRows ? true : try decide(&log, take)
    }

    /// Hands on what is left at the end; false when reading on is useless.
    mutating func finish(
        _ log: inout IssueLog, _ take: (LabelledRow, inout IssueLog) -> Bool
    ) throws(ReadFault) -> Bool {
        layout == nil ? try decide(&log, take) : true
    }

    private mutating func decide(
        _ log: inout IssueLog, _ take: (LabelledRow, inout IssueLog) -> Bool
    ) throws(ReadFault) -> Bool {
        let lines = waiting
        waiting = []
        let (layout, first) = try TableLayout.find(lines, columns, options, path: path, &log)
        self.layout = layout
        for line in lines.dropFirst(first) {
            guard hand(line, &log, take) else { return false }
        }
        return true
    }

    private mutating func hand(
        _ line: TableLine, _ log: inout IssueLog, _ take: (LabelledRow, inout IssueLog) -> Bool
    ) -> Bool {
        let place = SourcePlace(path: path, line: line.number)
        if let fault = line.fault {
            log.rowError(place, fault)
            return !log.isFull
        }
        guard let layout else { return true }
        do {
            for var row in try layout.rows(of: line) {
                row.sheet = sheet
                guard take(row, &log) else { return false }
            }
        } catch {
            log.rowError(place, error.message)
        }
        if let column = layout.firstUnnamed(in: line) {
            self.layout?.unnamed = []
            log.warning(place, "column \(column + 1) has no name and is not used")
        }
        return !log.isFull
    }
}
