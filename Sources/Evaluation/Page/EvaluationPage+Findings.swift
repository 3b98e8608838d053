import ConversationDomain
import Measures

extension EvaluationPage {
    /// What matters most, in sentences.
    var findings: [String] {
        let percent = Self.percent
        var findings: [String] = []
        if report.samples > 0 {
            findings.append(
                "Of \(Self.count(report.samples, "sentence")), \(right) were understood rightly. With other sentences of the same kind the share would almost always (19 times of 20) lie between \(percent(report.accuracyLower)) and \(percent(report.accuracyUpper))."
            )
        }
        if let replyFinding { findings.append(replyFinding) }
        if let precision = report.precision, evaluation.replies == nil {
            findings.append(
                "The bot answers \(percent(report.coverage)) of what it should by itself, and \(percent(precision)) of these answers are right. Otherwise it asks back or leaves the question to a person: it would rather say nothing than something wrong."
            )
        }
        if let weak = weakest { findings.append(weak) }
        if let pair = report.confusedPairs.first, pair.count > 1 {
            findings.append(
                "\(pair.first) and \(pair.second) are taken for each other most often, \(pair.count) times. If their sentences below look alike to you too, the two may be one intent."
            )
        }
        if let learning = learningFinding { findings.append(learning) }
        if report.samples >= 200 { findings.append(honesty) }
        return findings
    }

    private var right: Int { Int((report.accuracy * Double(report.samples)).rounded()) }

    /// Fewer sentences than this tell little about an intent.
    static let fewSentences = 5

    private var weakest: String? {
        let weak = report.intents.filter { $0.support >= Self.fewSentences && $0.f1 < min(0.9, report.macro.f1) }
            .sorted { ($0.f1, $0.intent) < ($1.f1, $1.intent) }.prefix(3)
        guard !weak.isEmpty else { return nil }
        return "The weakest intents are "
            + weak.map { "\($0.intent) (\(Self.percent($0.recall)) found)" }
            .joined(separator: ", ") + "."
    }

    private var honesty: String {
        let points = String((report.calibrationError * 1000).rounded() / 10)
        return report.calibrationError <= 0.03
            ? "Its confidence can be trusted: when it says 80 %, it is right some 80 times of 100 (on average \(points) points off)."
            : "Its confidence is \(points) points off on average: take it as an order, not as a probability."
    }

    private var learningFinding: String? {
        guard let curve = evaluation.learningCurve, let overall = curve.overall else { return nil }
        let gain = "\((overall.gain * 1000).rounded() / 10) points"
        let gaining = curve.intents.filter(\.isGaining).prefix(5).map(\.intent.rawValue)
        if !gaining.isEmpty {
            return
                "More examples are worth it, first of all for \(gaining.joined(separator: ", ")): the second half of the examples brought \(gain) over all."
        }
        return overall.isGaining
            ? "More examples are worth it: the second half of them brought \(gain)."
            : "More examples of the same kind would bring little: the second half of them brought \(gain)."
    }
}
