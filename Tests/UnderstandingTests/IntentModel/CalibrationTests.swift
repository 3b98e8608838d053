import ConversationDomain
import Foundation
import Testing

@testable import IntentModel
@testable import LinearModels
@testable import Measures

@Suite("Calibration")
struct CalibrationTests {
    @Test("the Wilson interval of 81 successes in 263 trials is Newcombe's published one")
    func wilson() {
        // R. G. Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I.
        let interval = Wilson.interval(successes: 81, trials: 263)
        #expect(abs(interval.lower - 0.2553) < 5e-5)
        #expect(abs(interval.upper - 0.3662) < 5e-5)
        #expect(Wilson.interval(successes: 0, trials: 0) == (0, 1))
    }

    @Test("folds hold every class evenly, differ by at most one in size, and depend on the seed alone")
    func folds() {
        let labels = (0..<53).map { $0 < 30 ? 0 : $0 < 50 ? 1 : 2 }
        let split = StratifiedFolds(labels: labels, count: 5, seed: 7)
        for fold in 0..<5 {
            let members = split.testing(fold)
            #expect((10...11).contains(members.count))
            #expect(members.count { labels[$0] == 0 } == 6)
            #expect(members.count { labels[$0] == 1 } == 4)
            #expect(Set(split.training(fold)).isDisjoint(with: members))
        }
        #expect(split == StratifiedFolds(labels: labels, count: 5, seed: 7))
        #expect(split != StratifiedFolds(labels: labels, count: 5, seed: 8))
    }

    @Test("a temperature is found that undoes an overconfident scaling")
    func temperature() {
        // Two classes, logit difference ln 3 means 75 %; the logits are four times too large.
        let logits: [[Float]] = (0..<4000).map { _ in [4 * Float(log(3.0)), 0] }
        let labels = (0..<4000).map { $0 % 4 == 0 ? 1 : 0 }
        #expect(abs(TemperatureScaling.fit(logits: logits, labels: labels) - 4) < 0.01)
    }

    @Test("a few samples that are all right do not ask for certainty")
    func fewSamples() {
        let logits = [[Float]](repeating: [1, 0], count: 4)
        let temperature = TemperatureScaling.fit(logits: logits, labels: [0, 0, 0, 0])
        #expect((0.3..<1).contains(temperature))
        #expect(TemperatureScaling.fit(logits: [], labels: []) == 1)
    }

    @Test("the pooled threshold is the lowest confidence whose bound reaches the target")
    func pooled() {
        // 100 right ones between 0.5 and 0.995, then 20 wrong ones below 0.5.
        let right = (0..<100).map {
            AcceptanceThresholds.Prediction(label: 0, confidence: 0.5 + Double($0) * 0.005, isCorrect: true)
        }
        let wrong = (0..<20).map {
            AcceptanceThresholds.Prediction(label: 0, confidence: 0.3 + Double($0) * 0.01, isCorrect: false)
        }
        // With k wrong ones let in, the bound of 100/(100 + k) is at least 0.95 for k ≤ 2.
        #expect(Wilson.interval(successes: 100, trials: 102, z: Wilson.oneSided90).lower >= 0.95)
        #expect(Wilson.interval(successes: 100, trials: 103, z: Wilson.oneSided90).lower < 0.95)
        let thresholds = AcceptanceThresholds(right + wrong, classes: 1, target: 0.95)
        #expect(abs(thresholds.pooled - 0.48) < 1e-12)
        #expect(thresholds.perLabel == [thresholds.pooled])
    }

    @Test("an intent that is often wrong needs more confidence; an unseen one the pooled threshold")
    func perIntent() {
        let good = (0..<200).map {
            AcceptanceThresholds.Prediction(label: 0, confidence: 0.4 + Double($0) * 0.003, isCorrect: true)
        }
        let bad = [0.5, 0.6, 0.7, 0.8].flatMap { confidence in
            [true, false].map { AcceptanceThresholds.Prediction(label: 1, confidence: confidence, isCorrect: $0) }
        }
        let thresholds = AcceptanceThresholds(good + bad, classes: 3, target: 0.95)
        // The first threshold above the wrong prediction at 0.8.
        #expect(abs(thresholds.perLabel[1] - 0.805) < 1e-9)
        #expect(thresholds.perLabel[1] > thresholds.perLabel[0])
        #expect(thresholds.perLabel[2] == thresholds.pooled)
    }

    @Test("intents that differ by chance only have the pooled threshold, and so lose no coverage to it")
    func chance() {
        // Thirty intents of forty predictions, each wrong as often as its confidence says.
        var generator = SeededGenerator(seed: 3)
        let predictions = (0..<30).flatMap { label in
            (0..<40).map { _ in
                let confidence = Double.random(in: 0.5...1, using: &generator)
                return AcceptanceThresholds.Prediction(
                    label: label, confidence: confidence,
                    isCorrect: Double.random(in: 0...1, using: &generator) < confidence)
            }
        }
        let thresholds = AcceptanceThresholds(predictions, classes: 30, target: 0.9)
        func coverage(_ threshold: (Int) -> Double) -> Double {
            Double(predictions.count { $0.confidence >= threshold($0.label) }) / Double(predictions.count)
        }
        let pooled = coverage { _ in thresholds.pooled }
        #expect(coverage { thresholds.perLabel[$0] } > pooled - 0.02)
    }

    @Test(
        "an intent that is worse than the others gets a higher threshold the more is seen of it", arguments: [10, 400])
    func evidence(count: Int) {
        var generator = SeededGenerator(seed: 4)
        func predictions(_ label: Int, _ count: Int, _ share: Double) -> [AcceptanceThresholds.Prediction] {
            (0..<count).map { index in
                .init(
                    label: label, confidence: 0.5 + 0.49 * Double(index) / Double(count),
                    isCorrect: Double.random(in: 0...1, using: &generator) < share)
            }
        }
        let others = (1..<12).flatMap { predictions($0, 200, $0 % 2 == 0 ? 0.99 : 0.95) }
        let thresholds = AcceptanceThresholds(predictions(0, count, 0.8) + others, classes: 12, target: 0.95)
        if count == 400 { #expect(thresholds.perLabel[0] > 0.9) }
        #expect(thresholds.perLabel[0] >= thresholds.pooled)
        #expect(thresholds.perLabel[2] <= thresholds.pooled + 1e-9)
    }

    @Test("without predictions every threshold is the fixed one")
    func unmeasured() {
        let thresholds = AcceptanceThresholds([], classes: 2, target: 0.95)
        #expect(thresholds.perLabel == [AcceptanceThresholds.unmeasured, AcceptanceThresholds.unmeasured])
    }
}
