public import BERT
import BERTTraining
public import ConversationDomain
import Foundation

/// What training an encoder needs beside the examples.
public struct EncoderTuning: Sendable {
    let tuner: EncoderTuner
    let choice: TuningChoice
    let epochs: Int?
    let learningRate: Float?
    let open: @Sendable (WeightsOverlay) throws -> any SentenceEncoder

    /// - Parameters:
    ///   - epochs, learningRate: nil for those of the method.
    ///   - open: opens the base encoder with what was changed of it.
    public init(
        tuner: EncoderTuner, choice: TuningChoice, epochs: Int? = nil, learningRate: Float? = nil,
        open: @escaping @Sendable (WeightsOverlay) throws -> any SentenceEncoder
    ) {
        self.tuner = tuner
        self.choice = choice
        self.epochs = epochs
        self.learningRate = learningRate
        self.open = open
    }
}

/// A trained version whose encoder was perhaps trained too.
public struct TunedResult: Sendable {
    public let training: TrainingResult
    public let plan: TuningPlan
    /// nil when the encoder stayed as it was. The weights are where the tuner put them; the caller keeps them with the
    /// version.
    public let tuned: EncoderTuner.Tuned?
}

extension IntentTrainer {
    /// From so many examples on a tenth of them measures; with fewer, folds do, and an encoder is trained for each.
    static let holdOutMinimum = 3000
    /// Encoders that are trained only to measure, when examples are few.
    static let tuningFolds = 3

    /// Trains the encoder by the chosen method, then the head on its embeddings.
    ///
    /// What is measured (calibration, thresholds, the report) comes from examples that neither the encoder nor the head
    /// that judged them had learnt from. With many examples a tenth is held out; it also chooses the best epoch, which
    /// flatters the figures a little. With few, an encoder is trained for each of three folds, and one more on everything.
    /// - Throws: `ChatError`, `BERTError`, `CancellationError`.
    public func train(
        _ content: BotContent, tuning: EncoderTuning,
        progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
    ) async throws -> TunedResult {
        try await train(
            LabelledText.examples(of: content), marks: EntityLesson(content, seed: options.seed), tuning: tuning,
            progress: progress)
    }

    /// The same for examples without a bot.
    public func train(
        _ given: [LabelledText], tuning: EncoderTuning,
        progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
    ) async throws -> TunedResult {
        try await train(
            given, marks: EntityLesson(BotContent(), seed: options.seed), tuning: tuning, progress: progress)
    }

    private func train(
        _ given: [LabelledText], marks: EntityLesson, tuning: EncoderTuning,
        progress: @escaping @Sendable (TrainingProgress) -> Void
    ) async throws -> TunedResult {
        let started = ContinuousClock.now
        let set = try TrainingSet(given, options: options)
        var plan = TuningPlan(tuning.choice, counts: set.counts)
        plan.epochs = tuning.epochs
        plan.learningRate = tuning.learningRate
        guard plan.method != .head else {
            let base = tuning.tuner.base
            let result = try await adding(
                marks, to: try await train(given, encoder: base, progress: progress), encoder: base, progress: progress)
            return TunedResult(training: result, plan: plan, tuned: nil)
        }
        let texts = set.examples.map { MaskedText.masking($0.text) }
        let run = TuningRun(
            trainer: self, tuning: tuning, plan: plan, set: set, texts: texts, marks: marks, progress: progress)
        let (tuned, validated, encoder) = try await run.measured()
        let result = try await finish(
            set, validated, encoder: encoder, isTuned: true, started: started, progress: progress)
        let trained = tuned.entityHead(marks.entities)
        return TunedResult(
            training: try await adding(marks, trained: trained, to: result, encoder: encoder, progress: progress),
            plan: plan, tuned: tuned)
    }
}

/// One training of an encoder with what measures it.
private struct TuningRun {
    let trainer: IntentTrainer
    let tuning: EncoderTuning
    let plan: TuningPlan
    let set: TrainingSet
    /// The examples as the encoder reads them.
    let texts: [String]
    /// What an entity head learns at the same time.
    let marks: EntityLesson
    let progress: @Sendable (TrainingProgress) -> Void

    private var options: TrainingOptions { trainer.options }

    func measured() async throws -> (EncoderTuner.Tuned, CrossValidation, any SentenceEncoder) {
        texts.count >= IntentTrainer.holdOutMinimum ? try await heldOut() : try await folded()
    }

    /// A tenth measures.
    private func heldOut() async throws -> (EncoderTuner.Tuned, CrossValidation, any SentenceEncoder) {
        let split = set.folds(10, seed: options.seed)
        let (training, testing) = (split.training(0), split.testing(0))
        let tuned = try await tune(training + testing, heldOut: testing.count, run: 1, of: 1)
        let encoder = try tuning.open(tuned.overlay)
        let embeddings = try await embed(encoder, cache: trainer.cache)
        let logits = try await predict(embeddings, training: training, testing: testing, encoder: encoder)
        // Parts of the held-out examples stand for folds: each is judged by thresholds from the others.
        let folds = testing.indices.map { $0 % 5 }
        let predictions = OutOfFold(samples: testing, logits: logits, folds: folds)
        return (tuned, CrossValidation(embeddings: embeddings, predictions: predictions), encoder)
    }

