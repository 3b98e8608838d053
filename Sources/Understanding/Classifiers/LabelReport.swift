public import ConversationDomain

/// How well a classifier beside the intents does on texts whose label is known. As JSON: snake_case.
public struct LabelReport: Hashable, Sendable, Encodable {
    public let classifier: ClassifierName
    /// The labels stand where another report has intents.
    let report: EvaluationReport

    init(_ classifier: ClassifierName, _ report: EvaluationReport) {
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

    private struct LabelScores: Encodable {
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
            LabelScores(label: $0.intent, precision: $0.precision, recall: $0.recall, f1: $0.f1, support: $0.support)
        }
        try fields.encode(labels, forKey: .labels)
        try fields.encode(report.confusions, forKey: .confusions)
    }

    /// A table for a terminal, the worst label first.
    public func renderedText() -> String {
        var lines = [
            "texts              \(report.samples)",
            "accuracy           \(Self.percent(report.accuracy))  (95 % between \(Self.percent(report.accuracyLower)) and \(Self.percent(report.accuracyUpper)))",
            "accepted           \(Self.percent(report.coverage))",
            "right if accepted  \(report.precision.map(Self.percent) ?? "-")",
            "calibration error  \(Self.percent(report.calibrationError))", "",
        ]
        let width = max(12, report.intents.map(\.intent.rawValue.unicodeScalars.count).max() ?? 0)
        lines.append(Self.row(classifier.rawValue, ["precision", "recall", "F1", "support"], width))
        for entry in report.intents.sorted(by: { ($0.f1, $0.intent) < ($1.f1, $1.intent) }) {
            let cells = [entry.precision, entry.recall, entry.f1].map(Self.percent) + ["\(entry.support)"]
            lines.append(Self.row(entry.intent.rawValue, cells, width))
        }
        for (name, scores) in [("micro", report.micro), ("macro", report.macro), ("weighted", report.weighted)] {
            let cells = [scores.precision, scores.recall, scores.f1].map(Self.percent) + ["\(report.samples)"]
            lines.append(Self.row("= \(name)", cells, width))
        }
        return lines.joined(separator: "\n") + "\n"
    }

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
