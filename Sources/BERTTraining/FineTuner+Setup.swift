import BERT
import Foundation
import TensorFiles

extension FineTuner {
    static func check(_ heads: [TrainedHead]) throws {
        guard heads.count <= 256, Set(heads.map(\.name)).count == heads.count else {
            throw ModelError(.invalidInput, "heads must have different names, at most 256 of them")
        }
        for head in heads {
            guard (2...100_000).contains(head.labels) else {
                throw ModelError(.invalidInput, "head \(head.name) has \(head.labels) labels, expected 2 to 100,000")
            }
            guard head.weight >= 0, head.weight <= 1e6 else {
                throw ModelError(
                    .invalidInput, "head \(head.name) has the weight \(head.weight), expected 0 to 1,000,000")
            }
        }
    }

    static func plan(_ items: [Learner.Item], options: TrainingOptions) throws -> BatchPlan {
        switch options.method {
        case .full, .lowRank:
            guard items.allSatisfy({ !$0.isUnlabelled }) else {
                throw ModelError(.invalidInput, "an example has no label, and the method learns from labels only")
            }
            return BatchPlan(lengths: items.map(\.rows.count), size: options.batchSize, seed: options.seed)
        case .unsupervised:
            return BatchPlan(lengths: items.map(\.rows.count), size: options.batchSize, seed: options.seed)
        case .contrastive:
            let labels = try items.map { item in
                guard let label = item.sentenceLabel(of: 0) else {
                    throw ModelError(.invalidInput, "the contrastive method takes examples of sentence head 0 only")
                }
                return label
            }
            guard Set(labels).count >= 2, Set(labels).count < labels.count else {
                throw ModelError(.invalidInput, "the contrastive method needs two labels and two examples of one")
            }
            return BatchPlan(
                labels: labels, perLabel: options.examplesPerLabel, size: options.batchSize, seed: options.seed)
        }
    }

    /// Stands for everything that a run's result depends on. The number of threads is not among it.
    static func fingerprint(
        _ network: Network, _ data: TrainingData, heads: [TrainedHead], options: TrainingOptions
    ) throws -> String {
        var options = options
        options.threads = 1
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var sum = RunningChecksum()
        for part in [try encoder.encode(options), try encoder.encode(heads)] { part.withUnsafeBytes { sum.add($0) } }
        sum.add(UnsafeRawBufferPointer(network.values.buffer))
        network.wordRows.withUnsafeBytes { sum.add($0) }
        for item in data.training + data.heldOut {
            item.rows.withUnsafeBytes { sum.add($0) }
            for target in item.targets {
                switch target {
                case .sentence(let head, let label):
                    sum.add(head)
                    sum.add(label)
                case .tokens(let head, let labels):
                    sum.add(head)
                    for label in labels { sum.add(label ?? -1) }
                case .unlabelled: sum.add(-2)
                }
            }
        }
        return String(sum.value, radix: 16)
    }
}

/// How fast a run goes.
struct Pace {
    private let now: () -> Duration
    private var checkpoint: Duration
    private var tokens = 0
    private var steps = 0

    init(clock: any Clock<Duration>) {
        now = Self.stopwatch(clock)
        checkpoint = .zero
    }

    var tokensPerSecond: Double { Double(tokens) / max(1e-9, now() / .seconds(1)) }
    var secondsPerStep: Double { steps > 0 ? now() / .seconds(1) / Double(steps) : 0 }
    var elapsedSinceCheckpoint: Duration { now() - checkpoint }

    mutating func count(tokens: Int) {
        self.tokens += tokens
        steps += 1
    }

    mutating func checkpointed() { checkpoint = now() }

    private static func stopwatch<Time: Clock>(_ clock: Time) -> () -> Duration where Time.Duration == Duration {
        let begin = clock.now
        return { begin.duration(to: clock.now) }
    }
}
