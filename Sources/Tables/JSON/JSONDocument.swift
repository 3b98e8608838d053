internal import ConversationDomain
package import NativeContent
import Wire

/// Reads the shapes that texts with their intents have in JSON files: lists of objects or pairs, the `intents.json` of tutorials,
/// Rasa 1's `nlu.json`, LUIS and CLU, columns of data sets.
package struct JSONDocument {
    private typealias Take = (LabelledRow, inout IssueLog) -> Bool

    private let path: String
    private let columns: RowColumns
    private var objects: JSONObjectRows

    /// Keys under which files have their list of rows.
    private static let lists = [
        "data", "rows", "examples", "items", "faqs", "faq", "entries", "questions", "sentences", "records",
        "utterances",
        "results", "intents", "samples", "dataset", "knowledge",
    ]

    package static func read(
        _ root: JSONNode, path: String, columns: RowColumns, log: inout IssueLog,
        take: (LabelledRow, inout IssueLog) -> Bool
    ) throws(ReadFault) {
        var document = JSONDocument(
            path: path, columns: columns, objects: JSONObjectRows(path: path, columns: columns))
        try document.read(root, &log, take)
    }

    private mutating func read(_ root: JSONNode, _ log: inout IssueLog, _ take: Take) throws(ReadFault) {
        if let list = root.list { return try readRows(list, "a JSON list", split: nil, &log, take) }
        guard let entries = root.map else {
            throw ReadFault(line: root.line, message: "neither a JSON object nor a list of them")
        }
        if let data = root["rasa_nlu_data"] { return try readRasa(data, &log, take) }
        if let list = (root["assets"]?["utterances"] ?? root["utterances"])?.list {
            let what = root["assets"] == nil ? "a LUIS app" : "a CLU project"
            tellLeft(root["assets"] ?? root, ["prebuiltEntities", "closedLists", "patterns", "regex_entities"], &log)
            return try readRows(list, what, split: nil, &log, take)
        }
        if let list = root["intents"]?.list {
            return try readRows(
                list, "intents.json with patterns and responses", split: nil, isOfIntents: true, &log, take)
        }
        if let rows = Self.columnRows(entries) { return try readRows(rows, "JSON columns", split: nil, &log, take) }
        for key in Self.lists {
            if let list = root[key]?.list {
                return try readRows(list, "the JSON list '\(key)'", split: nil, &log, take)
            }
        }
        if entries.contains(where: { CLINCRows.splits.contains($0.key) && $0.value.list != nil }) {
            for entry in entries {
                guard let list = entry.value.list, CLINCRows.splits.contains(entry.key) else { continue }
                try readRows(list, "the JSON list '\(entry.key)'", split: entry.key, &log, take)
            }
            return
        }
        try readIntents(entries, root, &log, take)
    }

    private func note(_ what: String, _ log: inout IssueLog) {
        log.note(SourcePlace(path: path, line: 1), "read as \(what)")
    }

    private func tellLeft(_ node: JSONNode, _ keys: [String], _ log: inout IssueLog) {
        for key in keys {
            guard let value = node[key], let count = value.list?.count, count > 0 else { continue }
            log.warning(
                SourcePlace(path: path, line: value.line), "'\(key)' (\(count)) is left out; write it in entities.yaml")
        }
    }
}

// MARK: - Shapes

extension JSONDocument {
    private mutating func readRows(
        _ list: [JSONNode], _ what: String, split: String?, isOfIntents: Bool = false, _ log: inout IssueLog,
        _ take: Take
    ) throws(ReadFault) {
        if isOfIntents { (objects.texts, objects.labels) = (["patterns"], ["tag"]) }
        note("\(what) of \(list.count) \(isOfIntents ? "intents" : "rows")", &log)
        for element in list {
            do {
                var rows = try rows(of: element, isOfIntents: isOfIntents, &log)
                for index in rows.indices where rows[index].split == nil { rows[index].split = split }
                for row in rows { guard take(row, &log) else { return } }
            } catch {
                log.rowError(SourcePlace(path: path, line: error.line), error.message)
                if log.isFull { return }
            }
        }
    }

    private mutating func rows(
        of element: JSONNode, isOfIntents: Bool, _ log: inout IssueLog
    ) throws(ReadFault) -> [LabelledRow] {
        if let pair = element.list {
            guard pair.count == 2, let text = pair[0].string, let label = pair[1].string else {
                throw ReadFault(line: element.line, message: "expected [\"text\", \"\(columns.label[0])\"]")
            }
            return [LabelledRow(text: text, label: label, line: element.line)]
        }
        // Data sets are shown with each row under this key.
        let node = element["row"]?.map == nil ? element : element["row"] ?? element
        guard isOfIntents, let keys = node.map?.map(\.key) else { return try objects.rows(of: node, &log) }
        let isNamed = ColumnNames(keys, columns).label != nil
        let rows = try objects.rows(
            of: node, labelKey: isNamed ? nil : ["name", "id", "title"].first(where: keys.contains), &log)
        guard rows.count == 1, rows[0].text.isBlank, rows[0].answers.isEmpty else { return rows }
        log.warning(
            SourcePlace(path: path, line: node.line),
            "the intent '\(rows[0].label.prefix(80))' has no examples; it is left out")
        return []
    }

    private mutating func readRasa(_ data: JSONNode, _ log: inout IssueLog, _ take: Take) throws(ReadFault) {
        let keys = ["common_examples", "intent_examples", "entity_examples", "training_examples"]
        let lists = keys.compactMap { data[$0]?.list }
        guard !lists.isEmpty else {
            throw ReadFault(line: data.line, message: "Rasa's nlu.json without 'common_examples'")
        }
        tellLeft(data, ["entity_synonyms", "regex_features", "lookup_tables"], &log)
        try readRows(lists.flatMap(\.self), "Rasa's nlu.json", split: nil, &log, take)
    }

    /// `{"text": [a, b], "label": [x, y]}` as rows.
    private static func columnRows(_ entries: [(key: String, value: JSONNode)]) -> [JSONNode]? {
        let names = ColumnNames(entries.map(\.key), .ofContent)
        guard names.isSufficient, let count = entries.first?.value.list?.count,
            entries.allSatisfy({ $0.value.list?.count == count })
        else { return nil }
        return (0..<count).map { index in
            let fields = entries.compactMap { entry in entry.value.list.map { (key: entry.key, value: $0[index]) } }
            return JSONNode(line: fields.first?.value.line ?? 1, kind: .map(fields))
        }
    }

    /// `{"intent": ["text", …], …}`.
    private func readIntents(
        _ entries: [(key: String, value: JSONNode)], _ root: JSONNode, _ log: inout IssueLog, _ take: Take
    ) throws(ReadFault) {
        let areTexts = entries.allSatisfy { entry in entry.value.list?.allSatisfy { $0.string != nil } ?? false }
        guard areTexts, entries.contains(where: { $0.value.list?.isEmpty == false }) else {
            let found = TableSample.told(entries.map { String($0.key.prefix(80)) })
            throw ReadFault(
                line: root.line,
                message:
                    "JSON of an unknown shape, found \(found.isEmpty ? "nothing" : found); expected a list of {\"text\": …, \"\(columns.label[0])\": …}, intents with patterns, Rasa's rasa_nlu_data, or CLINC150's splits"
            )
        }
        note("JSON with the texts of \(entries.count) intents", &log)
        for entry in entries {
            for text in entry.value.list ?? [] {
                guard take(LabelledRow(text: text.string ?? "", label: entry.key, line: text.line), &log) else {
                    return
                }
            }
        }
    }
}
