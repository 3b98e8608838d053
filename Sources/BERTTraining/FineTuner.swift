public import BERT
import CKernels
public import Foundation
import TensorFiles

/// Trains an encoder on examples, together with the heads that label them.
///
/// Memory: four bytes for each parameter and its gradient, eight for the optimiser's averages where it moves, four more for the
/// best weights so far, and `PassMemory` for the largest part of a batch: 158 KB per token for MiniLM, 314 KB for multilingual-e5-small,
/// so some 80 MB and 160 MB for 32 sentences of 16 tokens. Of the word table only the rows in use take part.
///
/// Not for use by several threads at once. Runs on the calling thread, which `options.threads − 1` others help.
public final class FineTuner {
    /// What is trained.
    public let heads: [TrainedHead]
    /// How.
    public let options: TrainingOptions
    /// Steps of the whole run.
    public let steps: Int
    let learner: Learner
    private let plan: BatchPlan
    let data: TrainingData
    private let tensors: BERTTensors
    private let schedule: RateSchedule
    private let fingerprint: String
    private let best: FloatMemory
    private let clock: any Clock<Duration>
    private var state = Checkpoint.State()

    /// Opens the model in `directory` and checks the examples.
    ///
    /// - Parameters:
    ///   - directory: a Hugging Face model directory (`config.json`, `model.safetensors`).
    ///   - overlay: an earlier training to go on from.
    ///   - heads: the label sets; may be empty for the contrastive methods.
    ///   - training: the examples, at least one.
    ///   - heldOut: examples that are not learnt from but choose the best weights and end the run early; may be empty.
    /// - Throws: `ModelError`.
    public init(
        directory: URL, overlay: WeightsOverlay? = nil, heads: [TrainedHead], training: [TrainingExample],
        heldOut: [TrainingExample] = [], options: TrainingOptions = TrainingOptions(),
        clock: any Clock<Duration> = ContinuousClock()
    ) throws {
        try options.validate()
        try Self.check(heads)
        guard let kernels = ck_training_kernels_of(KernelSet.best(for: .float32).native)?.pointee else {
            throw ModelError(.unsupported, "this CPU has no training kernels")
        }
        let configuration = try BERTConfiguration.load(from: directory)
        guard options.frozenLayers < configuration.layers else {
            throw ModelError(
                .invalidInput, "\(options.frozenLayers) of \(configuration.layers) layers are to be frozen")
        }
        let file = try SafeTensorsFile(url: directory.appendingPathComponent("model.safetensors"))
        let changed = try overlay.map { try SafeTensorsFile(url: $0.url) }
        tensors = try BERTTensors(file: file, overlay: changed, configuration: configuration)
        data = try TrainingData(
            training: training, heldOut: heldOut, heads: heads, options: options, configuration: configuration)
        let network = try Network(
            tensors: tensors, wordRows: data.wordRows,
            heads: heads.map { ParameterLayout.Head(name: $0.name, labels: $0.labels) }, seed: options.seed)
        fingerprint = try Self.fingerprint(network, data, heads: heads, options: options)
        learner = Learner(network: network, heads: heads, options: options, kernels: kernels)
        plan = try Self.plan(data.training, options: options)
        steps = plan.steps * options.epochs
        schedule = RateSchedule(peak: options.learningRate, steps: steps, warmUpShare: options.warmUpShare)
        best = FloatMemory(heldOut.isEmpty ? 0 : network.values.count)
        self.heads = heads
        self.options = options
        self.clock = clock
    }

    /// Trains to the end, or on from `checkpoint`.
    ///
    /// - Parameters:
    ///   - checkpoint: where the state is kept during the run; an existing file is resumed from. The caller removes it.
    ///   - checkpointEvery: how long at least lies between two checkpoints.
    ///   - progress: hears of every step.
    ///   - isCancelled: asked before every step; the state is kept in `checkpoint` before the run ends.
    /// - Throws: `CancellationError`, or `ModelError`: `invalidFile` or `invalidInput` for a damaged or foreign
    ///   checkpoint, `io` when it cannot be written, `invalidInput` when the loss is no longer a number.
    public func run(
        checkpoint: URL? = nil, checkpointEvery: Duration = .seconds(60),
        progress: (TrainingProgress) -> Void = { _ in }, isCancelled: () -> Bool = { false }
    ) throws -> TrainingResult {
        if let checkpoint, let kept = try Checkpoint.read(checkpoint, into: arrays, fingerprint: fingerprint) {
            state = kept
        }
        var pace = Pace(clock: clock)
        var batches: (epoch: Int, list: [[Int]]) = (-1, [])
        while state.step < steps, !hasStopped {
            if isCancelled() {
                try keep(checkpoint)
                throw CancellationError()
            }
            let epoch = state.step / plan.steps
            if batches.epoch != epoch { batches = (epoch, plan.batches(epoch: epoch)) }
            let place = state.step % plan.steps
            let items = batches.list.indices.contains(place) ? batches.list[place].map { data.training[$0] } : []
            try learn(items)
            pace.count(tokens: items.reduce(0) { $0 + $1.rows.count })
            progress(report(pace))
            if let checkpoint, pace.elapsedSinceCheckpoint >= checkpointEvery {
                try keep(checkpoint)
                pace.checkpointed()
            }
        }
        return try result()
    }

