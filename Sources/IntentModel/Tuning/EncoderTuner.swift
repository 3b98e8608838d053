public import BERT
public import BERTTraining
import ConversationDomain
import Entities
public import Foundation
import Inference
import Synchronization
import TensorFiles
import Tokenizers

/// Trains an encoder on labelled sentences and leaves what changed in a file beside the published weights.
///
/// The work runs on threads of its own. A run that is killed goes on from its last checkpoint, some minute before, when it
/// is started again with the same data and settings.
public struct EncoderTuner: Sendable {
    /// The encoder to begin with.
    public let base: TextEncoder
    /// Where checkpoints and weights are kept; made when missing.
    public let folder: URL
    private let threads: Int
    let seed: UInt64

    public init(base: TextEncoder, folder: URL, threads: Int, seed: UInt64) {
        self.base = base
        self.folder = folder
        self.threads = min(16, max(1, threads))
        self.seed = seed
    }

    /// What a run gave.
    public struct Tuned: Sendable {
        public let overlay: WeightsOverlay
        public let curves: TrainingCurves
        public let steps: Int
        public let stoppedEarly: Bool
        /// The heads that learnt with the encoder, by name.
        let heads: [String: TrainedHeadWeights]

        /// Removes the weights.
        package func discard() throws {
            try FileManager.default.removeItem(at: overlay.url.deletingLastPathComponent())
        }

        /// The entity head that learnt with the encoder; nil when none did.
        func entityHead(_ entities: [EntityName]) -> EntityHead? {
            heads[Lesson.entitiesName].flatMap {
                EntityHead(entities: entities, weight: $0.weight, bias: $0.bias)
            }
        }
    }

    /// What is learnt from.
    struct Lesson: Sendable {
        var texts: [String]
        /// The class of each text, below `labels`.
        var classes: [Int]
        var labels: Int
        /// Texts that choose the best weights and tell when to stop; may be empty.
        var heldOut: [Int] = []
        /// The entities that are learnt together with the classes, and for each text its marks, nil where it teaches none.
        var entities: [EntityName] = []
        var tagged: [TaggedText?] = []
        /// Other sets of texts, each with a head of its own.
        var others: [LabelledTexts] = []

        static let intentName = "intent"
        static let entitiesName = "entities"

        var heads: [TrainedHead] {
            var heads = [TrainedHead(name: Self.intentName, labels: labels)]
            if !entities.isEmpty {
                let tags = EntityTags.count(entities: entities.count)
                heads.append(TrainedHead(name: Self.entitiesName, kind: .tokens, labels: tags))
            }
            return heads + others.map { TrainedHead(name: $0.name, labels: $0.labels) }
        }
    }

    /// Texts that teach a head of their own.
    struct LabelledTexts: Sendable {
        /// Of the head.
        var name: String
        var texts: [String]
        /// The class of each text, below `labels`.
        var classes: [Int]
        var labels: Int
        /// Texts that choose the best weights and tell when to stop; may be empty.
        var heldOut: [Int] = []
    }

    /// Trains by `plan` and writes `weights.safetensors` into a folder of its own in ``folder``.
    /// - Parameters:
    ///   - name: of the run, for its files.
    ///   - progress: hears of every step, on the training's thread.
    /// - Throws: `ModelError`, `CancellationError`.
    func tune(
        _ lesson: Lesson, by plan: TuningPlan, name: String,
        progress: @escaping @Sendable (BERTTraining.TrainingProgress) -> Void
    ) async throws -> Tuned {
        let examples = examples(lesson, limit: plan.options.maximumTokens)
        let job = Job(
            name: name, heads: lesson.heads, training: examples.training, heldOut: examples.heldOut,
            options: plan.options)
        return try await run(job, progress: progress)
    }

    /// One training with its files.
    struct Job: Sendable {
        var name: String
        var heads: [TrainedHead] = []
        var training: [TrainingExample]
        var heldOut: [TrainingExample] = []
        /// Seed and threads are the tuner's.
        var options: BERTTraining.TrainingOptions
        /// Whether the checkpoint outlives the run, for a run that others follow.
        var keepsCheckpoint = false
    }

    public static let checkpointName = "checkpoint.bin"

