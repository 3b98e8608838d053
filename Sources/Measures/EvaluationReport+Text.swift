import ConversationDomain

extension EvaluationReport {
    /// The report as a table for a terminal; one line an intent, the worst first.
    public func renderedText() -> String {
        let percent = TextTable.percent
        var lines = [
            "sentences          \(samples)",
            "accuracy           \(percent(accuracy))  (95 % between \(percent(accuracyLower)) and \(percent(accuracyUpper)))",
            "answered           \(percent(coverage)) of what is in scope",
            "right if answered  \(precision.map(percent) ?? "-")",
            "asked back         \(percent(ambiguous))",
            "out of scope       \(outOfScopeRecall.map { percent($0) + " rejected" } ?? "not measured")",
            "calibration error  \(percent(calibrationError))", "",
        ]
        let width = TextTable.width(of: intents.map(\.intent.rawValue))
        lines.append(TextTable.header("intent", width))
        for entry in intents.sorted(by: { ($0.f1, $0.intent) < ($1.f1, $1.intent) }) {
            let scores = LabelScores(precision: entry.precision, recall: entry.recall, f1: entry.f1)
            lines.append(TextTable.row(entry.intent.rawValue, scores, entry.support, width))
        }
        lines += TextTable.averages(averages, samples, width: width)
        lines += sweepLines()
        if let curve = outOfScopeCurve {
            let point = curve.balanced
            lines += [
                "",
                "in and out of scope  AUROC \(TextTable.percent(curve.auroc)); at one threshold of \(TextTable.percent(min(1, point.threshold))):"
                    + " in-scope accuracy \(TextTable.percent(point.inScopeAccuracy)), out-of-scope recall \(TextTable.percent(point.outOfScopeRecall))",
            ]
        }
        if !confusedPairs.isEmpty {
            lines += ["", "most confused pairs"]
            for pair in confusedPairs.prefix(10) {
                lines.append("\(pair.count)  \(pair.first) and \(pair.second)")
                lines += pair.sentences.prefix(3).map { "     \($0.expected) taken for \($0.predicted): \($0.text)" }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Macro and weighted averages of the table, together with the micro average.
    var averages: AveragedScores { AveragedScores(micro: micro, macro: macro, weighted: weighted) }

    private func sweepLines() -> [String] {
        let chosen = operatingPoints.filter {
            [0, 30, 50, 70, 80, 90, 95, 99].contains(Int(($0.threshold * 100).rounded()))
        }
        guard samples > 0 else { return [] }
        return ["", TextTable.line("threshold", ["answered", "precision"], 12)]
            + chosen.map {
                TextTable.line(
                    TextTable.percent($0.threshold),
                    [TextTable.percent($0.coverage), $0.precision.map(TextTable.percent) ?? "-"], 12)
            }
    }
}
