internal import ConversationDomain
import NativeContent

/// What the columns of one table hold.
struct TableLayout {
    private enum Kind {
        /// Told by names.
        case named(ColumnNames)
        /// Each column has the examples of the intent that heads it.
        case wide([String])
    }

    private let kind: Kind
    /// Columns without a name, until one of them has been told.
    var unnamed: [Int] = []
    /// Whether a cell with several lines has several texts, whatever its column is called.
    private let cellsAreLists: Bool

    private init(_ kind: Kind, _ options: ReadOptions) {
        self.kind = kind
        cellsAreLists = options.cellsAreLists
    }

    /// What the first line must be, where it is not.
    static func rule(_ columns: RowColumns) -> String {
        "the first line must name the columns: \(RowColumns.text.joined(separator: "|")) and "
            + "\(columns.labels.joined(separator: "|")), also perhaps \(RowColumns.locale.joined(separator: "|")) and split"
    }

    /// The layout that the first lines show, and the index of the first line with a row.
    /// - Throws: ``ReadFault`` when they show none.
    static func find(
        _ lines: [TableLine], _ columns: RowColumns, _ options: ReadOptions, path: String, _ log: inout IssueLog
    ) throws(ReadFault) -> (layout: TableLayout, first: Int) {
        if let names = options.columns { return try chosen(names, lines, columns, options) }
        let start = lines.prefix(TableRows.titleRows).firstIndex { ColumnNames($0.fields, columns).isSufficient }
        if let start, lines[..<start].allSatisfy({ $0.fields.count { !$0.isBlank } <= 1 }) {
            return (named(lines[start], columns, options, path: path, &log), start + 1)
        }
        let rule = ReadFault(line: lines.first?.number ?? 1, message: rule(columns))
        guard let first = lines.first, first.fault == nil, !ColumnNames(first.fields, columns).areNames else {
            throw rule
        }
        let place = SourcePlace(path: path, line: first.number)
        let sample = TableSample(lines)
        if columns.takesEntries, let intents = sample.intentsOfColumns {
            log.note(place, "each column is taken as the examples of one intent: \(TableSample.told(intents))")
            return (TableLayout(.wide(intents), options), 1)
        }
        guard let names = sample.likelyColumns(columns) else { throw rule }
        log.note(
            place,
            "there are no column names; the columns are taken as \(names.joined(separator: ", ")), '--columns' says otherwise"
        )
        return (TableLayout(.named(ColumnNames(names, columns)), options), 0)
    }

    /// With the names that the owner gave.
    private static func chosen(
        _ names: [String], _ lines: [TableLine], _ columns: RowColumns, _ options: ReadOptions
    ) throws(ReadFault) -> (layout: TableLayout, first: Int) {
        let found = ColumnNames(names.map { $0.isEmpty ? "not used" : $0 }, columns)
        guard found.isSufficient else {
            throw ReadFault(
                line: 1,
                message:
                    "--columns: '\(names.joined(separator: ","))' names no text with its intent, expected such as text,intent"
            )
        }
        let hasNames = lines.first.map { ColumnNames($0.fields, columns).isSufficient } ?? false
        return (TableLayout(.named(found), options), hasNames ? 1 : 0)
    }

    private static func named(
        _ header: TableLine, _ columns: RowColumns, _ options: ReadOptions, path: String, _ log: inout IssueLog
    ) -> TableLayout {
        let names = ColumnNames(header.fields, columns)
        var layout = TableLayout(.named(names), options)
        let place = SourcePlace(path: path, line: header.number)
        for (index, name) in header.fields.enumerated() where !names.used.contains(index) {
            if name.isBlank {
                layout.unnamed.append(index)
            } else if index == names.numbers, let label = names.label {
                log.note(
                    place,
                    "the labels' names are taken from '\(header.fields[label].prefix(80))', not from '\(name.prefix(80))'"
                )
            } else {
                log.warning(place, "the column '\(name.prefix(80))' is not used")
            }
        }
        return layout
    }

    func firstUnnamed(in line: TableLine) -> Int? { unnamed.first { !line.field($0).isBlank } }
}

// MARK: - Rows

extension TableLayout {
    /// The texts of one line with what belongs to them.
    /// - Throws: a fault that says why it is no row.
    func rows(of line: TableLine) throws(TextRule.Fault) -> [LabelledRow] {
        switch kind {
        case .wide(let intents): wideRows(of: line, intents)
        case .named(let names):
            if names.areEntries {
                entryRows(of: try checked(line, names), names)
            } else {
                exampleRows(of: try checked(line, names), names)
            }
        }
    }

