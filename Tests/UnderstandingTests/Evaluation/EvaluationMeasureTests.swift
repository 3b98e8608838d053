import ConversationDomain
import Foundation
import Testing

@testable import Evaluation
@testable import IntentModel
@testable import Measures

@Suite("Measures of an evaluation")
struct EvaluationMeasureTests {
    private typealias Outcome = EvaluationReport.Outcome

    @Test("an area under the curve counts the pairs in the right order, equal ones half")
    func rankArea() throws {
        // 3 × 2 pairs: 0.9 and 0.6 beat both, 0.4 beats 0.1 and ties with 0.4.
        #expect(RankArea.area(high: [0.9, 0.6, 0.4], low: [0.4, 0.1]) == 5.5 / 6)
        #expect(RankArea.area(high: [0.1], low: [0.9]) == 0)
        #expect(RankArea.area(high: [0.5, 0.5], low: [0.5]) == 0.5)
        #expect(RankArea.area(high: [], low: [0.5]) == nil)
    }

    @Test("a sign test gives the probability of so many heads")
    func signTest() {
        #expect(SignTest.probability(wins: 0, losses: 0) == 1)
        #expect(abs(SignTest.probability(wins: 5, losses: 0) - 1.0 / 32) < 1e-12)
        // (10 + 5 + 1) / 32
        #expect(abs(SignTest.probability(wins: 3, losses: 2) - 0.5) < 1e-12)
        #expect(abs(SignTest.probability(wins: 8, losses: 1) - 10.0 / 512) < 1e-12)
    }

