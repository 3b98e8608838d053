import Measures

extension EntityReport {
    /// The tables for a terminal.
    public func renderedText() -> String {
        var lines = ["sentences          \(sentences)"]
        lines += ["", "by token (BIO tags)"] + Self.lines(tokens)
        let width = TextTable.width(of: tokens.labels.map(\.label))
        lines += ["", "by token, without O"]
        lines += TextTable.averages(tokensInside.averages, tokensInside.support, width: width)
        lines += ["", "by token, B- and I- together"]
        lines += TextTable.averages(tokenLabels.averages, tokenLabels.support, width: width)
        lines += ["", "by entity (exact span and label)"] + Self.lines(entities)
        if !unmeasured.isEmpty {
            let counts = unmeasured.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }
            lines += [
                "", "found, but not marked in these sentences and not counted: \(counts.joined(separator: ", "))",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func lines(_ table: Table) -> [String] {
        let width = TextTable.width(of: table.labels.map(\.label))
        return [TextTable.header("label", width)]
            + table.labels.map { TextTable.row($0.label, $0.scores, $0.support, width) }
            + TextTable.averages(table.averages, table.support, width: width)
    }
}
