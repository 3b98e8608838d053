import NativeContent

/// Reads delimited text row by row: RFC 4180, and what spreadsheets and people make of it.
///
/// A quotation mark counts as one only where a field begins with it; inside a field it is a character like others. A row that cannot be
/// read is handed on as such, and reading goes on with the line behind it.
package struct DelimitedText {
    /// Columns of a row, as many as a sheet of Excel has.
    static let columnLimit = 16_384
    /// Bytes of one quoted field: a quote that is never closed does not swallow the rest of the file.
    private static let quotedLimit = 1 << 20
    private static let quote = UInt8(ascii: "\"")

    private let bytes: [UInt8]
    private let delimiter: [UInt8]
    /// Tab-separated text is often written without any quoting: a quote that does not fit is then taken as it stands.
    private let isLenient: Bool
    private var index = 0
    private var line = 1

    package init(_ text: String, delimiter: Character) {
        bytes = Array(text.utf8)
        self.delimiter = Array(String(delimiter).utf8)
        isLenient = delimiter == "\t"
    }

    /// The next row; nil at the end.
    package mutating func next() -> TableLine? {
        guard index < bytes.count else { return nil }
        let number = line
        var fields: [String] = []
        while true {
            do {
                fields.append(try field())
            } catch {
                skipLine()
                return TableLine(number: number, fields: [], fault: error.message)
            }
            guard fields.count <= Self.columnLimit else {
                skipLine()
                return TableLine(number: number, fields: [], fault: "more than \(Self.columnLimit) columns")
            }
            if isDelimiter(at: index) {
                index += delimiter.count
                continue
            }
            takeLineEnd()
            return TableLine(number: number, fields: fields)
        }
    }

    private mutating func field() throws(TextRule.Fault) -> String {
        let start = index
        var opening = index
        while opening < bytes.count, bytes[opening] == 32 { opening += 1 }
        guard opening < bytes.count, bytes[opening] == Self.quote else { return plainField(from: start) }
        let firstLine = line
        index = opening + 1
        do {
            return try quotedField()
        } catch {
            // A space before the quote shows that nothing was quoted.
            (index, line) = (start, firstLine)
            if isLenient || opening > start { return plainField(from: start) }
            throw error
        }
    }

    private mutating func plainField(from start: Int) -> String {
        while index < bytes.count, !isLineEnd(bytes[index]), !isDelimiter(at: index) { index += 1 }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    /// What stands between the quotes, the first of which is taken already.
    private mutating func quotedField() throws(TextRule.Fault) -> String {
        var text: [UInt8] = []
        let start = index
        while index < bytes.count, index - start <= Self.quotedLimit {
            let byte = bytes[index]
            index += 1
            guard byte == Self.quote else {
                if byte == 10 || byte == 13 && !(index < bytes.count && bytes[index] == 10) { line += 1 }
                text.append(byte)
                continue
            }
            if index < bytes.count, bytes[index] == Self.quote {
                text.append(byte)
                index += 1
                continue
            }
            if isFieldEnd() { return String(decoding: text, as: UTF8.self) }
            guard text.last == UInt8(ascii: "\\") else {
                throw TextRule.Fault(
                    message: "text after a closing quote; expected a delimiter, and \"\" for a quote in quotes")
            }
            text[text.count - 1] = byte
        }
        throw TextRule.Fault(message: "a quote is not closed")
    }

    /// Whether a field ends here, perhaps behind spaces, which are stepped over.
    private mutating func isFieldEnd() -> Bool {
        var end = index
        while end < bytes.count, bytes[end] == 32, !isDelimiter(at: end) { end += 1 }
        guard end == bytes.count || isLineEnd(bytes[end]) || isDelimiter(at: end) else { return false }
        index = end
        return true
    }

    private func isDelimiter(at index: Int) -> Bool {
        guard index < bytes.count, bytes[index] == delimiter[0] else { return false }
        return delimiter.count == 1 || bytes[index...].starts(with: delimiter)
    }

    private func isLineEnd(_ byte: UInt8) -> Bool { byte == 10 || byte == 13 }

    private mutating func skipLine() {
        while index < bytes.count, !isLineEnd(bytes[index]) { index += 1 }
        takeLineEnd()
    }

    private mutating func takeLineEnd() {
        guard index < bytes.count else { return }
        if bytes[index] == 13, index + 1 < bytes.count, bytes[index + 1] == 10 { index += 1 }
        index += 1
        line += 1
    }
}
