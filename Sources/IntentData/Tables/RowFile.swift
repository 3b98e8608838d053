/// The formats that hold one text and its label a row.
enum RowFile {
    /// Hands every row to `take`, in the order of the file, until `take` answers that reading on is useless.
    /// - Throws: ``ReadFault`` when the file cannot be read on.
    static func read(
        _ source: SourceText, as kind: FileKind, columns: RowColumns, options: ReadOptions, log: inout IssueLog,
        take: (LabelledRow, inout IssueLog) -> Bool
    ) throws(ReadFault) {
        switch kind {
        case .table(let delimiter):
            try TableRows.read(source, delimiter: delimiter, columns: columns, options: options, log: &log, take: take)
        case .jsonLines: JSONLineRows.read(source, columns: columns, log: &log, take: take)
        case .json: try JSONDocument.read(source, columns: columns, log: &log, take: take)
        case .clinc: try CLINCRows.read(source, log: &log, take: take)
        case .workbook:
            guard let archive = source.archive else { return }
            try WorkbookRows.read(archive, path: source.path, columns: columns, options: options, log: &log, take: take)
        case .yaml, .markdown:
            throw ReadFault(line: 1, message: "not a table; expected CSV, TSV, JSON lines or CLINC150's JSON")
        }
    }
}

/// The names that columns and JSON keys have, best first.
struct RowColumns: Hashable {
    static let text = ["text", "utterance", "query", "phrase", "sentence"]
    static let locale = ["locale", "lang", "language"]
    static let split = ["split"]
    /// Lists of `{slot or entity, start, end}`, in JSON only.
    static let slots = ["slots", "entities"]

    static let knowledge = "knowledge"

    /// Of the label.
    let label: [String]
    /// Whether a row may name a knowledge entry, beside an intent or instead of one.
    var takesKnowledge = false
    /// Whether rows may be questions with answers, and examples have answers beside them.
    var takesEntries = false

    static let ofIntents = RowColumns(label: ["intent", "label", "category"])
    /// Of files with content.
    static let ofContent = RowColumns(label: ofIntents.label, takesEntries: true)
    /// Of files that measure a bot.
    static let ofUtterances = RowColumns(label: ofIntents.label, takesKnowledge: true)

    /// All that can tell what a text should lead to.
    var labels: [String] { takesKnowledge ? label + [Self.knowledge] : label }

    /// The names that tell a label for certain, best first.
    var strongLabels: [String] {
        label == Self.ofIntents.label ? ["intent"] + ColumnName.moreLabels : label + ColumnName.moreLabels
    }

    /// A column may have the classifier's own name, so that one table serves several classifiers and the intents.
    static func of(_ classifier: String) -> RowColumns {
        let names = [classifier, classifier.lowercased()]
        return RowColumns(label: (names[0] == names[1] ? [classifier] : names) + ["label", "category", "intent"])
    }

    /// The position of the best of the names.
    static func position(of names: [String], in header: [String]) -> Int? {
        for name in names {
            if let index = header.firstIndex(of: name) { return index }
        }
        return nil
    }
}