    /// Trains, goes on from the job's checkpoint if there is one, and writes the weights.
    func run(
        _ job: Job, progress: @escaping @Sendable (BERTTraining.TrainingProgress) -> Void
    ) async throws -> Tuned {
        let directory = folder.appendingPathComponent(job.name, isDirectory: true)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let checkpoint = directory.appendingPathComponent(Self.checkpointName)
        let url = directory.appendingPathComponent("weights.safetensors")
        var options = job.options
        options.threads = threads
        options.seed = seed
        return try await DedicatedThread.run("tuning") { [base, options] cancellation in
            let hasBegun = Atomic(false)
            func run() throws -> BERTTraining.TrainingResult {
                let tuner = try FineTuner(
                    directory: base.directory, overlay: base.overlay, heads: job.heads, training: job.training,
                    heldOut: job.heldOut, options: options)
                return try tuner.run(
                    checkpoint: checkpoint,
                    progress: {
                        hasBegun.store(true, ordering: .relaxed)
                        progress($0)
                    }, isCancelled: { cancellation.isCancelled })
            }
            let result: BERTTraining.TrainingResult
            do {
                result = try run()
            } catch let error as ModelError where !hasBegun.load(ordering: .relaxed) {
                // A checkpoint that cannot be read is worth less than the minutes that it stands for.
                guard FileManager.default.fileExists(atPath: checkpoint.path) else { throw error }
                try FileManager.default.removeItem(at: checkpoint)
                result = try run()
            }
            try result.weights.write(to: url)
            if !job.keepsCheckpoint { try? FileManager.default.removeItem(at: checkpoint) }
            return Tuned(
                overlay: WeightsOverlay(url: url, hash: try Self.hash(of: url)), curves: result.curves,
                steps: result.steps, stoppedEarly: result.stoppedEarly,
                heads: Dictionary(result.heads.map { ($0.head.name, $0) }, uniquingKeysWith: { $1 }))
        }
    }

    /// Identifies the weights in a file by all of its bytes: 32 hexadecimal digits.
    public static func hash(of url: URL) throws -> String {
        var fingerprint = Fingerprint()
        try Data(contentsOf: url, options: .mappedIfSafe).withUnsafeBytes { fingerprint.combine($0) }
        return fingerprint.hex
    }

    private func examples(_ lesson: Lesson, limit: Int) -> (
        training: [TrainingExample], heldOut: [TrainingExample]
    ) {
        var (training, heldOut) = ([TrainingExample](), [TrainingExample]())
        func divide(_ examples: [TrainingExample], heldOut indices: [Int]) {
            let held = Set(indices)
            training += examples.indices.filter { !held.contains($0) }.map { examples[$0] }
            heldOut += indices.map { examples[$0] }
        }
        let all = lesson.texts.indices.map { index in
            let label = TrainingExample.Target.sentence(head: 0, label: lesson.classes[index])
            guard lesson.tagged.indices.contains(index), let tagged = lesson.tagged[index] else {
                let tokens = base.tokens(for: lesson.texts[index], as: .query, limit: limit)
                return TrainingExample(tokens: tokens, target: label)
            }
            let tokenized = base.tokenize(tagged.readable, as: .query, limit: limit)
            let tags = tagged.tags(of: tokenized.places, entities: lesson.entities)
            return TrainingExample(tokens: tokenized.ids, targets: [label, .tokens(head: 1, labels: tags)])
        }
        divide(all, heldOut: lesson.heldOut)
        let firstHead = lesson.heads.count - lesson.others.count
        for (head, other) in lesson.others.enumerated() {
            let examples = zip(other.texts, other.classes).map { text, label in
                TrainingExample(
                    tokens: base.tokens(for: text, as: .query, limit: limit),
                    target: .sentence(head: firstHead + head, label: label))
            }
            divide(examples, heldOut: other.heldOut)
        }
        return (training, heldOut)
    }
}

extension TuningPlan {
    /// The training's settings, as they measured best on the validation parts of public sets.
    var options: BERTTraining.TrainingOptions {
        var options = BERTTraining.TrainingOptions()
        switch method {
        case .head, .full:
            options.method = .full
            options.epochs = 8
            options.learningRate = 1e-4
            options.patience = 3
        case .lora:
            options.method = .lowRank(rank: 16, alpha: 32)
            options.epochs = 10
            options.learningRate = 1e-3
            options.patience = 3
        case .contrastive:
            options.method = .contrastive
            options.epochs = 5
            options.learningRate = 5e-5
            options.batchSize = 64
            options.patience = nil
        }
        if let epochs { options.epochs = epochs }
        if let learningRate { options.learningRate = learningRate }
        return options
    }
}