    private func checked(_ line: TableLine, _ names: ColumnNames) throws(TextRule.Fault) -> TableLine {
        guard line.fields.dropFirst(names.width).allSatisfy(\.isBlank) || names.isRagged else {
            throw TextRule.Fault(
                message:
                    "\(line.fields.count) columns, expected \(names.width) as in the first line; a text with the delimiter in it stands in quotes"
            )
        }
        if let cell = line.faultyCells.min(by: { $0.key < $1.key }), names.used.contains(cell.key) {
            throw TextRule.Fault(message: "the cell in column \(cell.key + 1) has the error \(cell.value.prefix(20))")
        }
        return line
    }

    private func wideRows(of line: TableLine, _ intents: [String]) -> [LabelledRow] {
        zip(intents.indices, intents).flatMap { index, intent in
            CellTexts.texts(of: line.field(index), isList: true).map {
                LabelledRow(text: $0, label: intent, line: line.number)
            }
        }
    }

    private func exampleRows(of line: TableLine, _ names: ColumnNames) -> [LabelledRow] {
        func row(_ text: String, _ locale: BotLocale?) -> LabelledRow {
            LabelledRow(
                text: text, label: names.label.map(line.field) ?? "",
                locale: names.locale.map(line.field) ?? locale?.rawValue, split: names.split.map(line.field),
                knowledge: names.knowledge.map(line.field), line: line.number)
        }
        var columns = names.texts
        if names.isRagged, let last = columns.last, line.fields.count > names.width {
            columns += (names.width..<line.fields.count).map {
                ColumnNames.Texts(column: $0, locale: last.locale, isList: last.isList)
            }
        }
        var rows = columns.flatMap { column in
            texts(of: line.field(column.column), column.isList).map { row($0, column.locale) }
        }
        let answers = answers(of: line, names)
        let title = names.title.map(line.field) ?? ""
        if rows.isEmpty { rows = [row(columns.first.map { line.field($0.column) } ?? "", nil)] }
        rows[0].answers = answers
        rows[0].title = title.isBlank ? nil : title
        return rows
    }

    private func entryRows(of line: TableLine, _ names: ColumnNames) -> [LabelledRow] {
        var rows: [LabelledRow] = []
        for locale in Set(names.texts.map(\.locale)).sorted(by: { ($0?.rawValue ?? "") < ($1?.rawValue ?? "") }) {
            let columns = names.texts.filter { $0.locale == locale }
            var questions = columns.flatMap { texts(of: line.field($0.column), $0.isList) }
            let answer = names.answers.first { $0.locale == locale } ?? names.answers.first
            let text = answer.map { line.field($0.column) } ?? ""
            // Not every question of a table has been translated.
            if questions.isEmpty, text.isBlank, names.texts.count > 1 { continue }
            if questions.isEmpty { questions = [""] }
            let more = names.alternatives.flatMap { CellTexts.texts(of: line.field($0), isList: true) }
            let entry = RowEntry(
                alternatives: Array(questions.dropFirst()) + more, answer: text, link: names.link.map(line.field),
                title: names.title.map(line.field), id: names.id.map(line.field),
                category: names.category.map(line.field))
            rows.append(
                LabelledRow(
                    text: questions[0], label: "", locale: names.locale.map(line.field) ?? locale?.rawValue,
                    split: names.split.map(line.field), entry: entry, line: line.number))
        }
        return rows
    }

    private func answers(of line: TableLine, _ names: ColumnNames) -> [RowAnswer] {
        names.answers.compactMap { column in
            let text = line.field(column.column)
            return text.isBlank ? nil : RowAnswer(text: text, locale: column.locale)
        }
    }

    private func texts(of cell: String, _ isList: Bool) -> [String] {
        CellTexts.texts(of: cell, isList: isList || cellsAreLists)
    }
}

/// Takes the texts in one cell apart.
enum CellTexts {
    /// One a line, perhaps behind a hyphen, a dot or a number, or between bars or semicolons.
    /// - Parameter isList: whether the cell may have several; the text is otherwise one, with its line ends.
    static func texts(of cell: String, isList: Bool) -> [String] {
        if cell.isBlank { return [] }
        guard isList else { return [cell] }
        var parts = cell.split(whereSeparator: \.isNewline)
        if parts.count == 1, let part = parts.first {
            for separator in ["||", "|", "｜", ";", "；"] where part.contains(separator) {
                parts = part.split(separator: separator)
                break
            }
        }
        let texts = parts.map(withoutBullet).filter { !$0.isBlank }
        return texts
    }

    private static func withoutBullet(_ text: Substring) -> String {
        let line = text.drop(while: \.isWhitespace)
        if let first = line.first, "-*•·●–".contains(first), line.dropFirst().first?.isWhitespace == true {
            return String(line.dropFirst(2))
        }
        let digits = line.prefix { $0.isASCII && $0.isNumber }
        let rest = line.dropFirst(digits.count)
        if (1...2).contains(digits.count), let mark = rest.first, ".)、）".contains(mark),
            mark == "、" || mark == "）" || rest.dropFirst().first?.isWhitespace == true
        {
            return String(rest.dropFirst().drop(while: \.isWhitespace))
        }
        return String(line)
    }
}
