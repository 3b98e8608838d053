package import ConversationDomain
package import NativeContent

/// Reads a label set from its YAML document: `classifier`, and under `labels` the texts of each.
package enum LabelSetYAML {
    package static let nameKey = "classifier"

    /// Its texts as rows; what is wrong goes into `log`.
    /// - Parameter classifier: the name that the document must have if it has one.
    package static func rows(
        _ root: YAMLNode, of classifier: ClassifierName, path: String, limits: ContentLimits, log: inout IssueLog
    ) -> [LabelledRow] {
        var reader = YAMLFieldReader(path: path, limits: limits, log: log)
        defer { log = reader.log }
        let fields = reader.fields(root, of: "a label set", expected: [nameKey, "labels"])
        if let entry = fields[nameKey], let name = reader.text(entry.value, "the classifier", limit: limits.text),
            name != classifier.rawValue
        {
            reader.error(
                entry.line, "the label set is of the classifier '\(name.prefix(80))', expected '\(classifier)'")
        }
        guard let labels = fields["labels"] else {
            reader.error(root.line, "the key 'labels' with the texts of each label is missing")
            return []
        }
        var rows: [LabelledRow] = []
        for entry in reader.map(labels.value, "'labels'") ?? [] {
            for element in reader.list(entry.value, "the texts of '\(entry.key)'") ?? [] {
                guard let text = reader.text(element, "a text", limit: limits.text) else { continue }
                rows.append(LabelledRow(text: text, label: entry.key, line: element.line))
            }
        }
        return rows
    }
}
