import ConversationDomain
import Foundation
import Testing

@testable import Evaluation
@testable import IntentModel
@testable import Measures

@Suite("Evaluation report")
struct EvaluationReportTests {
    private func outcome(_ truth: String, _ predicted: String, _ confidence: Double, accepted: Bool = true)
        -> EvaluationReport.Outcome
    {
        .init(
            truth: IntentName(trusted: truth),
            best: IntentScore(intent: IntentName(trusted: predicted), confidence: confidence), isAccepted: accepted)
    }

    /// Six sentences: a right, a right, a for b, b right, out of scope rejected, out of scope let through as a.
    private var report: EvaluationReport {
        EvaluationReport([
            outcome("a", "a", 0.9), outcome("a", "a", 0.5, accepted: false), outcome("b", "a", 0.7),
            outcome("b", "b", 0.9), outcome("out_of_scope", "out_of_scope", 0.8, accepted: false),
            outcome("out_of_scope", "a", 0.6),
        ])
    }

    @Test("scores of each intent and their averages are those of the textbook")
    func scores() {
        let report = report
        #expect(report.samples == 6)
        #expect(abs(report.accuracy - 4.0 / 6) < 1e-12)
        #expect(report.intents.map(\.intent.rawValue) == ["a", "b", "out_of_scope"])
        #expect(report.intents.map(\.support) == [2, 2, 2])
        #expect(report.intents.map(\.precision) == [0.5, 1, 1])
        #expect(report.intents.map(\.recall) == [1, 0.5, 0.5])
        for f1 in report.intents.map(\.f1) { #expect(abs(f1 - 2.0 / 3) < 1e-12) }
        #expect(report.micro.f1 == report.accuracy)
        #expect(abs(report.macro.precision - 2.5 / 3) < 1e-12)
        #expect(abs(report.weighted.recall - 2.0 / 3) < 1e-12)
    }

    @Test("coverage, precision and rejection count what the thresholds let pass")
    func acceptance() {
        let report = report
        #expect(report.coverage == 0.75)
        #expect(report.precision == 0.5)
        #expect(report.outOfScopeRecall == 0.5)
        let point = report.operatingPoints.first { $0.threshold == 0.7 }
        #expect(point == .init(threshold: 0.7, coverage: 0.75, precision: 2.0 / 3))
        #expect(report.confusions.map { "\($0.truth)>\($0.predicted)" } == ["b>a", "out_of_scope>a"])
    }

    @Test("the calibration error weighs the gaps of the bins by their size")
    func calibration() {
        // Two at 0.9, both right: gap 0.1. Two at 0.5, one right: gap 0.
        let report = EvaluationReport([
            outcome("a", "a", 0.9), outcome("a", "a", 0.9), outcome("a", "a", 0.5), outcome("b", "a", 0.5),
        ])
        #expect(abs(report.calibrationError - 0.05) < 1e-12)
    }

    @Test("nothing to report is a report of zeros, not of NaN")
    func empty() throws {
        let report = EvaluationReport([])
        #expect(report.accuracy == 0)
        #expect(report.precision == nil)
        #expect(report.calibrationError == 0)
        _ = try JSONEncoder().encode(report)
    }

    @Test("a report is the same after JSON, in snake_case")
    func json() throws {
        let data = try JSONEncoder().encode(report)
        #expect(try JSONDecoder().decode(EvaluationReport.self, from: data) == report)
        let text = String(decoding: data, as: UTF8.self)
        for key in ["out_of_scope_recall", "calibration_error", "operating_points", "accuracy_lower"] {
            #expect(text.contains("\"\(key)\""))
        }
    }

    @Test("the table names every intent, the worst first")
    func table() {
        let lines = report.renderedText().split(separator: "\n").map(String.init)
        #expect(lines.contains("a                50.0 %    100.0 %     66.7 %          2"))
        #expect(lines.contains("right if answered  50.0 %"))
        #expect(lines.contains("1  a and out_of_scope"))
        #expect(lines.contains("70.0 %           75.0 %     66.7 %"))
    }
}
