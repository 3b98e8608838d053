import ConversationDomain
package import Evaluation
import Foundation
import Inference
package import IntentModel
import Measures
import SQLiteModels
import SQLiteStore
import Wording

/// Measures the understanding, on a file, by cross-validation, or on a part of the examples that is kept back.
package struct EvaluationRun {
    let directory: DataDirectory
    let encoders: any EncoderSource
    /// For measurements that train heads; nil for the preferred encoder.
    let encoder: String?
    let options: TrainingOptions
    /// What is measured beside.
    let parts: Parts
    let progress: any ProgressPort
    private let queue = InferenceQueue(options: TrainingRun.queueOptions)

    package init(
        directory: DataDirectory, encoders: any EncoderSource, encoder: String?, options: TrainingOptions, parts: Parts,
        progress: any ProgressPort
    ) {
        self.directory = directory
        self.encoders = encoders
        self.encoder = encoder
        self.options = options
        self.parts = parts
        self.progress = progress
    }

    package struct Parts {
        /// Whole replies, on a file.
        var replies: Bool
        var latency: Bool
        var learningCurve: Bool

        package init(replies: Bool, latency: Bool, learningCurve: Bool) {
            self.replies = replies
            self.latency = latency
            self.learningCurve = learningCurve
        }
    }

    /// The active version on the sentences of a file.
    package func onFile(_ file: LabelledFile) async throws -> Evaluation {
        let utterances = try file.utterances()
        let bot = try await Bot.open(
            directory, settings: BotSettings(inference: TrainingRun.queueOptions, encoders: encoders))
        defer { bot.close() }
        guard let model = bot.classifier.active else { throw CommandFailure(.unavailable, "no model is active") }
        let content = bot.content.current().content
        let texts = TestTexts(utterances, content: content)
        if let warning = Self.warning(texts.unknownLabels) { progress.note(warning) }
        let examples = LabelledText.examples(of: content)
        let outcomes = try await ModelEvaluator(queue: queue).outcomes(
            of: texts, model: model, progress: { [progress] in progress.step("evaluating", $0, $1) })
        let replies = parts.replies ? try await ReplyMeasurement(bot: bot, progress: progress).report(on: texts) : nil
        await bot.queue.shutdown()
        let name = URL(userPath: file.path).lastPathComponent
        let subject = subject(
            .file, file.split.map { "\(name), split \($0)" } ?? name, encoder: model.encoder.name, model: model.id,
            examples, texts.origin)
        return try await evaluation(
            subject, outcomes, replies, model: model, examples: examples,
            tests: outcomes.map { LabelledText(text: $0.text, intent: $0.truth) }, models: bot.models,
            published: { try await bot.encoders.preferred(named: model.encoder.name) })
    }

    /// Labels that the bot has nothing for.
    private static func warning(_ labels: [String: Int]) -> String? {
        guard !labels.isEmpty else { return nil }
        let named = labels.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(8).map { "\($0) (\($1))" }
        let more = labels.count > named.count ? " and \(labels.count - named.count) more" : ""
        return
            "warning: the bot has no intent or entry \(named.joined(separator: ", "))\(more); their texts count as in scope and cannot be answered rightly, unless --foreign names the label"
    }

    /// Every example judged by a head that had not seen it.
    package func crossValidated(folds: Int) async throws -> Evaluation {
        try await onExamples { examples, encoder, models in
            let outcomes = try await IntentTrainer(queue: queue, cache: models, options: options)
                .crossValidatedOutcomes(of: examples, encoder: encoder, progress: { [progress] in progress.show($0) })
            let subject = subject(
                .crossValidation, "\(folds) folds", encoder: encoder.name, model: nil, examples,
                .ownExamples(outcomes.count))
            let model = parts.latency ? try await live(models) : nil
            return try await evaluation(
                subject, outcomes, model: model, examples: examples, tests: nil, models: models, published: { encoder })
        }
    }

    /// A share of every intent's examples judged by a head and thresholds from the rest.
    package func heldOut(share: Double) async throws -> Evaluation {
        try await onExamples { examples, encoder, models in
            let split = HeldOutSplit(examples, share: share, seed: options.seed)
            guard !split.testing.isEmpty else {
                throw CommandFailure(.data, "--hold-out: no intent has enough examples to keep \(share) of them back")
            }
            let trained = try await IntentTrainer(queue: queue, cache: models, options: options)
                .train(split.training, encoder: encoder, progress: { [progress] in progress.show($0) })
            let model = try LiveClassifier.ActiveModel(trained.model, encoder: encoder)
            let outcomes = try await outcomes(of: split.testing, model: model)
            let subject = subject(
                .heldOut, "\(Int((share * 100).rounded())) % of each intent", encoder: encoder.name, model: nil,
                split.training, .ownExamples(outcomes.count))
            return try await evaluation(
                subject, outcomes, model: model, examples: split.training, tests: split.testing, models: models,
                published: { encoder })
        }
    }

    private func onExamples(
        _ measure: ([LabelledText], any SentenceEncoder, SQLiteModelStore) async throws -> Evaluation
    ) async throws -> Evaluation {
        let database = try directory.openExistingDatabase()
        defer { try? database.close() }
        let content = try await SQLiteContentStore(database).content().content
        let encoder = try await encoders.preferred(named: encoder)
        return try await measure(LabelledText.examples(of: content), encoder, SQLiteModelStore(database))
    }

    /// The version that is live; nil when there is none.
    private func live(_ models: SQLiteModelStore) async throws -> LiveClassifier.ActiveModel? {
        guard let id = try await models.activeID(), let version = try await models.model(id) else { return nil }
        return try LiveClassifier.ActiveModel(
            version, encoder: try await encoders.encoder(of: version))
    }

    private func outcomes(of samples: [LabelledText], model: LiveClassifier.ActiveModel) async throws
        -> [EvaluationReport.Outcome]
    {
        return try await ModelEvaluator(queue: queue).outcomes(
            of: samples, model: model, progress: { [progress] in progress.step("evaluating", $0, $1) })
    }

    private func subject(
        _ method: EvaluationSubject.Method, _ detail: String, encoder: String, model: ModelVersionID?,
        _ examples: [LabelledText], _ origin: EvaluationSubject.TextOrigin
    ) -> EvaluationSubject {
        let said = Dictionary(grouping: examples.filter { !$0.isHint }, by: \.intent.rawValue)
        return EvaluationSubject(
            method: method, detail: detail, model: model, encoder: encoder, measuredAt: Date(),
            trainingExamples: said.mapValues(\.count), origin: origin)
    }

    /// Adds what else was asked for, and ends the queue.
    private func evaluation(
        _ subject: EvaluationSubject, _ outcomes: [EvaluationReport.Outcome], _ replies: ReplyReport? = nil,
        model: LiveClassifier.ActiveModel?, examples: [LabelledText], tests: [LabelledText]?, models: SQLiteModelStore,
        published: () async throws -> any SentenceEncoder
    ) async throws -> Evaluation {
        var latency: LatencyReport?
        if parts.latency, let model {
            latency = try await ModelEvaluator(queue: queue).latency(of: outcomes.map(\.text), model: model)
        }
        var curve: LearningCurve?
        if parts.learningCurve {
            curve = try await LearningCurveRun(queue: queue, cache: models, options: options).run(
                examples, tests: tests, encoder: try await published(),
                progress: { [progress] in progress.step("learning curve", $0, $1) })
        }
        await queue.shutdown()
        return Evaluation(
            subject: subject, outcomes: outcomes, replies: replies, latency: latency, learningCurve: curve)
    }
}
