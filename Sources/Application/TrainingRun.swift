package import BERT
import ConversationDomain
import Evaluation
import Foundation
package import Inference
package import IntentData
package import IntentModel
import Knowledge
import ModelRecords
import NativeContent
import Ranking
package import SQLiteModels
package import SQLiteStore
import TensorFiles

/// Trains a model version on the stored content and stores it as a candidate.
package struct TrainingRun {
    let directory: DataDirectory
    let models: SQLiteModelStore
    let contents: SQLiteContentStore
    let labelSets: SQLiteLabelSetStore
    let encoder: any SentenceEncoder
    let settings: EncoderSettings
    let options: TrainingOptions
    let progress: any ProgressPort
    var tuning: TuningSettings = TuningSettings()
    /// Other encoders: those for all of the bot's languages are asked what unlabelled texts mean.
    package var others: [TextEncoder] = []

    package init(
        directory: DataDirectory, models: SQLiteModelStore, contents: SQLiteContentStore,
        labelSets: SQLiteLabelSetStore, encoder: any SentenceEncoder, settings: EncoderSettings,
        options: TrainingOptions,
        progress: any ProgressPort, tuning: TuningSettings = TuningSettings(), others: [TextEncoder] = []
    ) {
        self.directory = directory
        self.models = models
        self.contents = contents
        self.labelSets = labelSets
        self.encoder = encoder
        self.settings = settings
        self.options = options
        self.progress = progress
        self.tuning = tuning
        self.others = others
    }

    package func run() async throws -> TrainingResult {
        let stored = try await contents.content()
        let content = stored.content
        guard !content.intents.isEmpty || !content.knowledge.isEmpty else {
            throw CommandFailure(.data, "there is nothing to train on; run 'frontdesk import Intents' first")
        }
        let journal = TrainingJournal(directory, settings: record, progress: progress)
        do {
            return try await train(content, revision: stored.revision, journal: journal)
        } catch {
            journal.fail(error)
            throw error
        }
    }

    private func train(_ content: BotContent, revision: Int64, journal: TrainingJournal) async throws -> TrainingResult
    {
        let queue = InferenceQueue(options: Self.queueOptions)
        let trainer = IntentTrainer(queue: queue, cache: models, options: options)
        let told: @Sendable (TrainingProgress, _ isAdapting: Bool) -> Void = { [progress] in
            progress.show($0)
            journal.hear($0, isAdapting: $1)
        }
        let result: TrainingResult
        do {
            let isLearnable = content.intents.contains { $0.name != .outOfScope }
            let plan = TuningPlan(
                isLearnable
                    ? try await decided(trainer, content: content, revision: revision, hearing: { told($0, false) })
                    : .decided(.head, reason: "there are entries only, which need no training"))
            if plan.method == .head, tuning.unlabelled == nil || !isLearnable {
                result =
                    isLearnable
                    ? try await trainer.train(
                        content, labelSets: try await labelSets.labelSets(), encoder: encoder,
                        progress: { told($0, false) })
                    : trainer.withoutIntents(encoder: encoder)
                try await embedKnowledge(of: content, with: encoder, model: result.model.id, queue)
                try await models.add(result.model)
                try? FileManager.default.removeItem(at: directory.trainingDirectory)
                journal.finish(result, plan: plan, tuned: nil)
            } else {
                var run = self
                run.tuning.choice = .decided(plan.method, reason: plan.reason)
                let tuned = try await run.tuned(trainer, content: content, hearing: told)
                result = tuned.training
                journal.finish(result, plan: tuned.plan, tuned: tuned.tuned)
            }
        } catch let error as ModelError {
            throw CommandFailure(error.code == .io ? .cannotCreate : .data, "training stopped: \(error.message)")
        }
        await queue.shutdown()
        for warning in result.warnings { progress.note("warning: \(warning)") }
        return result
    }

    /// What `auto` comes to, told before the version is trained; other choices stay.
    private func decided(
        _ trainer: IntentTrainer, content: BotContent, revision: Int64,
        hearing: @escaping @Sendable (TrainingProgress) -> Void
    ) async throws -> TuningChoice {
        guard case .automatic = tuning.choice else { return tuning.choice }
        let plan = MethodComparison.Plan(content, validation: tuning.validation.map { ($0.texts, $0.name) })
        if let validation = tuning.validation, plan.deciding < MethodComparison.Plan.fewestTexts {
            throw CommandFailure(
                .data,
                "--validation: \(validation.name) has \(plan.deciding) texts of the bot's intents that are not among its examples, expected at least \(MethodComparison.Plan.fewestTexts)"
            )
        }
        guard plan.methods.count > 1 else {
            progress.note("method head: \(plan.reason)")
            return .decided(.head, reason: plan.reason)
        }
        progress.note(plan.reason)
        let base = try trainable()
        let comparison = try await trainer.compare(
            plan, revision: revision, tuning: tuning(of: base, for: content), progress: hearing
        ) { version, encoder, texts in
            try await replies(to: texts, by: version, encoder, plan.content)
        }
        progress.note("method \(comparison.chosen.rawValue): \(comparison.reason)")
        return .decided(comparison.chosen, reason: comparison.reason)
    }

    /// What the bot would reply with a version that is not stored.
    private func replies(
        to texts: [String], by version: ModelVersion, _ encoder: any SentenceEncoder, _ content: BotContent
    ) async throws -> [OpeningReply] {
        let database = try directory.openExistingDatabase()
        defer { try? database.close() }
        let bot = try await Bot.trying(version, encoder, content, in: directory, database)
        let replies = try await ReplyMeasurement(bot: bot, progress: progress).replies(to: texts)
        await bot.queue.shutdown()
        return replies
    }

    /// Trains the encoder too. The version's weights are in their place before the database names them, so that a version is
    /// whole or not there.
    private func tuned(
        _ trainer: IntentTrainer, content: BotContent, hearing: @escaping @Sendable (TrainingProgress, Bool) -> Void
    ) async throws -> TunedResult {
        var base = try trainable()
        let adaptation = try await adapted(trainer, content: content, hearing: { hearing($0, true) })
        if let adaptation, adaptation.isWorthKeeping { base = try open(adaptation.tuned.overlay) }
        let result = try await trainer.train(
            content, labelSets: try await labelSets.labelSets(), tuning: tuning(of: base, for: content),
            progress: { hearing($0, false) })
        if let gain = result.selfTraining {
            progress.note(
                String(
                    format: "learnt from %d of %d unlabelled texts: accuracy on unseen examples %.4f, without %.4f; %@",
                    gain.used, gain.texts, gain.accuracyAfter, gain.accuracyBefore,
                    gain.isWorthKeeping ? "kept" : "left out, it would not help"))
        }
        guard let overlay = result.tuned?.overlay ?? base.overlay else {
            try await models.add(result.training.model)
            try? FileManager.default.removeItem(at: directory.trainingDirectory)
            return result
        }
        try await embedKnowledge(of: content, with: try open(overlay), model: result.training.model.id, trainer.queue)
        let manager = FileManager.default
        let folder = directory.folder(of: result.training.model.id)
        try manager.createDirectory(at: directory.versionsDirectory, withIntermediateDirectories: true)
        try manager.moveItem(at: overlay.url.deletingLastPathComponent(), to: folder)
        do {
            try? manager.removeItem(at: folder.appending(path: EncoderTuner.checkpointName))
            try TrainingRecord(result, adaptation: adaptation)?.write(to: folder)
            try await models.add(result.training.model)
        } catch {
            try? manager.removeItem(at: folder)
            throw error
        }
        try? manager.removeItem(at: directory.trainingDirectory)
        return result
    }

    /// What the run is asked to do, for its record.
    private var record: TrainingRunRecord.Settings {
        let method =
            switch tuning.choice {
            case .automatic: "auto"
            case .method(let method), .decided(let method, _): method.rawValue
            }
        return TrainingRunRecord.Settings(
            encoder: encoder.name, method: method, seed: options.seed, targetPrecision: options.targetPrecision,
            inverseRegularisation: options.inverseRegularisation, epochs: tuning.epochs,
            learningRate: tuning.learningRate.map(Double.init), unlabelled: tuning.unlabelled?.texts.count)
    }

    private func open(_ overlay: WeightsOverlay) throws -> TextEncoder {
        try Encoders.open(try trainable().directory, overlay: overlay, settings: settings)
    }

    /// The encoder where its own weights are trained.
    private func trainable() throws -> TextEncoder {
        guard let encoder = encoder as? TextEncoder else {
            throw CommandFailure(
                .data, "the encoder '\(encoder.name)' cannot be trained, only a head on it (--method head)")
        }
        return encoder
    }

    private func tuning(of base: TextEncoder, for content: BotContent) -> EncoderTuning {
        let languages = Set(content.intents.flatMap { $0.examples.map(\.locale.rawValue) })
        let judges = others.filter { other in
            let known = other.manifest.languages
            return known.contains(ModelManifest.multilingual) || languages.isSubset(of: known)
        }
        return EncoderTuning(
            tuner: tuner(of: base), choice: tuning.choice, epochs: tuning.epochs, learningRate: tuning.learningRate,
            unlabelled: tuning.unlabelled?.texts ?? [],
            judges: judges.map { EncoderTuning.Judge(tuner: tuner(of: $0), open: opening($0)) }, open: opening(base))
    }

    private func tuner(of base: TextEncoder) -> EncoderTuner {
        EncoderTuner(base: base, folder: directory.trainingDirectory, threads: options.threads, seed: options.seed)
    }

    private func opening(_ base: TextEncoder) -> @Sendable (WeightsOverlay) throws -> TextEncoder {
        { [settings, directory = base.directory] in try Encoders.open(directory, overlay: $0, settings: settings) }
    }

    /// Adapts the encoder to the unlabelled texts if there are any, and tells whether that was worth it.
    private func adapted(
        _ trainer: IntentTrainer, content: BotContent, hearing: @escaping @Sendable (TrainingProgress) -> Void
    ) async throws -> EncoderAdaptation? {
        guard let texts = tuning.unlabelled?.texts else { return nil }
        let adaptation = try await trainer.adapt(
            content, to: texts, tuning: tuning(of: try trainable(), for: content), progress: hearing)
        progress.note(
            String(
                format: "adapted to %d unlabelled texts: cross-validated accuracy %.4f, before %.4f; %@",
                adaptation.texts, adaptation.accuracyAfter, adaptation.accuracyBefore,
                adaptation.isWorthKeeping ? "kept" : "left out, it would not help"))
        return adaptation
    }

    /// Makes the vectors of the knowledge base and of the ranking before the version can be activated, so that a server that changes over
    /// finds them.
    private func embedKnowledge(
        of content: BotContent, with encoder: any SentenceEncoder, model: ModelVersionID, _ queue: InferenceQueue
    ) async throws {
        let index = KnowledgeIndex(queue: queue, cache: models)
        try await index.refresh(content: content, encoder: encoder, model: model)
        let ranker = ContentRanker(
            queue: queue, folder: directory.rankingDirectory, models: directory.modelsDirectory,
            phrases: .shipped, cache: SQLiteSentenceVectors(store: models.vectors))
        if let dropped = try await ranker.ranking(
            of: content.withShippedPhrases, encoder: encoder, isFresh: true)?.dropped, dropped > 0
        {
            progress.note("\(dropped) background sentences are near to this bot's own matters and are not used")
        }
    }

    /// Training embeds thousands of examples: both cores, large batches, no deadline worth the name.
    package static var queueOptions: InferenceQueue.Options {
        var options = InferenceQueue.Options()
        options.threads = ProcessInfo.processInfo.activeProcessorCount
        options.deadline = .seconds(3600)
        return options
    }
}

/// What a training does to the encoder.
package struct TuningSettings: Sendable {
    var choice: TuningChoice = .method(.head)
    /// nil for the method's own.
    var epochs: Int?
    var learningRate: Float?
    /// What customers wrote, to adapt the encoder to first.
    package var unlabelled: UnlabelledTexts?
    /// Labelled text that methods are compared on; nil for that of the review queue.
    var validation: Validation?

    package init(
        choice: TuningChoice = .method(.head), epochs: Int? = nil, learningRate: Float? = nil,
        unlabelled: UnlabelledTexts? = nil, validation: Validation? = nil
    ) {
        self.choice = choice
        self.epochs = epochs
        self.learningRate = learningRate
        self.unlabelled = unlabelled
        self.validation = validation
    }

    package struct Validation: Sendable {
        /// What the owner calls it.
        let name: String
        let texts: [LabelledText]

        package init(name: String, texts: [LabelledText]) {
            self.name = name
            self.texts = texts
        }
    }
}
