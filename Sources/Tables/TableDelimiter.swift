/// Finds out what separates the columns of a text.
package enum TableDelimiter {
    /// In the order in which they are tried.
    private static let usual: [Character] = [",", ";", "\t", "|", "；", "，", "^", "~"]
    private static let sampleRows = 20

    /// The delimiter of a first line `sep=;`, which tells spreadsheets, and the text with that line made empty.
    package static func declared(_ text: String) -> (delimiter: Character, text: String)? {
        let line = text.prefix { !$0.isNewline }
        var word = Substring(line)
        if word.hasPrefix("\""), word.hasSuffix("\""), word.count > 1 { word = word.dropFirst().dropLast() }
        guard word.lowercased().hasPrefix("sep="), word.count >= 5 else { return nil }
        let rest = word.dropFirst(4)
        guard let delimiter = rest.first, rest.dropFirst().allSatisfy({ $0 == delimiter || $0 == "\"" }) else {
            return nil
        }
        return (delimiter, String(text[line.endIndex...]))
    }

    /// The delimiter under which the first line names the columns that are needed, or else the one that gives the rows most evenly
    /// the same number of columns; nil when there is none.
    /// - Parameter preferred: of the file's name: a tab for `.tsv`.
    static func find(in text: String, preferred: Character?, _ columns: RowColumns) -> Character? {
        let sample = beginning(of: text)
        let candidates = (preferred.map { [$0] } ?? []) + usual.filter { $0 != preferred }
        let rows = candidates.map { (delimiter: $0, rows: self.rows(of: sample, $0)) }
        for candidate in rows {
            let names = candidate.rows.prefix(TableRows.titleRows).map { ColumnNames($0.fields, columns) }
            if names.contains(where: \.isSufficient) { return candidate.delimiter }
        }
        var best: (delimiter: Character, score: Int)?
        for candidate in rows {
            let score = evenness(candidate.rows)
            if score > best?.score ?? 0 { best = (candidate.delimiter, score) }
        }
        return best?.delimiter
    }

    /// The delimiter under which the first lines name columns of content.
    package static func named(in text: String) -> Character? {
        let sample = beginning(of: text)
        return usual.first { delimiter in
            rows(of: sample, delimiter).prefix(TableRows.titleRows)
                .contains { ColumnNames($0.fields, .ofContent).isSufficient }
        }
    }

    /// The first lines, with quoted line ends in them.
    private static func beginning(of text: String) -> String {
        String(decoding: text.utf8.prefix(64 * 1024), as: UTF8.self)
    }

    private static func rows(of sample: String, _ delimiter: Character) -> [TableLine] {
        var parser = DelimitedText(sample, delimiter: delimiter)
        var rows: [TableLine] = []
        while rows.count < sampleRows, let row = parser.next() {
            if !row.isBlank { rows.append(row) }
        }
        return rows
    }

    /// How many of the rows have as many columns as most do, of two and more.
    private static func evenness(_ rows: [TableLine]) -> Int {
        let widths = Dictionary(grouping: rows.map(\.fields.count).filter { $0 > 1 }) { $0 }
        let most = widths.values.map(\.count).max() ?? 0
        return most * 2 >= rows.count ? most : 0
    }
}