    /// An encoder is trained for each fold, then one on everything.
    private func folded() async throws -> (EncoderTuner.Tuned, CrossValidation, any SentenceEncoder) {
        let split = set.folds(IntentTrainer.tuningFolds, seed: options.seed)
        var parts: [(samples: [Int], logits: [[Float]], fold: Int)] = []
        for fold in 0..<split.count {
            let training = split.training(fold)
            let seen = Set(training.map { set.classes[$0] })
            let testing = split.testing(fold).filter { seen.contains(set.classes[$0]) }
            guard seen.count >= 2, !testing.isEmpty else { continue }
            let logits = try await logits(fold, training: training, testing: testing, of: split.count + 1)
            parts.append((testing, logits, fold))
        }
        let tuned = try await tune(Array(texts.indices), run: split.count + 1, of: split.count + 1)
        let encoder = try tuning.open(tuned.overlay)
        let predictions = OutOfFold(
            samples: parts.flatMap(\.samples), logits: parts.flatMap(\.logits),
            folds: parts.flatMap { part in part.samples.map { _ in part.fold } })
        let embeddings = try await embed(encoder, cache: trainer.cache)
        return (tuned, CrossValidation(embeddings: embeddings, predictions: predictions), encoder)
    }

    /// What an encoder and a head that learnt from `training` say about `testing`; kept in a file, so that a training that was
    /// killed need not repeat it.
    private func logits(_ fold: Int, training: [Int], testing: [Int], of runs: Int) async throws -> [[Float]] {
        let name = name("fold-\(fold + 1)")
        let kept = tuning.tuner.folder.appendingPathComponent("\(name).json")
        if let data = try? Data(contentsOf: kept), let logits = try? JSONDecoder().decode([[Float]].self, from: data),
            logits.count == testing.count, logits.allSatisfy({ $0.count == set.labels.count })
        {
            return logits
        }
        let tuned = try await tune(training, run: fold + 1, of: runs)
        let encoder = try tuning.open(tuned.overlay)
        let embeddings = try await embed(encoder, cache: nil)
        let logits = try await predict(embeddings, training: training, testing: testing, encoder: encoder)
        try JSONEncoder().encode(logits).write(to: kept, options: .atomic)
        try FileManager.default.removeItem(at: tuned.overlay.url.deletingLastPathComponent())
        return logits
    }

    /// Trains on the examples with these indices, of which the last `heldOut` are not learnt from.
    private func tune(_ indices: [Int], heldOut: Int = 0, run: Int, of runs: Int) async throws -> EncoderTuner.Tuned {
        // Comparing sentences teaches no heads.
        let tagged = plan.method == .contrastive ? [:] : marks.byText
        let lesson = EncoderTuner.Lesson(
            texts: indices.map { texts[$0] }, classes: indices.map { set.classes[$0] }, labels: set.labels.count,
            heldOut: Array(indices.indices.suffix(heldOut)), entities: tagged.isEmpty ? [] : marks.entities,
            tagged: indices.map { tagged[set.examples[$0].text] })
        let progress = progress
        let suffix = run < runs ? "fold-\(run)" : "all"
        return try await tuning.tuner.tune(lesson, by: plan, name: name(suffix)) { step in
            progress(.tuning(TuningProgress(step, run: run, of: runs)))
        }
    }

    /// The same data, encoder and settings give the same name.
    private func name(_ part: String) -> String {
        var fingerprint = Fingerprint()
        let head = options.inverseRegularisation(isTuned: true)
        for word in [set.dataHash, tuning.tuner.base.weightsHash, "\(plan.options)", "\(options.seed)", "\(head)"] {
            fingerprint.combine(word)
        }
        if !marks.isEmpty { fingerprint.combine(marks.fingerprint) }
        return "\(fingerprint.hex.prefix(16))-\(part)"
    }

    /// [examples, dimension]
    private func embed(_ encoder: any SentenceEncoder, cache: (any ModelStore)?) async throws -> FeatureMatrix {
        let embedder = CachedEmbedder(encoder: encoder, queue: trainer.queue, cache: cache)
        let embeddings = try await embedder.embed(texts, as: .query) { progress(.embedding(done: $0, total: $1)) }
        guard let matrix = FeatureMatrix(embeddings) else {
            throw ChatError(.internal, "the encoder's embeddings differ in length")
        }
        return matrix
    }

    private func predict(
        _ embeddings: FeatureMatrix, training: [Int], testing: [Int], encoder: any SentenceEncoder
    ) async throws -> [[Float]] {
        let (set, options, scaling) = (set, options, encoder.featureScaling)
        return try await DedicatedThread.run("training") { cancellation in
            let classifier = try set.classifier(
                training, embeddings: embeddings, scaling: scaling, options: options, isTuned: true,
                isCancelled: { cancellation.isCancelled })
            return testing.map { classifier.logits(of: Array(embeddings.row($0))) }
        }
    }
}
