import NativeContent

/// Reads the rows of one sheet, one after another.
struct SheetRows {
    static let rowLimit = 1_048_576
    private static let columnLimit = 16_384
    /// Cells with the empty ones left of them.
    private static let cellLimit = 50_000_000

    private let workbook: Workbook
    private var xml: XMLPull
    private var merges: SheetMerges
    private var row = 0
    private var cells = 0
    /// Cells of the row whose formula has no value.
    private var faultyCells: [Int: String] = [:]

    /// - Throws: ``ReadFault`` when the sheet is not there.
    init(_ sheet: Workbook.Sheet, of workbook: Workbook) throws(ReadFault) {
        self.workbook = workbook
        merges = try SheetMerges(sheet, of: workbook)
        guard let stream = try workbook.archive.stream(sheet.path, limit: Workbook.sheetBytes) else {
            throw ZipEntries.damaged
        }
        xml = XMLPull(stream, what: "the sheet '\(sheet.name.prefix(80))'")
    }

    /// The next row that has cells; nil at the end.
    mutating func next() throws(ReadFault) -> TableLine? {
        while let event = try xml.next() {
            guard case .start("row", let fields) = event else { continue }
            let number = fields["r"].flatMap { Int($0) } ?? row + 1
            guard number > row, number <= Self.rowLimit else {
                throw ReadFault(
                    line: min(max(number, 1), Self.rowLimit),
                    message: "a sheet has at most \(Self.rowLimit) rows in order")
            }
            row = number
            let written = try fieldsOfRow()
            return TableLine(number: row, fields: merges.filled(written, row: row), faultyCells: faultyCells)
        }
        return nil
    }

    private mutating func fieldsOfRow() throws(ReadFault) -> [String] {
        var fields: [String] = []
        faultyCells = [:]
        while let event = try xml.next() {
            if case .end("row") = event { break }
            guard case .start("c", let attributes) = event else { continue }
            let column = attributes["r"].flatMap(Self.column) ?? fields.count
            guard column < Self.columnLimit else {
                throw ReadFault(line: row, message: "a sheet has at most \(Self.columnLimit) columns")
            }
            let text = try cell(attributes, column)
            guard !text.isEmpty, column >= fields.count else { continue }
            cells += column + 1 - fields.count
            guard cells <= Self.cellLimit else {
                throw ReadFault(line: row, message: "a sheet of too many cells, expected at most \(Self.cellLimit)")
            }
            while fields.count < column { fields.append("") }
            fields.append(text)
        }
        return fields
    }

    /// The text that a cell shows.
    private mutating func cell(_ attributes: [String: String], _ column: Int) throws(ReadFault) -> String {
        var value = ""
        var isValue = false
        while let event = try xml.next() {
            switch event {
            case .start("is", _): value = try Workbook.richText(&xml, until: "is")
            case .start(let name, _): isValue = name == "v"
            case .end("c"): return shown(value, attributes, column)
            case .end: isValue = false
            case .text(let text): if isValue { value += text }
            }
        }
        return ""
    }

    private mutating func shown(_ value: String, _ attributes: [String: String], _ column: Int) -> String {
        if value.isEmpty { return "" }
        switch attributes["t"] ?? "n" {
        case "s": return Int(value).flatMap { workbook.strings.indices.contains($0) ? workbook.strings[$0] : nil } ?? ""
        case "inlineStr": return value
        case "str": return Workbook.unescaped(value)
        case "b": return value == "1" ? "TRUE" : "FALSE"
        case "e":
            faultyCells[column] = value
            return ""
        case "d": return value
        default: return workbook.formats.shown(value, style: attributes["s"].flatMap { Int($0) } ?? 0)
        }
    }

    /// 0 for `A7`, 27 for `AB1`.
    static func column(_ reference: String) -> Int? {
        var column = 0
        for byte in reference.utf8 {
            guard (65...90).contains(byte) else { break }
            column = column * 26 + Int(byte) - 64
            if column > columnLimit { return columnLimit }
        }
        return column > 0 ? column - 1 : nil
    }
}
