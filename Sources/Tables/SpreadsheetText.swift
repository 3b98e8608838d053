/// Text that spreadsheets would take for a formula.
package enum SpreadsheetText {
    /// With an apostrophe before what begins as formulas do, also behind apostrophes, so that ``plain(_:)`` gives it back.
    package static func safe(_ text: String) -> String { begins(text.unicodeScalars[...]) ? "'" + text : text }

    /// Without the apostrophe that makes text of a formula.
    static func plain(_ field: String) -> String {
        guard field.utf8.first == UInt8(ascii: "'"), begins(field.unicodeScalars.dropFirst()) else { return field }
        return String(field.unicodeScalars.dropFirst())
    }

    private static func begins(_ text: Substring.UnicodeScalarView) -> Bool {
        guard let first = text.first(where: { $0 != "'" }) else { return false }
        return "=+-@\t\r".unicodeScalars.contains(first) || "＝＋－＠".unicodeScalars.contains(first)
    }
}
