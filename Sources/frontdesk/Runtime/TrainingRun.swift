import BERT
import ConversationDomain
import Foundation
import SQLiteStore
import Understanding

/// Trains a model version on the stored content, with progress on the terminal, and stores it as a candidate.
struct TrainingRun {
    let directory: DataDirectory
    let models: SQLiteModelStore
    let contents: SQLiteContentStore
    let encoder: TextEncoder
    let settings: EncoderSettings
    let options: TrainingOptions
    var tuning = TuningSettings()

    func run() async throws -> TrainingResult {
        let content = try await contents.content().content
        guard !content.intents.isEmpty else {
            throw CommandFailure(.data, "there are no intents to train on; run 'frontdesk import Intents' first")
        }
        let queue = InferenceQueue(options: Self.queueOptions)
        let trainer = IntentTrainer(queue: queue, cache: models, options: options)
        let progress = TrainingDisplay()
        let result: TrainingResult
        do {
            if case .method(.head) = tuning.choice {
                result = try await trainer.train(content, encoder: encoder, progress: progress.show)
                try await models.add(result.model)
            } else {
                result = try await tuned(trainer, content: content, progress: progress)
            }
        } catch let error as BERTError {
            throw CommandFailure(error.code == .io ? .cannotCreate : .data, "training stopped: \(error.message)")
        }
        await queue.shutdown()
        for warning in result.warnings { Output.error("warning: \(warning)") }
        return result
    }

    /// Trains the encoder too. The version's weights are in their place before the database names them, so that a version is
    /// whole or not there.
    private func tuned(_ trainer: IntentTrainer, content: BotContent, progress: TrainingDisplay) async throws
        -> TrainingResult
    {
        let (base, settings) = (encoder, settings)
        let tuner = EncoderTuner(
            base: base, folder: directory.trainingDirectory, threads: options.threads, seed: options.seed)
        let result = try await trainer.train(
            content,
            tuning: EncoderTuning(
                tuner: tuner, choice: tuning.choice, epochs: tuning.epochs, learningRate: tuning.learningRate,
                open: { try Encoders.open(base.directory, overlay: $0, settings: settings) }),
            progress: progress.show)
        Output.error("method \(result.plan.method.rawValue): \(result.plan.reason)")
        guard let tuned = result.tuned else {
            try await models.add(result.training.model)
            return result.training
        }
        let manager = FileManager.default
        let folder = directory.folder(of: result.training.model.id)
        try manager.createDirectory(at: directory.versionsDirectory, withIntermediateDirectories: true)
        try manager.moveItem(at: tuned.overlay.url.deletingLastPathComponent(), to: folder)
        do {
            try TrainingRecord(result)?.write(to: folder)
            try await models.add(result.training.model)
        } catch {
            try? manager.removeItem(at: folder)
            throw error
        }
        try? manager.removeItem(at: directory.trainingDirectory)
        return result.training
    }

    /// Training embeds thousands of examples: both cores, large batches, no deadline worth the name.
    static var queueOptions: InferenceQueue.Options {
        var options = InferenceQueue.Options()
        options.threads = ProcessInfo.processInfo.activeProcessorCount
        options.deadline = .seconds(3600)
        return options
    }
}

/// What a training does to the encoder.
struct TuningSettings: Sendable {
    var choice = TuningChoice.method(.head)
    /// nil for the method's own.
    var epochs: Int?
    var learningRate: Float?
}
