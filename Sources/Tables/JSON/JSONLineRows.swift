internal import ConversationDomain
package import NativeContent
import Wire

/// Reads one JSON object a line.
package enum JSONLineRows {
    package static func read(
        _ source: SourceText, columns: RowColumns, log: inout IssueLog,
        take: (LabelledRow, inout IssueLog) -> Bool
    ) {
        var rows = JSONObjectRows(path: source.path, columns: columns)
        var number = 0
        for line in source.text.utf8.split(separator: 10, omittingEmptySubsequences: false) {
            number += 1
            guard line.contains(where: { $0 > 32 }) else { continue }
            do {
                for row in try rows.rows(of: try object(line, number: number, columns), &log) {
                    guard take(row, &log) else { return }
                }
            } catch {
                log.rowError(source.place(number), error.message)
                if log.isFull { return }
            }
        }
    }

    private static func object(
        _ line: Substring.UTF8View, number: Int, _ columns: RowColumns
    ) throws(ReadFault) -> JSONNode {
        do {
            let node = try JSONNode.parse(line, line: number)
            if node.map != nil { return node }
        } catch {}
        throw ReadFault(line: number, message: "not a JSON object, expected {\"text\": …, \"\(columns.label[0])\": …}")
    }

    /// Whether a line is a whole object of a text, so that its file may be one of JSON lines.
    package static func isRow(_ line: some StringProtocol) -> Bool {
        guard let entries = (try? JSONNode.parse(line.utf8))?.map else { return false }
        let names = ColumnNames(entries.map(\.key), .ofContent)
        return names.texts.contains { entries[$0.column].value.string != nil }
    }
}
