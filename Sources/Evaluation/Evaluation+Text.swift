import ConversationDomain
import Measures

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
