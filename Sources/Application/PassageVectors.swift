import BERT
package import ConversationDomain
import Foundation
package import Inference
import Knowledge
import Ranking
import SQLiteModels
package import SQLiteStore
import Synchronization

/// Makes the vectors by which a bot's content is found, in this process and ahead of the server, which finds them in the database and in
/// the data folder. Only texts that neither has are encoded.
package struct PassageVectors {
    private let directory: DataDirectory
    private let models: SQLiteModelStore
    private let encoder: any SentenceEncoder
    private let model: ModelVersionID
    private let options: InferenceQueue.Options

    package init(
        _ directory: DataDirectory, _ database: SQLiteDatabase, encoder: any SentenceEncoder, model: ModelVersionID,
        options: InferenceQueue.Options
    ) {
        self.directory = directory
        models = SQLiteModelStore(database)
        self.encoder = encoder
        self.model = model
        self.options = options
    }

    /// Those of the active model; nil when there is none yet: the first start makes them then.
    package static func active(_ directory: DataDirectory, _ database: SQLiteDatabase, settings: EncoderSettings)
        async throws
        -> PassageVectors?
    {
        let models = SQLiteModelStore(database)
        guard let id = try await models.activeID(), let version = try await models.model(id) else { return nil }
        let encoder = try await Encoders(directory, settings: settings).encoder(of: version)
        return PassageVectors(
            directory, database, encoder: encoder, model: id, options: TrainingRun.queueOptions)
    }

    /// - Returns: how many texts were encoded.
    func make(for content: BotContent, progress: any ProgressPort) async throws -> Int {
        let queue = InferenceQueue(options: options)
        let counted = CountedEncoder(encoder)
        let knowledge = KnowledgeIndex(queue: queue, cache: models) { progress.step("passages", $0, $1) }
        let ranker = ContentRanker(
            queue: queue, folder: directory.rankingDirectory, models: directory.modelsDirectory, knowledge: nil,
            phrases: .shipped, cache: SQLiteSentenceVectors(store: models.vectors),
            progress: { progress.step("sentences", $0, $1) })
        do {
            try await ranker.prepare(encoder)
            try await knowledge.refresh(content: content, encoder: counted, model: model)
            _ = try await ranker.ranking(of: content, encoder: counted)
        } catch {
            await queue.shutdown()
            throw error
        }
        await queue.shutdown()
        return counted.count
    }
}

/// Counts the texts that an encoder is given.
private final class CountedEncoder: SentenceEncoder {
    private let encoder: any SentenceEncoder
    private let texts = Atomic<Int>(0)

    init(_ encoder: any SentenceEncoder) { self.encoder = encoder }

    var count: Int { texts.load(ordering: .relaxed) }
    var name: String { encoder.name }
    var weightsHash: String { encoder.weightsHash }
    var numericsHash: String { encoder.numericsHash }
    var dimension: Int { encoder.dimension }
    var featureScaling: ModelManifest.FeatureScaling { encoder.featureScaling }

    func embed(_ texts: [String], as role: EncodingRole, threads: Int) throws -> [[Float]] {
        self.texts.add(texts.count, ordering: .relaxed)
        return try encoder.embed(texts, as: role, threads: threads)
    }

    func encode(_ texts: [String], as role: EncodingRole, threads: Int) throws -> [EncodedText] {
        self.texts.add(texts.count, ordering: .relaxed)
        return try encoder.encode(texts, as: role, threads: threads)
    }
}
