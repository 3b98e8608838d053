package import ConversationDomain
import Foundation
import Inference
import IntentModel
package import ModelLifecycle
import SQLiteModels
package import SQLiteStore

/// Compares two versions on what the bot has: recent messages, and a file or its own examples.
package struct ComparisonRun {
    let database: SQLiteDatabase
    let shelf: VersionShelf
    let progress: any ProgressPort
    /// Labelled texts; nil for the bot's own examples.
    var file: LabelledFile?
    /// Newest messages of visitors that are replayed.
    var recent: Int = 0

    package init(
        database: SQLiteDatabase, shelf: VersionShelf, progress: any ProgressPort, file: LabelledFile? = nil,
        recent: Int = 0
    ) {
        self.database = database
        self.shelf = shelf
        self.progress = progress
        self.file = file
        self.recent = recent
    }

    package func compare(_ a: ModelVersionID, _ b: ModelVersionID) async throws -> VersionComparison {
        let (labelled, source) = try await labelledTexts(a, b)
        guard !labelled.isEmpty else {
            throw CommandFailure(.data, "\(file?.path ?? "the bot"): has no labelled texts to compare the versions on")
        }
        let messages = try await RecentUtterances(database).texts(limit: recent)
        let models = (a: try await shelf.open(a), b: try await shelf.open(b))
        let queue = InferenceQueue(options: TrainingRun.queueOptions)
        // Embeddings of the bot's examples are kept since its training; those of other texts are not.
        let examples = VersionReplay(queue: queue, cache: file == nil ? shelf.models : nil)
        let labelledResult = try await examples.replay(labelled, through: models.a, models.b) {
            [progress] in progress.step("labelled texts", $0, $1)
        }
        let recentResult = try await VersionReplay(queue: queue, cache: nil).replay(
            ReplayText.counting(messages), through: models.a, models.b
        ) { [progress] in progress.step("recent messages", $0, $1) }
        await queue.shutdown()
        return VersionComparison(a: a, b: b, recent: recentResult, labelled: labelledResult, source: source)
    }

    private func labelledTexts(_ a: ModelVersionID, _ b: ModelVersionID) async throws -> (
        [ReplayText], VersionComparison.Source
    ) {
        if let file {
            let name = URL(userPath: file.path).lastPathComponent
            return (ReplayText.labelled(try file.texts()), .file(name))
        }
        let content = try await SQLiteContentStore(database).content().content
        let models = shelf.models
        func hasSeenAll(_ id: ModelVersionID) async throws -> Bool {
            try await models.model(id)?.wasTrained(on: content) ?? false
        }
        return (
            ReplayText.labelled(LabelledText.examples(of: content)),
            .examples(a: try await hasSeenAll(a), b: try await hasSeenAll(b))
        )
    }
}
