import ConversationDomain
import Foundation
import Measures

extension EvaluationPage {
    static func milliseconds(_ value: Double) -> String { String(format: value < 10 ? "%.2f ms" : "%.0f ms", value) }

    /// Whether more examples are worth it, and for which intent.
    var learningSection: HTML {
        guard let curve = evaluation.learningCurve, !curve.points.isEmpty else { return "" }
        let percent = Self.percent
        let lowest = curve.points.map(\.lower).min() ?? 0
        var plot = Plot(
            x: .count("examples that it learned from", upTo: curve.points.map(\.examples).max() ?? 1),
            y: .share("understood rightly", from: lowest >= 0.85 ? 0.8 : lowest >= 0.55 ? 0.5 : 0))
        func points(_ value: (LearningCurve.Point) -> Double) -> [Plot.Point] {
            curve.points.map { (Double($0.examples), value($0)) }
        }
        plot.band(points(\.lower), points(\.upper), style: "blue")
        plot.line(points(\.accuracy), style: "blue")
        for point in curve.points {
            plot.dot(
                (Double(point.examples), point.accuracy), style: "dot",
                note:
                    "\(Self.count(point.examples, "example")): \(percent(point.accuracy)), almost surely \(percent(point.lower)) to \(percent(point.upper))"
            )
        }
        let stopped: HTML =
            curve.isComplete
            ? ""
            : "<p class=\"about\">The time for this did not suffice for all examples; the end of the line is missing.</p>"
        return """
            <section><h2>Is more data worth it?</h2>
            <p class="about">The bot learned from a part of its examples, then from more of them, and each time was asked the same sentences. \
            A line that still rises at its end promises more from more examples. The pale band is the uncertainty. Measured on the \
            encoder as it was published, also where the live version trained it.</p>
            \(plot.svg("Share understood rightly by the number of examples"))
            \(stopped)\(gains(curve))</section>
            """
    }

    private func gains(_ curve: LearningCurve) -> HTML {
        let gaining = curve.intents.filter(\.isGaining).prefix(15)
        guard curve.overall != nil else { return "" }
        guard !gaining.isEmpty else {
            return
                "<p>No single intent gained more than by chance from the second half of its examples. Where an intent is weak all the same, it lacks not examples but clearness: look at what it is confused with.</p>"
        }
        let rows = gaining.map { gain -> HTML in
            """
            <tr><td>\(gain.intent)</td><td>\(Self.percent(gain.half))</td><td>\(Self.percent(gain.full))</td>\
            <td>\(gain.support)</td><td>\(evaluation.subject.trainingExamples[gain.intent.rawValue].map(String.init) ?? "–")</td></tr>
            """
        }
        return """
            <p>These intents gained more than by chance from the second half of their examples. Write more for them first.</p>
            <div class="wide"><table><tr><th>intent</th><th>found with half</th><th>found with all</th><th>sentences</th><th>examples</th></tr>\(rows)</table></div>
            """
    }

    var latencySection: HTML {
        guard let latency = evaluation.latency else { return "" }
        let rows = [
            ("half of the messages", latency.p50), ("95 of 100", latency.p95), ("99 of 100", latency.p99),
            ("the slowest", latency.longest),
        ].map { "<tr><td>\($0)</td><td>within \(Self.milliseconds($1))</td></tr>" as HTML }
        return """
            <section><h2>Speed</h2>
            <p class="about">From the text of a message to its intent and entities, one message at a time, nothing remembered from before, on the \
            computer that made this page (\(Self.count(latency.samples, "message"))).</p>
            <div class="wide"><table style="width:auto">\(rows)</table></div></section>
            """
    }
}