    private var hasStopped: Bool {
        guard let patience = options.patience, !data.heldOut.isEmpty else { return false }
        return state.evaluationsWithoutGain >= patience
    }

    private func learn(_ items: [Learner.Item]) throws {
        let rate = schedule.rate(at: state.step)
        let loss = items.isEmpty ? 0 : learner.step(items, index: state.step, rate: rate)
        guard loss.isFinite else {
            throw ModelError(
                .invalidInput, "the loss is no number at step \(state.step + 1); a lower learning rate may help")
        }
        state.step += 1
        state.lossSum += loss
        state.lossCount += 1
        if state.lossCount >= max(1, steps / 1000) || state.step == steps {
            state.curves.points.append(
                TrainingCurves.Point(
                    step: state.step, loss: state.lossSum / Double(state.lossCount), learningRate: rate))
            (state.lossSum, state.lossCount) = (0, 0)
        }
        let interval = max(1, plan.steps / options.evaluationsPerEpoch)
        if state.step % interval == 0 || state.step == steps { evaluate() }
    }

    /// Scores the held-out examples and keeps the weights when they are the best so far.
    private func evaluate() {
        guard !data.heldOut.isEmpty else { return }
        let shares: [Double?] =
            switch options.method {
            case .full, .lowRank:
                learner.score(data.heldOut).map { $0.total > 0 ? Double($0.right) / Double($0.total) : nil }
            case .contrastive: [learner.centroidScore(training: data.training, heldOut: data.heldOut)]
            case .unsupervised: []
            }
        let known = shares.compactMap { $0 }
        guard !known.isEmpty else { return }
        let evaluation = TrainingCurves.Evaluation(
            step: state.step, byHead: shares, accuracy: known.reduce(0, +) / Double(known.count))
        state.curves.evaluations.append(evaluation)
        if evaluation.accuracy > state.best?.accuracy ?? -1 {
            state.best = evaluation
            state.evaluationsWithoutGain = 0
            best.copy(from: learner.network.values)
        } else {
            state.evaluationsWithoutGain += 1
        }
    }

    /// Everything that changes during a run.
    private var arrays: [FloatMemory] {
        [learner.network.values, learner.optimiser.firstAverages, learner.optimiser.secondAverages, best]
            + (learner.adapters.map { [$0.values] } ?? [])
    }

    private func keep(_ checkpoint: URL?) throws {
        guard let checkpoint else { return }
        try Checkpoint.write(state, arrays: arrays, fingerprint: fingerprint, to: checkpoint)
    }

    private func report(_ pace: Pace) -> TrainingProgress {
        TrainingProgress(
            step: state.step, steps: steps, epoch: (state.step - 1) / plan.steps + 1, epochs: options.epochs,
            loss: state.lossCount > 0
                ? state.lossSum / Double(state.lossCount) : state.curves.points.last?.loss ?? 0,
            learningRate: schedule.rate(at: state.step - 1), tokensPerSecond: pace.tokensPerSecond,
            secondsLeft: pace.secondsPerStep * Double(steps - state.step),
            accuracy: state.curves.evaluations.last?.accuracy)
    }

    private func result() throws -> TrainingResult {
        let network = learner.network
        if state.best != nil { network.values.copy(from: best) }
        let trainsHeads =
            switch options.method {
            case .full, .lowRank: true
            case .contrastive, .unsupervised: false
            }
        let trained = zip(heads, network.layout.heads).map { head, place in
            TrainedHeadWeights(
                head: head,
                weight: network.values.numbers(place.weight..<place.weight + head.labels * network.layout.hidden),
                bias: network.values.numbers(place.bias..<place.bias + head.labels))
        }
        return TrainingResult(
            weights: try learner.trainedWeights(tensors), heads: trainsHeads ? trained : [], curves: state.curves,
            accuracy: state.best?.accuracy, steps: state.step, plannedSteps: steps, stoppedEarly: hasStopped)
    }
}
