import ConversationDomain

extension EvaluationReport {
    /// The report as a table for a terminal; one line an intent, the worst first.
    public func renderedText() -> String {
        var lines = [
            "sentences          \(samples)",
            "accuracy           \(Self.percent(accuracy))  (95 % between \(Self.percent(accuracyLower)) and \(Self.percent(accuracyUpper)))",
            "answered           \(Self.percent(coverage)) of what is in scope",
            "right if answered  \(precision.map(Self.percent) ?? "-")",
            "asked back         \(Self.percent(ambiguous))",
            "out of scope       \(outOfScopeRecall.map { Self.percent($0) + " rejected" } ?? "not measured")",
            "calibration error  \(Self.percent(calibrationError))", "",
        ]
        let width = max(12, intents.map(\.intent.rawValue.unicodeScalars.count).max() ?? 0)
        lines.append(Self.row("intent", ["precision", "recall", "F1", "support"], width))
        for entry in intents.sorted(by: { ($0.f1, $0.intent) < ($1.f1, $1.intent) }) {
            lines.append(
                Self.row(
                    entry.intent.rawValue, Self.cells(entry.precision, entry.recall, entry.f1) + ["\(entry.support)"],
                    width))
        }
        for (name, scores) in [("micro", micro), ("macro", macro), ("weighted", weighted)] {
            lines.append(
                Self.row(
                    "= \(name)", Self.cells(scores.precision, scores.recall, scores.f1) + ["\(samples)"], width))
        }
        if !confusions.isEmpty {
            lines += ["", "most frequent confusions"]
            lines += confusions.prefix(10).map { "\($0.count)  \($0.truth) taken for \($0.predicted)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func cells(_ values: Double...) -> [String] { values.map(percent) }

    private static func row(_ name: String, _ cells: [String], _ width: Int) -> String {
        let padding = String(repeating: " ", count: max(0, width - name.unicodeScalars.count))
        return name + padding + cells.map { String(repeating: " ", count: max(1, 11 - $0.count)) + $0 }.joined()
    }

    /// 12.3 %
    private static func percent(_ share: Double) -> String {
        let tenths = Int((share * 1000).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }
}
