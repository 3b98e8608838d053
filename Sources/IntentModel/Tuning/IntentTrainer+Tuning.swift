public import BERT
import BERTTraining
public import ConversationDomain
import Entities
package import Foundation
public import Inference
import TensorFiles

/// What training an encoder needs beside the examples.
public struct EncoderTuning: Sendable {
    let tuner: EncoderTuner
    private(set) var choice: TuningChoice
    package let epochs: Int?
    package let learningRate: Float?
    private(set) var unlabelled: [String]
    let judges: [Judge]
    let open: @Sendable (WeightsOverlay) throws -> any SentenceEncoder

    /// - Parameters:
    ///   - epochs, learningRate: nil for those of the method.
    ///   - unlabelled: what customers wrote: the encoder learns from what it makes of these texts itself, if that helps.
    ///   - judges: other encoders that are asked what those texts mean.
    ///   - open: opens the base encoder with what was changed of it.
    public init(
        tuner: EncoderTuner, choice: TuningChoice, epochs: Int? = nil, learningRate: Float? = nil,
        unlabelled: [String] = [], judges: [Judge] = [],
        open: @escaping @Sendable (WeightsOverlay) throws -> any SentenceEncoder
    ) {
        self.tuner = tuner
        self.choice = choice
        self.epochs = epochs
        self.learningRate = learningRate
        self.unlabelled = unlabelled
        self.judges = judges
        self.open = open
    }
}

extension EncoderTuning {
    /// The same by another method, and by the examples alone.
    package func choosing(_ method: TuningMethod, reason: String) -> EncoderTuning {
        var result = self
        result.choice = .decided(method, reason: reason)
        result.unlabelled = []
        return result
    }

    /// The encoder of a version that was just trained.
    package func encoder(of result: TunedResult) throws -> any SentenceEncoder {
        try result.tuned.map { try open($0.overlay) } ?? tuner.base
    }

    /// Where the result of a comparison stays until a training ends.
    /// - Parameter words: what it depends on beside the encoder and how it is tuned.
    package func file(comparing words: [String]) -> URL {
        var fingerprint = Fingerprint()
        let tuned = [tuner.base.weightsHash, epochs.map(String.init) ?? "", learningRate.map { "\($0)" } ?? ""]
        for word in tuned + words { fingerprint.combine(word) }
        return tuner.folder.appendingPathComponent("compared-\(fingerprint.hex.prefix(16)).json")
    }
}

extension EncoderTuning {
    /// Another encoder that judges unlabelled texts too, after it has learnt from the examples; what it learns is not kept.
    public struct Judge: Sendable {
        let tuner: EncoderTuner
        let open: @Sendable (WeightsOverlay) throws -> any SentenceEncoder

        public init(tuner: EncoderTuner, open: @escaping @Sendable (WeightsOverlay) throws -> any SentenceEncoder) {
            self.tuner = tuner
            self.open = open
        }
    }
}

/// A trained version whose encoder was perhaps trained too.
public struct TunedResult: Sendable {
    public let training: TrainingResult
    public let plan: TuningPlan
    /// nil when the encoder stayed as it was. The weights are where the tuner put them; the caller keeps them with the
    /// version.
    public let tuned: EncoderTuner.Tuned?
    /// nil without unlabelled texts.
    public let selfTraining: SelfTraining?
}

extension IntentTrainer {
    /// From so many examples on a part of them measures; with fewer, folds do, and an encoder is trained for each.
    static let holdOutMinimum = 3000
    /// That part: of so many folds the first ones, 15 % of every intent.
    static let holdOutFolds = (held: 3, of: 20)
    /// Encoders that are trained only to measure, when examples are few.
    static let tuningFolds = 3

    /// Trains the encoder by the chosen method, then the head on its embeddings.
    ///
    /// What is measured (calibration, thresholds, the report) comes from examples that neither the encoder nor the head
    /// that judged them had learnt from. With many examples 15 % are held out; they also choose the best epoch, which
    /// flatters the figures a little. With few, an encoder is trained for each of three folds, and one more on everything.
    /// - Throws: `ChatError`, `ModelError`, `CancellationError`.
    public func train(
        _ content: BotContent, tuning: EncoderTuning,
        progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
    ) async throws -> TunedResult {
        try await train(
            LabelledText.examples(of: content), marks: EntityLesson(content, seed: options.seed), labels: [],
            tuning: tuning, progress: progress)
    }

    /// The same for examples without a bot.
    public func train(
        _ given: [LabelledText], tuning: EncoderTuning,
        progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
    ) async throws -> TunedResult {
        try await train(
            given, marks: EntityLesson(BotContent(), seed: options.seed), labels: [], tuning: tuning, progress: progress
        )
    }

    /// - Parameters:
    ///   - marks: what an entity head learns at the same time.
    ///   - labels: what classifiers beside the intents learn at the same time.
    func train(
        _ given: [LabelledText], marks: EntityLesson, labels: [LabelLesson], tuning: EncoderTuning,
        progress: @escaping @Sendable (TrainingProgress) -> Void
    ) async throws -> TunedResult {
        let started = ContinuousClock.now
        let set = try TrainingSet(given, options: options)
        var plan = TuningPlan(tuning.choice)
        plan.epochs = tuning.epochs
        plan.learningRate = tuning.learningRate
        guard plan.method != .head else {
            let base = tuning.tuner.base
            let marked = try await adding(
                marks, to: try await train(given, encoder: base, progress: progress), encoder: base, progress: progress)
            let result = try await adding(labels, to: marked, encoder: base, progress: progress)
            return TunedResult(training: result, plan: plan, tuned: nil, selfTraining: nil)
        }
        // Comparing sentences of one intent teaches no other heads.
        let joined = plan.method == .contrastive ? [] : labels
        let subject = TuningSubject(set)
        let run = TuningRun(
            trainer: self, tuning: tuning, plan: plan, intents: subject,
            others: joined.map { TuningSubject($0, seed: options.seed) }, marks: marks,
            unlabelled: tuning.unlabelled(besides: subject.texts), progress: progress)
        let measured = try await run.measured()
        let (tuned, encoder) = (measured.tuned, measured.encoder)
        func finish(_ set: TrainingSet, _ validated: CrossValidation) async throws -> TrainingResult {
            try await self.finish(
                set, validated, encoder: encoder, isTuned: true, started: started, progress: progress)
        }
        let marked = try await adding(
            marks, trained: tuned.entityHead(marks.entities), to: try await finish(set, measured.intents),
            encoder: encoder, progress: progress)
        var trained: [(lesson: LabelLesson, result: TrainingResult)] = []
        for (lesson, validated) in zip(joined, measured.others) {
            trained.append((lesson, try await finish(lesson.set, validated)))
        }
        let result =
            joined.isEmpty
            ? try await adding(labels, to: marked, encoder: encoder, progress: progress) : try marked.adding(trained)
        return TunedResult(training: result, plan: plan, tuned: tuned, selfTraining: measured.selfTraining)
    }
}
