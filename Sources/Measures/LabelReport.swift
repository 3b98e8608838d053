public import ConversationDomain

/// How well a classifier beside the intents does on texts whose label is known. As JSON: snake_case.
public struct LabelReport: Hashable, Sendable, Encodable {
    public let classifier: ClassifierName
    /// The labels stand where another report has intents.
    package let report: EvaluationReport

    package init(_ classifier: ClassifierName, _ report: EvaluationReport) {
        self.classifier = classifier
        self.report = report
    }

    public var samples: Int { report.samples }
    /// Share of texts whose most likely label is the right one.
    public var accuracy: Double { report.accuracy }

    enum Keys: String, CodingKey {
        case classifier, samples, accuracy, micro, macro, weighted, labels, confusions
        case accuracyLower = "accuracy_lower"
        case accuracyUpper = "accuracy_upper"
        case acceptedShare = "accepted_share"
        case acceptedPrecision = "accepted_precision"
        case calibrationError = "calibration_error"
    }

    private struct LabelRow: Encodable {
        let label: IntentName
        let precision: Double
        let recall: Double
        let f1: Double
        let support: Int
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Keys.self)
        try fields.encode(classifier, forKey: .classifier)
        try fields.encode(report.samples, forKey: .samples)
        try fields.encode(report.accuracy, forKey: .accuracy)
        try fields.encode(report.accuracyLower, forKey: .accuracyLower)
        try fields.encode(report.accuracyUpper, forKey: .accuracyUpper)
        try fields.encode(report.micro, forKey: .micro)
        try fields.encode(report.macro, forKey: .macro)
        try fields.encode(report.weighted, forKey: .weighted)
        try fields.encode(report.coverage, forKey: .acceptedShare)
        try fields.encode(report.precision, forKey: .acceptedPrecision)
        try fields.encode(report.calibrationError, forKey: .calibrationError)
        let labels = report.intents.map {
            LabelRow(label: $0.intent, precision: $0.precision, recall: $0.recall, f1: $0.f1, support: $0.support)
        }
        try fields.encode(labels, forKey: .labels)
        try fields.encode(report.confusions, forKey: .confusions)
    }

    /// A table for a terminal, the worst label first.
    public func renderedText() -> String {
        let percent = TextTable.percent
        let range = "95 % between \(percent(report.accuracyLower)) and \(percent(report.accuracyUpper))"
        var lines = [
            "texts              \(report.samples)", "accuracy           \(percent(report.accuracy))  (\(range))",
            "accepted           \(percent(report.coverage))",
            "right if accepted  \(report.precision.map(percent) ?? "-")",
            "calibration error  \(percent(report.calibrationError))", "",
        ]
        let width = TextTable.width(of: report.intents.map(\.intent.rawValue) + [classifier.rawValue])
        lines.append(TextTable.header(classifier.rawValue, width))
        for entry in report.intents.sorted(by: { ($0.f1, $0.intent) < ($1.f1, $1.intent) }) {
            let cells = [entry.precision, entry.recall, entry.f1].map(percent) + ["\(entry.support)"]
            lines.append(TextTable.line(entry.intent.rawValue, cells, width))
        }
        for (name, scores) in [("micro", report.micro), ("macro", report.macro), ("weighted", report.weighted)] {
            let cells = [scores.precision, scores.recall, scores.f1].map(percent) + ["\(report.samples)"]
            lines.append(TextTable.line("= \(name)", cells, width))
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
