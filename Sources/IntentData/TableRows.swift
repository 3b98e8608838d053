internal import ConversationDomain
internal import SwiftCSV

/// Reads rows that are separated by commas, semicolons or tabs, under a line of column names.
struct TableRows {
    private let source: SourceText
    private let width: Int
    private let text: Int
    /// Nil where the rows name entries only.
    private let label: Int?
    private let knowledge: Int?
    private let locale: Int?
    private let split: Int?

    /// - Parameter delimiter: found out from the column names when nil.
    static func read(
        _ source: SourceText, delimiter: Character?, columns: RowColumns, log: inout IssueLog,
        take: (LabelledRow, inout IssueLog) -> Bool
    ) throws(ReadFault) {
        let header = source.text.drop(while: \.isWhitespace).prefix { !$0.isNewline }
        guard let delimiter = delimiter ?? Self.delimiter(ofHeader: String(header), columns) else {
            throw ReadFault(line: 1, message: Self.headerRule(columns))
        }
        let lines = try Self.rows(source, delimiter: delimiter).drop { $0.fields == [""] }
        guard let first = lines.first else { throw ReadFault(line: 1, message: Self.headerRule(columns)) }
        let table = try TableRows(source, header: first, columns, &log)
        for line in lines.dropFirst() where line.fields != [""] {
            guard line.fields.count == table.width else {
                log.error(
                    source.place(line.number),
                    "\(line.fields.count) columns, expected \(table.width) as in the first line")
                if log.isFull { return }
                continue
            }
            guard take(table.row(line), &log) else { return }
        }
    }

    private static func headerRule(_ columns: RowColumns) -> String {
        "the first line must name the columns: \(RowColumns.text.joined(separator: "|")) and "
            + "\(columns.labels.joined(separator: "|")), also perhaps \(RowColumns.locale.joined(separator: "|")) and split"
    }

    /// The delimiter under which the line names the columns that are needed.
    static func delimiter(ofHeader line: String, _ columns: RowColumns) -> Character? {
        [",", ";", "\t"].first { delimiter in
            let names = line.split(separator: delimiter).map { normalised(String($0)) }
            return RowColumns.position(of: RowColumns.text, in: names) != nil
                && RowColumns.position(of: columns.labels, in: names) != nil
        }
    }

    private static func normalised(_ name: String) -> String {
        String(name.lowercased().filter { !$0.isWhitespace && $0 != "\"" })
    }

    private init(_ source: SourceText, header: Line, _ columns: RowColumns, _ log: inout IssueLog) throws(ReadFault) {
        let names = header.fields.map(Self.normalised)
        guard let text = RowColumns.position(of: RowColumns.text, in: names),
            RowColumns.position(of: columns.labels, in: names) != nil
        else { throw ReadFault(line: header.number, message: Self.headerRule(columns)) }
        self.source = source
        self.text = text
        label = RowColumns.position(of: columns.label, in: names)
        knowledge = columns.takesKnowledge ? RowColumns.position(of: [RowColumns.knowledge], in: names) : nil
        width = names.count
        locale = RowColumns.position(of: RowColumns.locale, in: names)
        split = RowColumns.position(of: RowColumns.split, in: names)
        let used = [text, label, knowledge, locale, split]
        for (index, name) in header.fields.enumerated() where !used.contains(index) {
            log.warning(source.place(header.number), "the column '\(name.prefix(80))' is not used")
        }
    }

    private func row(_ line: Line) -> LabelledRow {
        LabelledRow(
            text: line.fields[text], label: label.map { line.fields[$0] } ?? "",
            locale: locale.map { line.fields[$0] }, split: split.map { line.fields[$0] },
            knowledge: knowledge.map { line.fields[$0] }, line: line.number)
    }
}

// MARK: - Parsing

extension TableRows {
    private struct Line {
        /// The line of the file that the row starts on, from 1.
        let number: Int
        let fields: [String]
    }

    /// Collects rows in the parser's callback, which cannot throw or be inout.
    private final class Rows {
        var lines: [Line] = []
        var next = 1

        func append(_ fields: [String]) {
            lines.append(Line(number: next, fields: fields))
            // A quoted field may have line ends of its own.
            next += 1
            for field in fields where field.utf8.contains(where: { $0 == 10 || $0 == 13 }) {
                next += field.count(where: \.isNewline)
            }
        }
    }

    private static func rows(_ source: SourceText, delimiter: Character) throws(ReadFault) -> [Line] {
        let rows = Rows()
        // Without a line end behind it the parser drops an empty last field.
        let text = source.text.utf8.last.map { $0 == 10 || $0 == 13 } ?? true ? source.text : source.text + "\n"
        do {
            // No rows on making it: they are enumerated once, below.
            let table = try EnumeratedCSV(
                string: text, delimiter: .character(delimiter), loadColumns: false, rowLimit: 0)
            try table.enumerateAsArray(startAt: 0, rowLimit: nil) { rows.append($0) }
        } catch {
            throw ReadFault(
                line: rows.next,
                message: "text after a closing quote; expected a delimiter, and \"\" for a quote in quotes")
        }
        if source.text.utf8.count(where: { $0 == UInt8(ascii: "\"") }) % 2 == 1 {
            throw ReadFault(line: rows.lines.last?.number ?? 1, message: "a quote is not closed")
        }
        return rows.lines
    }
}
