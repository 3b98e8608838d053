import BERT
import ConversationDomain
import Foundation
import SQLiteStore
import Understanding

/// Trains a model version on the stored content, with progress on the terminal, and stores it as a candidate.
struct TrainingRun {
    let models: SQLiteModelStore
    let contents: SQLiteContentStore
    let encoder: TextEncoder
    let options: TrainingOptions

    func run() async throws -> TrainingResult {
        let content = try await contents.content().content
        guard !content.intents.isEmpty else {
            throw CommandFailure(.data, "there are no intents to train on; run 'frontdesk import Intents' first")
        }
        let queue = InferenceQueue(options: Self.queueOptions)
        let trainer = IntentTrainer(queue: queue, cache: models, options: options)
        let result = try await trainer.train(content, encoder: encoder, progress: Self.progress())
        await queue.shutdown()
        try await models.add(result.model)
        for warning in result.warnings { Output.error("warning: \(warning)") }
        return result
    }

    /// Training embeds thousands of examples: both cores, large batches, no deadline worth the name.
    static var queueOptions: InferenceQueue.Options {
        var options = InferenceQueue.Options()
        options.threads = ProcessInfo.processInfo.activeProcessorCount
        options.deadline = .seconds(3600)
        return options
    }

    /// One progress line for the embeddings, one for the heads.
    static func progress() -> @Sendable (TrainingProgress) -> Void {
        let embedding = ProgressLine("embedding")
        let fitting = ProgressLine("training")
        return { progress in
            switch progress {
            case .embedding(let done, let total): embedding.update(done, total)
            case .fitting(let done, let total): fitting.update(done, total)
            }
        }
    }
}
