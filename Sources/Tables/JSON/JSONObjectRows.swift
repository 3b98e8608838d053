internal import ConversationDomain
import NativeContent

/// Makes rows of JSON objects: their keys are what column names are in a table.
struct JSONObjectRows {
    private let path: String
    private let columns: RowColumns
    /// How texts and labels are called in the file's own format.
    var texts = RowColumns.text
    var labels: [String]
    /// What objects with the same keys hold.
    private var known: [[String]: ColumnNames] = [:]
    private var unused: Set<UTF8Text> = []

    init(path: String, columns: RowColumns) {
        self.path = path
        self.columns = columns
        labels = columns.labels
    }

    /// The rows of an object, the first with what belongs to all of them.
    /// - Parameter labelKey: names the label where no usual key does.
    /// - Throws: ``ReadFault`` when the object is none or has no text or no label.
    mutating func rows(
        of node: JSONNode, labelKey: String? = nil, _ log: inout IssueLog
    ) throws(ReadFault) -> [LabelledRow] {
        guard let entries = node.map else {
            throw ReadFault(
                line: node.line, message: "not a JSON object, expected {\"text\": …, \"\(columns.label[0])\": …}")
        }
        var fields = entries.filter { if case .null = $0.value.kind { false } else { true } }
        if let labelKey, let index = fields.firstIndex(where: { $0.key == labelKey }) { fields[index].key = "intent" }
        let names = names(of: fields.map(\.key))
        let slots = try slots(fields)
        tell(fields, names, at: node.line, &log)
        guard !names.texts.isEmpty else { throw missing(texts, node) }
        guard names.isSufficient else { throw missing(labels, node) }
        return names.areEntries ? try entryRows(fields, names, node) : try exampleRows(fields, names, slots, node)
    }

    private func missing(_ names: [String], _ node: JSONNode) -> ReadFault {
        ReadFault(line: node.line, message: "the key '\(names.joined(separator: "' or '"))' is missing")
    }

    private mutating func names(of keys: [String]) -> ColumnNames {
        if let names = known[keys] { return names }
        let names = ColumnNames(keys, columns)
        if known.count < 1_000 { known[keys] = names }
        return names
    }

    private mutating func tell(
        _ fields: [(key: String, value: JSONNode)], _ names: ColumnNames, at line: Int, _ log: inout IssueLog
    ) {
        let place = SourcePlace(path: path, line: line)
        for (index, field) in fields.enumerated()
        where !names.used.contains(index) && !RowColumns.slots.contains(field.key) {
            guard unused.count < 1_000, unused.insert(UTF8Text(field.key)).inserted else { continue }
            if index == names.numbers, let label = names.label {
                log.note(
                    place,
                    "the labels' names are taken from '\(fields[label].key.prefix(80))', not from '\(field.key.prefix(80))'"
                )
            } else {
                log.warning(place, "the key '\(field.key.prefix(80))' is not used")
            }
        }
    }

    // MARK: Values

    /// The string, or the strings of a list.
    private func strings(_ field: (key: String, value: JSONNode)) throws(ReadFault) -> [String] {
        if let text = field.value.string { return [text] }
        guard let list = field.value.list else { throw notText(field) }
        var texts: [String] = []
        for element in list {
            guard let text = element.string ?? element["text"]?.string else {
                throw ReadFault(line: element.line, message: "'\(field.key.prefix(80))' must be a list of strings")
            }
            texts.append(text)
        }
        return texts
    }

    private func notText(_ field: (key: String, value: JSONNode)) -> ReadFault {
        ReadFault(line: field.value.line, message: "'\(field.key.prefix(80))' must be a string")
    }

    private func text(_ column: Int?, _ fields: [(key: String, value: JSONNode)]) throws(ReadFault) -> String? {
        guard let column else { return nil }
        guard let text = fields[column].value.string else { throw notText(fields[column]) }
        return text
    }

    private func slots(_ fields: [(key: String, value: JSONNode)]) throws(ReadFault) -> [RowSlot] {
        var slots: [RowSlot] = []
        for field in fields where RowColumns.slots.contains(field.key) {
            let found = field.value.list?.map(RowSlot.init(_:)) ?? [nil]
            guard !found.contains(where: { $0 == nil }) else {
                throw ReadFault(
                    line: field.value.line,
                    message: "'\(field.key)' must be a list of {\"slot\": …, \"start\": …, \"end\": …}")
            }
            slots += found.compactMap(\.self)
        }
        return slots
    }
}

// MARK: - Rows

extension JSONObjectRows {
    private typealias Fields = [(key: String, value: JSONNode)]

    private func exampleRows(
        _ fields: Fields, _ names: ColumnNames, _ slots: [RowSlot], _ node: JSONNode
    ) throws(ReadFault) -> [LabelledRow] {
        let label = try text(names.label, fields) ?? ""
        let locale = try text(names.locale, fields)
        let split = try text(names.split, fields)
        let knowledge = try text(names.knowledge, fields)
        var rows: [LabelledRow] = []
        for column in names.texts {
            for text in try strings(fields[column.column]) {
                rows.append(
                    LabelledRow(
                        text: text, label: label, locale: locale ?? column.locale?.rawValue, split: split,
                        knowledge: knowledge, slots: slots, line: node.line))
            }
        }
        // Tutorials have an intent without examples for what fits nothing.
        rows = rows.filter { !$0.text.isBlank || rows.count == 1 }
        if rows.isEmpty { rows = [LabelledRow(text: "", label: label, locale: locale, split: split, line: node.line)] }
        for column in names.answers {
            rows[0].answers += try strings(fields[column.column]).filter { !$0.isBlank }
                .map { RowAnswer(text: $0, locale: column.locale) }
        }
        rows[0].title = try? text(names.title, fields)
        return rows
    }

    private func entryRows(_ fields: Fields, _ names: ColumnNames, _ node: JSONNode) throws(ReadFault) -> [LabelledRow]
    {
        var questions: [String] = []
        for column in names.texts { questions += try strings(fields[column.column]) }
        for column in names.alternatives { questions += try strings(fields[column]) }
        guard let answer = names.answers.first else { return [] }
        let entry = RowEntry(
            alternatives: Array(questions.dropFirst()),
            answer: try strings(fields[answer.column]).joined(separator: "\n"),
            link: try text(names.link, fields), title: try text(names.title, fields),
            id: names.id.flatMap { fields[$0].value.string ?? fields[$0].value.integer.map(String.init) },
            category: names.category.flatMap { fields[$0].value.string })
        return [
            LabelledRow(
                text: questions.first ?? "", label: "", locale: try text(names.locale, fields),
                split: try text(names.split, fields), entry: entry, line: node.line)
        ]
    }
}

extension RowSlot {
    /// `{slot or entity, start, end}`; LUIS has `startPos` and the last place in `endPos`, CLU `category`, `offset` and `length`.
    fileprivate init?(_ node: JSONNode) {
        guard let name = (node["slot"] ?? node["entity"] ?? node["category"])?.string else { return nil }
        if let start = node["start"]?.integer, let end = node["end"]?.integer {
            self.init(name: name, start: start, end: end)
        } else if let start = node["startPos"]?.integer, let last = node["endPos"]?.integer, last < Int.max {
            self.init(name: name, start: start, end: last + 1)
        } else if let start = node["offset"]?.integer, let length = node["length"]?.integer {
            let (end, overflow) = start.addingReportingOverflow(length)
            if overflow { return nil }
            self.init(name: name, start: start, end: end)
        } else {
            return nil
        }
    }
}
