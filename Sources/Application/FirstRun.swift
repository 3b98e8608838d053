import Access
package import ConversationDomain
import Foundation
import Hosting
import Inference
package import IntentModel
import ModelRecords
import SQLiteModels
package import SQLiteStore

/// Makes a bot out of an empty data directory: content, a trained and active model, a key for the demo page. What is there already is
/// left alone.
package struct FirstRun {
    let directory: DataDirectory
    let database: SQLiteDatabase
    let intents: String
    let encoder: String?
    let encoders: any EncoderSource
    let options: TrainingOptions
    let progress: any ProgressPort

    package init(
        directory: DataDirectory, database: SQLiteDatabase, intents: String, encoder: String?,
        encoders: any EncoderSource,
        options: TrainingOptions, progress: any ProgressPort
    ) {
        self.directory = directory
        self.database = database
        self.intents = intents
        self.encoder = encoder
        self.encoders = encoders
        self.options = options
        self.progress = progress
    }

    static let demoKeyName = "demo page"

    package func run() async throws {
        let contents = SQLiteContentStore(database)
        let models = SQLiteModelStore(database)
        let labelSets = SQLiteLabelSetStore(database)
        // First the model, since without it nothing else is of use.
        let sentenceEncoder: (any SentenceEncoder)? =
            try await models.activeID() == nil ? try await encoders.preferred(named: encoder) : nil
        let stored = try await contents.content().content
        if stored.intents.isEmpty, stored.knowledge.isEmpty {
            progress.note("first start: importing \(intents)")
            let sets = try LabelSetImport(progress: progress).readFolders([intents])
            _ = try await ContentImport(labelSets: sets, progress: progress).run([intents], into: contents)
        }
        guard let sentenceEncoder else { return }
        let run = TrainingRun(
            directory: directory, models: models, contents: contents, labelSets: labelSets, encoder: sentenceEncoder,
            settings: encoders.settings, options: options, progress: progress)
        let result = try await run.run()
        try await models.activate(result.model.id, at: Date())
        let accuracy = String(format: "%.1f %%", result.model.metrics.accuracy * 100)
        progress.note(
            "first start: trained \(result.model.labels.count) intents on \(result.model.metrics.examples) examples (cross-validated accuracy \(accuracy))"
        )
        FreedMemory.giveBack()
    }

    /// The publishable key of the server's own page.
    package struct DemoKey {
        /// Nil when it is not offered, or its owner revoked it.
        package var offered: String?
        /// The keys that must not work, though they are there.
        package var refused: Set<KeyID> = []
    }

    /// The key is made once, when it is offered for the first time.
    package func demoKey(isOffered: Bool) async throws -> DemoKey {
        let store = SQLiteKeyStore(database)
        let keys = try await store.list().filter { $0.name == Self.demoKeyName && $0.kind == .publishable }
        guard isOffered else { return DemoKey(refused: Set(keys.map(\.id))) }
        // The newest: it may have been rotated.
        if !keys.isEmpty { return DemoKey(offered: keys.last { $0.isUsable(at: Date()) }?.display) }
        let minted = try KeyMinter().mint(
            KeyRequest(
                name: Self.demoKeyName, app: AppName(trusted: "demo"), kind: .publishable, scopes: [.chat],
                origins: [APIKey.sameOrigin]))
        try await store.add(minted.record)
        return DemoKey(offered: minted.secret)
    }
}
