import ConversationDomain
import Foundation
import Testing

@testable import Evaluation
@testable import Inference
@testable import IntentModel
@testable import Measures

@Suite("Learning curve")
struct LearningCurveTests {
    private let a = IntentName(trusted: "a")
    private let b = IntentName(trusted: "b")

    @Test("an intent gains when the second half of the examples brought more than chance")
    func gains() throws {
        let truths = [IntentName](repeating: a, count: 6) + [IntentName](repeating: b, count: 6)
        // a: five of six sentences more; b: one more, one less.
        let half = [true] + [Bool](repeating: false, count: 5) + [true, true, true, false, true, true]
        let full = [Bool](repeating: true, count: 6) + [true, true, false, true, true, true]
        let curve = LearningCurve(
            [
                .init(share: 0.5, examples: 10, truths: truths, isRight: half),
                .init(share: 1, examples: 20, truths: truths, isRight: full),
            ], isComplete: true)
        #expect(curve.points.map(\.examples) == [10, 20])
        let accuracies: [Double] = [6.0 / 12, 11.0 / 12]
        #expect(curve.points.map(\.accuracy) == accuracies)
        let gains: [LearningCurve.IntentGain] = [
            .init(intent: a, support: 6, half: 1.0 / 6, full: 1, isGaining: true),
            .init(intent: b, support: 6, half: 5.0 / 6, full: 5.0 / 6, isGaining: false),
        ]
        #expect(curve.intents == gains)
        // Six wins, one loss: 8/128 is more than one in twenty.
        let overall = LearningCurve.Overall(half: 0.5, full: 11.0 / 12, isGaining: false)
        #expect(curve.overall == overall)
    }

    @Test("without all examples nothing is said about gains")
    func incomplete() {
        let curve = LearningCurve([.init(share: 0.5, examples: 1, truths: [a], isRight: [true])], isComplete: false)
        #expect(curve.points.count == 1 && curve.intents.isEmpty && curve.overall == nil)
    }

    @Test("a larger share holds the smaller, one example of each intent and all hints at least")
    func subsets() throws {
        let examples =
            (0..<16).map { LabelledText(text: "x \($0)", intent: a) } + [LabelledText(text: "y", intent: b)]
            + [LabelledText(text: "what b is", intent: b, origin: .description)]
        let set = try TrainingSet(examples, options: TrainingOptions())
        let all = Array(set.examples.indices)
        let parts = LearningCurveRun.shares.map { LearningCurveRun.subset(of: all, share: $0, set: set, seed: 1) }
        #expect(parts.map(\.count) == [4, 6, 10, 14, 18])
        for (smaller, larger) in zip(parts, parts.dropFirst()) { #expect(Set(smaller).isSubset(of: larger)) }
        #expect(parts.last == all)
    }

    @Test("more examples of words that are new to it are seen to help")
    func measured() async throws {
        // Every sentence of an intent has its own word, known only from other sentences of the same word.
        let examples = (0..<40).flatMap { index in
            [
                LabelledText(text: "red\(index % 8) thing number\(index)", intent: a),
                LabelledText(text: "blue\(index % 8) thing number\(index)", intent: b),
            ]
        }
        let curve = try await LearningCurveRun(queue: InferenceQueue(), cache: nil)
            .run(examples, tests: nil, encoder: FakeEncoder(dimension: 256))
        #expect(curve.isComplete && curve.points.map(\.share) == LearningCurveRun.shares)
        #expect(curve.points.map(\.examples) == [8, 16, 32, 48, 64])
        #expect(curve.points[0].accuracy < curve.points[4].accuracy && curve.points[4].accuracy == 1)
        let tests = [LabelledText(text: "red1 thing", intent: a)]
        let onFile = try await LearningCurveRun(queue: InferenceQueue(), cache: nil)
            .run(examples, tests: tests, encoder: FakeEncoder(dimension: 256))
        #expect(onFile.points.map(\.examples) == [10, 20, 40, 60, 80] && onFile.overall?.full == 1)
    }

    @Test("what the time does not suffice for is left out")
    func budget() async throws {
        let examples = (0..<10).flatMap { index in
            [LabelledText(text: "red \(index)", intent: a), LabelledText(text: "blue \(index)", intent: b)]
        }
        let curve = try await LearningCurveRun(queue: InferenceQueue(), cache: nil, budget: .zero)
            .run(examples, tests: nil, encoder: FakeEncoder())
        #expect(curve == LearningCurve([], isComplete: false))
    }
}
