package import Actions
package import ConversationDomain
package import Dialogue
import Entities
package import Foundation
import Hosting
package import Inference
import IntentData
package import IntentModel
import Knowledge
package import ModelLifecycle
import ModelRecords
import NativeContent
import Ranking
package import SQLiteCustomers
import SQLiteMarks
import SQLiteModels
package import SQLiteStore
import Synchronization
import Wording

/// What varies between the commands that run a bot.
package struct BotSettings {
    /// The locale of conversations that name none; nil for the content's commonest.
    package var defaultLocale: BotLocale?
    /// Whose day is "today" in messages.
    package var timeZone: TimeZone = .current
    /// How messages are queued for the encoder, and how it calculates.
    package var inference: InferenceQueue.Options = InferenceQueue.Options()
    package var encoder: EncoderSettings = EncoderSettings()
    /// Where encoders come from; nil for the data directory.
    package var encoders: (any EncoderSource)?
    /// Utterances that are remembered with their embeddings.
    package var cachedUtterances: Int = 4096
    /// What watches turns, for metrics.
    package var observer: (any TurnObserver)?
    /// Where conversations are kept; nil for the database.
    package var conversations: (any ConversationStore)?
    /// Picks among answer variants; nil for chance.
    package var variant: (@Sendable () -> Int)?
    /// Seconds in which a visitor's message opens a closed conversation again; 0 for never.
    package var reopenSeconds: Double = 0
    /// Bounds what publishable keys store.
    package var meter: (any StorageMeter)?
    /// Opens a bot whose token vectors are missing, as after a restore, without its ranking; ``Bot/rankIfOwed()`` makes it.
    package var ranksLater: Bool = false
    /// Calls services of the shop; nil where intents are answered as if they had no action.
    package var actions: (any ActionCaller)?

    package init(
        defaultLocale: BotLocale? = nil, timeZone: TimeZone = .current,
        inference: InferenceQueue.Options = InferenceQueue.Options(), encoder: EncoderSettings = EncoderSettings(),
        encoders: (any EncoderSource)? = nil,
        cachedUtterances: Int = 4096, observer: (any TurnObserver)? = nil,
        conversations: (any ConversationStore)? = nil, variant: (@Sendable () -> Int)? = nil, reopenSeconds: Double = 0,
        meter: (any StorageMeter)? = nil, ranksLater: Bool = false
    ) {
        self.defaultLocale = defaultLocale
        self.timeZone = timeZone
        self.inference = inference
        self.encoder = encoder
        self.encoders = encoders
        self.cachedUtterances = cachedUtterances
        self.observer = observer
        self.conversations = conversations
        self.variant = variant
        self.reopenSeconds = reopenSeconds
        self.meter = meter
        self.ranksLater = ranksLater
    }
}

