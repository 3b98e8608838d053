import NativeContent

/// Cells of one column that a sheet merges: the value of the first is that of all.
struct SheetMerges {
    private struct Merge {
        let column: Int
        let rows: ClosedRange<Int>
    }

    private static let limit = 100_000
    private static let mark = Array("mergeCells".utf8)

    /// By first row, last ones first.
    private var waiting: [Merge] = []
    private var active: [(merge: Merge, text: String)] = []

    /// They stand behind the rows, so they are looked for before these are read.
    init(_ sheet: Workbook.Sheet, of workbook: Workbook) throws(ReadFault) {
        guard let stream = try workbook.archive.stream(sheet.path, limit: Workbook.sheetBytes) else { return }
        var tail: [UInt8] = []
        var isFound = false
        while let piece = try stream.next() {
            tail += piece
            if !isFound, let start = Self.find(Self.mark, in: tail) {
                isFound = true
                tail.removeFirst(start)
            }
            if !isFound { tail = Array(tail.suffix(Self.mark.count)) }
            if tail.count > 16 * 1024 * 1024 { break }
        }
        if isFound { read(String(decoding: tail, as: UTF8.self)) }
    }

    private static func find(_ wanted: [UInt8], in bytes: [UInt8]) -> Int? {
        var index = 0
        while let next = bytes[index...].firstIndex(of: wanted[0]) {
            if bytes[next...].starts(with: wanted) { return next }
            index = next + 1
        }
        return nil
    }

    private mutating func read(_ text: String) {
        for match in text.matches(of: /ref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"/).prefix(Self.limit) {
            guard let column = SheetRows.column(String(match.1)), let first = Int(match.2), let last = Int(match.4),
                first < last
            else { continue }
            waiting.append(Merge(column: column, rows: first...last))
        }
        waiting.sort { $0.rows.lowerBound > $1.rows.lowerBound }
    }

    /// The fields of a row with those that merged cells above give it.
    mutating func filled(_ fields: [String], row: Int) -> [String] {
        guard !waiting.isEmpty || !active.isEmpty else { return fields }
        var fields = fields
        active.removeAll { $0.merge.rows.upperBound < row }
        let isBlank = fields.allSatisfy(\.isEmpty)
        for (merge, text) in active where !isBlank {
            while fields.count <= merge.column { fields.append("") }
            if fields[merge.column].isEmpty { fields[merge.column] = text }
        }
        while let next = waiting.last, next.rows.lowerBound <= row {
            waiting.removeLast()
            let text = next.column < fields.count ? fields[next.column] : ""
            if next.rows.lowerBound == row, !text.isEmpty { active.append((next, text)) }
        }
        return fields
    }
}
