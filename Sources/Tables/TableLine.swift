/// One row of a table: of delimited text or of a sheet.
package struct TableLine {
    /// The line of the file, or the row of the sheet, from 1.
    package let number: Int
    package let fields: [String]
    /// Why the row cannot be read; it then has no fields.
    package var fault: String?
    /// Cells whose formula has no value, such as `#N/A`, by their columns.
    var faultyCells: [Int: String] = [:]

    /// Whether nothing is written in it, as spreadsheets leave rows behind.
    package var isBlank: Bool { fault == nil && faultyCells.isEmpty && fields.allSatisfy(\.isBlank) }

    /// Without the apostrophes that keep spreadsheets from taking text for a formula.
    package var plain: TableLine {
        guard fields.contains(where: { $0.utf8.first == UInt8(ascii: "'") }) else { return self }
        return TableLine(
            number: number, fields: fields.map(SpreadsheetText.plain), fault: fault, faultyCells: faultyCells)
    }

    /// The field of a column; empty where the row is shorter.
    package func field(_ column: Int) -> String { column < fields.count ? fields[column] : "" }
}

extension String {
    /// Whether there is nothing to see: white space, and characters of no width.
    package var isBlank: Bool {
        unicodeScalars.allSatisfy { $0.properties.isWhitespace || $0.properties.isDefaultIgnorableCodePoint }
    }
}