/// A bot that is ready to talk: database, active model, content, knowledge and engine, joined here and nowhere else.
package final class Bot: Sendable {
    let directory: DataDirectory
    let database: SQLiteDatabase
    let contents: SQLiteContentStore
    let models: SQLiteModelStore
    package let keys: SQLiteKeyStore
    package let customers: SQLiteCustomerStore
    package let queue: InferenceQueue
    package let classifier: LiveClassifier
    let knowledge: KnowledgeIndex
    package let content: LiveContentHolder
    let encoders: any EncoderSource
    package let chat: ConversationEngine
    package let insight: UnderstandingInsight
    package let review: ReviewDesk
    let shadows: SQLiteShadowStore
    package let shadow: ShadowRunner
    package let removals = RemovalCounts()
    private let labels: LabelledIndexer
    private let ranker: ContentRanker
    private let lexicon: LiveLexicon
    private let owesRanking = Mutex(false)

    private init(
        _ directory: DataDirectory, _ database: SQLiteDatabase, _ snapshot: ContentSnapshot, _ settings: BotSettings
    ) throws {
        self.directory = directory
        self.database = database
        contents = SQLiteContentStore(database)
        models = SQLiteModelStore(database)
        keys = SQLiteKeyStore(database)
        customers = SQLiteCustomerStore(database)
        queue = InferenceQueue(options: settings.inference, hasRested: FreedMemory.giveBack)
        lexicon = LiveLexicon()
        classifier = LiveClassifier(
            queue: queue, cachedUtterances: settings.cachedUtterances, lexicon: lexicon, timeZone: settings.timeZone)
        knowledge = KnowledgeIndex(queue: queue, cache: models)
        ranker = ContentRanker(
            queue: queue, folder: directory.rankingDirectory, models: directory.modelsDirectory, knowledge: knowledge,
            phrases: .shipped, cache: SQLiteSentenceVectors(store: models.vectors))
        content = LiveContentHolder(snapshot)
        lexicon.follow(snapshot.content.entities)
        encoders = settings.encoders ?? Encoders(directory, settings: settings.encoder)
        let stored = SQLiteConversationStore(database)
        var parts = EngineParts(
            store: settings.conversations ?? stored, classifier: classifier,
            knowledge: knowledge, content: content)
        if let variant = settings.variant { parts.random = variant }
        labels = LabelledIndexer(queue: queue, cache: models)
        if settings.conversations == nil {
            (parts.people, parts.visitors, parts.customers) = (stored, stored, customers)
            parts.marks = SQLiteMarkStore(database)
            parts.nearness = SentenceNeighbours(
                classifier: classifier, content: content, indexer: labels,
                embedder: LabelledIndexer(queue: queue, cache: nil))
        }
        parts.reopenSeconds = settings.reopenSeconds
        parts.graceEnd = try customers.graceEnd()
        parts.timeZone = settings.timeZone
        parts.defaultLocale = settings.defaultLocale
        parts.slotReader = EntitySlotReader(lexicon: lexicon, timeZone: settings.timeZone)
        parts.observer = settings.observer
        parts.meter = settings.meter
        parts.actions = settings.actions
        shadows = SQLiteShadowStore(database)
        shadow = ShadowRunner(ShadowRunner.Parts(store: shadows, classifier: classifier, cache: models))
        parts.follower = shadow
        chat = ConversationEngine(parts)
        insight = UnderstandingInsight(classifier: classifier, knowledge: knowledge, content: content, models: models)
        review = ReviewDesk(
            ReviewDesk.Parts(
                store: SQLiteReviewStore(database), contents: contents, classifier: classifier,
                indexer: labels))
    }

    /// How many conversations wait for a person.
    package func waitingConversations() async throws -> Int {
        try await SQLiteConversationStore(database).waitingConversations()
    }

    /// Opens the bot of a data directory that was set up before.
    package static func open(_ directory: DataDirectory, settings: BotSettings) async throws -> Bot {
        try await open(directory, database: try directory.openExistingDatabase(), settings: settings)
    }

    /// - Throws: ``CommandFailure`` when no model is active or its encoder is not installed.
    package static func open(_ directory: DataDirectory, database: SQLiteDatabase, settings: BotSettings) async throws
        -> Bot
    {
        let stored = try await SQLiteContentStore(database).content()
        let bot = try Bot(
            directory, database, ContentSnapshot(revision: stored.revision, content: stored.content.withShippedPhrases),
            settings)
        guard let active = try await bot.models.activeID() else {
            throw CommandFailure(.unavailable, "no model is active; run 'frontdesk train --activate'")
        }
        try await bot.activate(active, ranksLater: settings.ranksLater)
        return bot
    }

    /// A bot that speaks with a version which is stored nowhere, to be measured. Its ranking is kept in memory only, and knows no speech
    /// acts: those that the program brings are told alike by all versions.
    static func trying(
        _ version: ModelVersion, _ encoder: any SentenceEncoder, _ content: BotContent, in directory: DataDirectory,
        _ database: SQLiteDatabase
    ) async throws -> Bot {
        let bot = try Bot(
            directory, database, ContentSnapshot(revision: 0, content: content.withShippedPhrases),
            BotSettings(inference: TrainingRun.queueOptions))
        try await bot.knowledge.refresh(content: content, encoder: encoder, model: version.id)
        var spoken = content
        spoken.phrases = []
        let ranking = try await ContentRanker(queue: bot.queue, folder: nil, knowledge: bot.knowledge).ranking(
            of: spoken, encoder: encoder, targetPrecision: content.settings.targetPrecision,
            foreignShare: content.settings.foreignShare)
        bot.classifier.activate(try LiveClassifier.ActiveModel(version, encoder: encoder), ranking: ranking)
        return bot
    }

    /// Changes over to a model version with everything made by it: the head, the knowledge's vectors, and the ranking.
    /// - Parameter ranksLater: goes without the ranking where sentences would have to be encoded for it.
    func activate(_ id: ModelVersionID, ranksLater: Bool = false) async throws {
        guard let version = try await models.model(id) else { throw ChatError(.notFound, "there is no model \(id)") }
        let encoder = try await encoders.encoder(of: version)
        let model = try LiveClassifier.ActiveModel(version, encoder: encoder)
        let current = content.current().content
        async let labels = labels.index(current, encoder: encoder)
        let isLater = ranksLater ? await !ranker.isStored(current, encoder: encoder) : false
        if !isLater, current.hasPassages { try await ranker.prepare(encoder) }
        async let ranking = isLater ? nil : ranking(of: current, encoder: encoder)
        try await refreshKnowledge(current, encoder: encoder, model: id)
        try await ranking?.measurePassages(model: id)
        classifier.activate(model, labels: try await labels, ranking: try await ranking)
        owesRanking.withLock { $0 = isLater }
    }

    /// Makes the ranking that the bot was opened without; until then its intent head answers alone.
    /// - Returns: whether there was anything to do.
    func rankIfOwed() async throws -> Bool {
        guard owesRanking.withLock({ $0 }), let active = classifier.active else { return false }
        let current = content.current().content
        let ranking = try await ranking(of: current, encoder: active.encoder)
        if current.hasPassages {
            try await refreshKnowledge(current, encoder: active.encoder, model: active.id)
        }
        await ranking?.measurePassages(model: active.id)
        classifier.rank(by: ranking)
        owesRanking.withLock { $0 = false }
        return true
    }

    /// Indexes the knowledge; passages are judged by the background, where that is made.
    private func refreshKnowledge(
        _ content: BotContent, encoder: any SentenceEncoder, model: ModelVersionID
    ) async throws {
        let foreign = content.hasPassages ? ranker.foreignMessages(encoder) : .none
        try await knowledge.refresh(content: content, encoder: encoder, model: model, foreign: foreign)
    }

    private func ranking(of content: BotContent, encoder: any SentenceEncoder) async throws -> ContentRanking? {
        try await ranker.ranking(
            of: content, encoder: encoder, targetPrecision: content.settings.targetPrecision,
            foreignShare: content.settings.foreignShare)
    }

    /// Takes over what another process imported.
    func reloadContent() async throws {
        let stored = try await contents.content()
        let current = stored.content.withShippedPhrases
        let snapshot = ContentSnapshot(revision: stored.revision, content: current)
        if let active = classifier.active, current.knowledge != content.current().content.knowledge {
            if current.hasPassages { try await ranker.prepare(active.encoder) }
            try await refreshKnowledge(current, encoder: active.encoder, model: active.id)
        }
        var labels: LabelledIndex?
        var ranking: ContentRanking?
        if let active = classifier.active {
            labels = try await self.labels.index(current, encoder: active.encoder)
            ranking = try await self.ranking(of: current, encoder: active.encoder)
            await ranking?.measurePassages(model: active.id)
        }
        lexicon.follow(current.entities)
        content.replace(with: snapshot)
        // After the content: a label may be of an intent that came with it.
        classifier.follow(labels, ranking: ranking)
        owesRanking.withLock { $0 = false }
    }

    package func close() {
        try? database.close()
    }
}

extension BotContent {
    fileprivate var hasPassages: Bool { knowledge.contains(where: \.isPassage) }
}
