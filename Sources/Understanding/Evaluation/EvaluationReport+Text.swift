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

extension Evaluation {
    /// The report with whose text it is, whole replies, latency and learning curve, for a terminal.
    public func renderedText() -> String {
        var text = "measured on        \(subject.origin)\n"
        text +=
            replies.map { $0.renderedText() + "\n" }
            ?? "whole replies      not measured: these figures are of the intent head alone\n\n"
        if report.samples > 0 {
            text += replies == nil ? report.renderedText() : "the intent head alone\n" + report.renderedText()
        } else {
            text += "the intent head alone: no sentence has an intent to measure it by\n"
        }
        if let latency {
            func milliseconds(_ value: Double) -> String {
                let hundredths = Int((value * 100).rounded())
                let fraction = hundredths % 100
                return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) ms"
            }
            text +=
                "\ntime for one message  half within \(milliseconds(latency.p50)), 95 % within \(milliseconds(latency.p95)), 99 % within \(milliseconds(latency.p99)) (\(latency.samples) messages)\n"
        }
        if let learningCurve { text += learningCurve.renderedText() }
        return text
    }
}

extension LearningCurve {
    func renderedText() -> String {
        let percent = TextTable.percent
        var lines = ["", TextTable.line("share of examples", ["examples", "accuracy"], 20)]
        lines += points.map { TextTable.line(percent($0.share), ["\($0.examples)", percent($0.accuracy)], 20) }
        if !isComplete { lines.append("the time did not suffice for all shares") }
        let gaining = intents.filter(\.isGaining)
        if overall != nil {
            lines.append(
                gaining.isEmpty
                    ? "no single intent gained more than chance by the second half of its examples"
                    : "still gaining: "
                        + gaining.map { "\($0.intent) (\(percent($0.half)) to \(percent($0.full)))" }
                        .joined(separator: ", "))
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
