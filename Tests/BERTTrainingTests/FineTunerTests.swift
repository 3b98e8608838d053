import BERT
import Foundation
import TensorFiles
import Testing

@testable import BERTTraining

@Suite("Fine-tuning")
struct FineTunerTests {
    @Test(
        "each method learns to tell sentences that it has not seen apart",
        arguments: [(.full, 3e-3), (.lowRank(rank: 8, alpha: 16), 1e-2), (.contrastive, 3e-3)]
            as [(TrainingOptions.Method, Float)])
    func learns(method: TrainingOptions.Method, rate: Float) throws {
        var options = ToyTask.options(method)
        (options.epochs, options.learningRate, options.patience) = (30, rate, nil)
        let result = try ToyTask.tuner(options).run()
        #expect(try #require(result.accuracy) > 0.8)
        #expect(result.heads.count == (method == .contrastive ? 0 : 1))
        #expect(try #require(result.curves.points.last).step == result.steps)
    }

    @Test("without labels a sentence comes closer to itself than to others")
    func unsupervised() throws {
        var options = ToyTask.options(.unsupervised)
        options.learningRate = 1e-3
        let result = try ToyTask.tuner(options, heldOut: []).run()
        let losses = result.curves.points.map(\.loss)
        let (first, last): (Double, Double) = (losses.prefix(10).reduce(0, +), losses.suffix(10).reduce(0, +))
        #expect(last < 0.8 * first)
        #expect(result.accuracy == nil && result.heads.isEmpty)
    }

    @Test("sentence and token heads learn together")
    func severalHeads() throws {
        let heads = ToyTask.heads + [TrainedHead(name: "parity", kind: .tokens, labels: 2)]
        func mixed(_ examples: [TrainingExample]) -> [TrainingExample] {
            examples.enumerated().map { index, example in
                guard index % 4 < 2 else { return example }
                let labels: [Int?] = example.tokens.map { $0 < 98 ? ($0 < 45 ? 1 : 0) : nil }
                let tagged = TrainingExample.Target.tokens(head: 1, labels: labels)
                return TrainingExample(
                    tokens: example.tokens, targets: index % 4 == 0 ? [tagged] : example.targets + [tagged])
            }
        }
        let result = try ToyTask.tuner(
            training: mixed(ToyTask.examples(300, seed: 1)), heldOut: mixed(ToyTask.examples(80, seed: 2)), heads: heads
        ).run()
        let best = try #require(result.curves.evaluations.max { $0.accuracy < $1.accuracy })
        #expect(best.byHead.compactMap { $0 }.count == 2)
        #expect(best.byHead.allSatisfy { ($0 ?? 0) > 0.85 })
        #expect(result.heads.map(\.head) == heads)
        #expect(result.heads.map(\.weight.count) == [3 * 32, 2 * 32])
    }

    @Test(
        "the same seed gives the same weights with any number of threads, another seed others",
        arguments: [.full, .lowRank(rank: 4, alpha: 8), .contrastive, .unsupervised] as [TrainingOptions.Method])
    func repeatable(method: TrainingOptions.Method) throws {
        func content(threads: Int, seed: UInt64 = 5) throws -> TrainingResult.Content {
            var options = ToyTask.options(method)
            (options.epochs, options.threads, options.seed) = (2, threads, seed)
            return try ToyTask.tuner(options).run().content
        }
        let alone = try content(threads: 1)
        #expect(try content(threads: 2) == alone)
        #expect(try content(threads: 3) == alone)
        #expect(try content(threads: 1, seed: 6) != alone)
    }

    @Test("a run that no longer gains on held-out examples ends early and keeps its best weights")
    func earlyStopping() throws {
        var options = ToyTask.options()
        (options.epochs, options.patience) = (200, 2)
        let result = try ToyTask.tuner(options).run()
        #expect(result.stoppedEarly)
        #expect(result.steps < result.plannedSteps)
        let accuracies = result.curves.evaluations.map(\.accuracy)
        #expect(result.accuracy == accuracies.max())
        #expect(accuracies.suffix(2).allSatisfy { $0 <= (result.accuracy ?? 0) })
    }

    @Test("what is frozen does not change, and the rest does")
    func freezing() throws {
        var options = ToyTask.options()
        (options.epochs, options.frozenLayers) = (1, 1)
        let upper = try ToyTask.tuner(options).run().weights.tensors
        #expect(upper.allSatisfy { $0.name.contains("layer.1.") })
        #expect(upper.count == 16)
        (options.frozenLayers, options.freezesWords) = (0, true)
        let names = Set(try ToyTask.tuner(options).run().weights.tensors.map(\.name))
        #expect(!names.contains("encoder.embeddings.word_embeddings.weight"))
        #expect(names.contains("encoder.embeddings.position_embeddings.weight"))
    }

    @Test("progress counts every step and shows rate, pace and time left")
    func progress() throws {
        var options = ToyTask.options()
        options.epochs = 2
        var reports: [TrainingProgress] = []
        let tuner = try ToyTask.tuner(options)
        _ = try tuner.run(progress: { reports.append($0) })
        #expect(reports.map(\.step) == Array(1...tuner.steps))
        #expect(reports.map(\.epoch) == Array(repeating: 1, count: 10) + Array(repeating: 2, count: 10))
        #expect(reports.allSatisfy { $0.tokensPerSecond > 0 && $0.steps == 20 && $0.learningRate > 0 })
        #expect(reports.last?.secondsLeft == 0)
        #expect(reports.last?.accuracy != nil)
    }

    @Test("examples and options that make no sense are refused")
    func refusals() throws {
        func code(
            _ change: (inout TrainingOptions) -> Void = { _ in }, _ examples: [TrainingExample]? = nil,
            heads: [TrainedHead] = ToyTask.heads
        ) -> ModelError.Code? {
            var options = ToyTask.options()
            change(&options)
            return TinyModel.code {
                _ = try ToyTask.tuner(options, training: examples ?? ToyTask.examples(6, seed: 1), heads: heads)
            }
        }
        #expect(code() == nil)
        #expect(code({ $0.epochs = 0 }) == .invalidInput)
        #expect(code({ $0.dropout = .nan }) == .invalidInput)
        #expect(code({ $0.frozenLayers = 2 }) == .invalidInput)
        #expect(code({ $0.method = .lowRank(rank: 0, alpha: 1) }) == .invalidInput)
        #expect(code({ _ in }, []) == .invalidInput)
        for tokens in [[], [100], [-1]] as [[Int32]] {
            let example = TrainingExample(tokens: tokens, target: .sentence(head: 0, label: 0))
            #expect(code({ _ in }, [example]) == .invalidInput)
        }
        for target in [
            .sentence(head: 0, label: 3), .sentence(head: 1, label: 0), .tokens(head: 0, labels: [0]), .unlabelled,
        ] as [TrainingExample.Target] {
            #expect(code({ _ in }, [TrainingExample(tokens: [1], target: target)]) == .invalidInput)
        }
        #expect(code({ _ in }, nil, heads: ToyTask.heads + ToyTask.heads) == .invalidInput)
        #expect(code({ _ in }, nil, heads: [TrainedHead(name: "kind", labels: 1)]) == .invalidInput)
    }
}