    @Test("the curve out of scope goes from everything passes to nothing passes, and names the best balance")
    func outOfScope() throws {
        let curve = try #require(
            OutOfScopeCurve([
                .of("a", "a", 0.9), .of("a", "a", 0.8), .of("b", "a", 0.7), .of("b", "b", 0.4),
                .of("out_of_scope", "a", 0.6),
                .of("out_of_scope", "out_of_scope", 0.7, accepted: false, ranking: [("a", 0.2)]),
            ]))
        typealias Point = OutOfScopeCurve.Point
        #expect(curve.inScope == 4 && curve.outOfScope == 2)
        // Of 8 pairs 0.4 loses to 0.6.
        #expect(curve.auroc == 7.0 / 8)
        #expect(
            curve.points.dropLast() == [
                Point(threshold: 0, inScopeAccuracy: 0.75, outOfScopeRecall: 0),
                Point(threshold: 0.2, inScopeAccuracy: 0.75, outOfScopeRecall: 0),
                Point(threshold: 0.4, inScopeAccuracy: 0.75, outOfScopeRecall: 0.5),
                Point(threshold: 0.6, inScopeAccuracy: 0.5, outOfScopeRecall: 0.5),
                Point(threshold: 0.7, inScopeAccuracy: 0.5, outOfScopeRecall: 1),
                Point(threshold: 0.8, inScopeAccuracy: 0.5, outOfScopeRecall: 1),
                Point(threshold: 0.9, inScopeAccuracy: 0.25, outOfScopeRecall: 1),
            ])
        #expect(curve.points.last.map { [$0.inScopeAccuracy, $0.outOfScopeRecall] } == [0, 1])
        #expect(curve.balanced == Point(threshold: 0.7, inScopeAccuracy: 0.5, outOfScopeRecall: 1))
        #expect(OutOfScopeCurve([.of("a", "a", 0.9)]) == nil)
    }

    @Test("a curve of many scores is thinned, its ends kept")
    func thinnedCurve() throws {
        let own = (0..<500).map { Outcome.of("a", "a", Double($0 + 1) / 501) }
        let curve = try #require(OutOfScopeCurve(own + [.of("out_of_scope", "a", 0.5)]))
        #expect(curve.points.count == OutOfScopeCurve.pointLimit)
        #expect(curve.points.first?.inScopeAccuracy == 1 && curve.points.last?.inScopeAccuracy == 0)
        #expect(curve.points.map(\.threshold) == curve.points.map(\.threshold).sorted())
    }

    @Test("the reliability diagram holds every sentence in the bin of its confidence, 1 in the last")
    func reliability() {
        let report = EvaluationReport([
            .of("a", "a", 1), .of("a", "a", 0.95), .of("b", "a", 0.95), .of("b", "b", 0.02),
        ])
        let bins = report.reliability
        #expect(bins.count == 15)
        #expect(bins.map(\.count) == [1] + [Int](repeating: 0, count: 13) + [3])
        #expect(abs(bins[14].confidence - 2.9 / 3) < 1e-12 && abs(bins[14].accuracy - 2.0 / 3) < 1e-12)
        let empty = EvaluationReport.ReliabilityBin(
            lower: 1.0 / 15, upper: 2.0 / 15, count: 0, confidence: 0, accuracy: 0)
        #expect(bins[1] == empty)
        // 3/4 · |2/3 − 2.9/3| + 1/4 · |1 − 0.02|
        #expect(abs(report.calibrationError - (0.225 + 0.245)) < 1e-12)
    }

    @Test("confused pairs join both directions and show the most confident mistakes first")
    func confusedPairs() {
        let report = EvaluationReport([
            .of("b", "a", 0.6, text: "one"), .of("a", "b", 0.9, text: "two"), .of("c", "a", 0.8, text: "three"),
            .of("c", "c", 0.8, text: "right"),
        ])
        #expect(report.confusedPairs.map { "\($0.first) \($0.second) \($0.count)" } == ["a b 2", "a c 1"])
        #expect(report.confusedPairs[0].sentences.map(\.text) == ["two", "one"])
        #expect(report.confusions.map { "\($0.truth)>\($0.predicted)" } == ["a>b", "b>a", "c>a"])
    }

    @Test("an intent that was only predicted is an error of others, and not in the table")
    func predictedOnly() {
        let report = EvaluationReport([.of("a", "a", 0.9), .of("a", "b", 0.9)])
        let only = EvaluationReport.IntentScores(
            intent: IntentName(trusted: "a"), precision: 1, recall: 0.5, f1: 2.0 / 3, support: 2)
        #expect(report.intents == [only])
        #expect(report.macro.f1 == only.f1 && report.micro.f1 == 0.5)
    }

    @Test("times are told by nearest rank")
    func latency() throws {
        let report = try #require(LatencyReport((1...200).reversed().map { .milliseconds($0) }))
        #expect([report.p50, report.p95, report.p99, report.longest] == [100, 190, 198, 200])
        #expect(report.mean == 100.5 && report.samples == 200)
        #expect(LatencyReport([]) == nil)
    }

    @Test("an errors file can be read as labelled texts, whatever is in the texts")
    func mistakeFiles() throws {
        let mistakes = EvaluationReport.Mistake.all(in: [
            .of("a", "b", 0.75, text: "plain"), .of("订单", "b", 0.5, accepted: false, text: "say \"hi\", 你好\nthere"),
            .of("a", "a", 1, text: "right"),
        ])
        #expect(
            String(decoding: try MistakeFile.csv.data(mistakes), as: UTF8.self)
                == "text,intent,predicted,confidence,accepted\r\nplain,a,b,0.7500,true\r\n\"say \"\"hi\"\", 你好\nthere\",订单,b,0.5000,false\r\n"
        )
        let lines = try MistakeFile.jsonLines.data(mistakes).split(separator: 10)
        #expect(try lines.map { try JSONDecoder().decode(EvaluationReport.Mistake.self, from: $0) } == mistakes)
        #expect(String(decoding: lines[0], as: UTF8.self).contains("\"intent\":\"a\""))
    }

    @Test("a held-out split takes a share of every intent, leaves one example to learn from, and keeps hints out")
    func heldOutSplit() {
        func texts(_ name: String, _ count: Int) -> [LabelledText] {
            (0..<count).map { LabelledText(text: "\(name) \($0)", intent: IntentName(trusted: name)) }
        }
        let hint = LabelledText(text: "a", intent: IntentName(trusted: "a"), origin: .description)
        let all = texts("a", 10) + texts("b", 4) + texts("c", 1) + [hint]
        let split = HeldOutSplit(all + texts("a", 10), share: 0.3, seed: 3)
        #expect(Dictionary(grouping: split.testing, by: \.intent.rawValue).mapValues(\.count) == ["a": 3, "b": 1])
        #expect(Set(split.training).union(split.testing) == Set(all) && split.training.contains(hint))
        #expect(split.training.count + split.testing.count == all.count)
        #expect(split == HeldOutSplit(all, share: 0.3, seed: 3))
        #expect(split != HeldOutSplit(all, share: 0.3, seed: 4))
    }
}
