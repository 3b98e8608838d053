package import BERT
import ConversationDomain
package import Entities
package import Inference
import LinearModels
import ModelRecords
import TensorFiles

/// Trains an entity head on the states of an encoder that stays as it is: logistic regression of words.
package struct EntityTrainer: Sendable {
    /// Words that are learnt from; of more, a part is taken. Each costs some 5 kB while the head is trained.
    static let wordLimit = 40_000
    /// Texts of one request to the queue.
    private static let pieceSize = 16

    let queue: InferenceQueue
    let encoder: any SentenceEncoder
    /// C of logistic regression.
    var inverseRegularisation = 1.0

    package init(queue: InferenceQueue, encoder: any SentenceEncoder, inverseRegularisation: Double = 1) {
        self.queue = queue
        self.encoder = encoder
        self.inverseRegularisation = inverseRegularisation
    }

    /// - Parameter progress: texts done and texts in all.
    /// - Throws: `CancellationError`, `ChatError`, or what the encoder throws.
    package func train(_ lesson: EntityLesson, progress: @Sendable (Int, Int) -> Void) async throws -> EntityHead? {
        guard !lesson.isEmpty else { return nil }
        var features: [Float] = []
        var tags: [Int] = []
        try await read(lesson.texts, progress: progress) { text, encoded in
            let hidden = encoded.states.hidden
            for (token, tag) in text.tags(of: encoded.places, entities: lesson.entities).enumerated() {
                guard let tag else { continue }
                features += encoded.states.values[token * hidden..<(token + 1) * hidden]
                tags.append(tag)
            }
            return tags.count < Self.wordLimit
        }
        guard !tags.isEmpty else { return nil }
        let matrix = FeatureMatrix(rows: tags.count, columns: features.count / tags.count, values: features)
        let classes = EntityTags.count(entities: lesson.entities.count)
        let classifier = try await DedicatedThread.run("training") { [tags, inverseRegularisation] cancellation in
            try LinearClassifier.train(
                embeddings: matrix, labels: tags, classes: classes, scaling: .standardise,
                inverseRegularisation: inverseRegularisation, isCancelled: { cancellation.isCancelled })
        }
        return EntityHead(entities: lesson.entities, classifier: classifier)
    }

    /// Hands the texts, in their order, with what the encoder makes of them to `body`, until it wants no more.
    package func read(
        _ texts: [TaggedText], progress: @Sendable (Int, Int) -> Void,
        _ body: (TaggedText, EncodedText) throws -> Bool
    ) async throws {
        var start = 0
        while start < texts.count {
            let end = min(start + Self.pieceSize * queue.options.threads, texts.count)
            for (text, encoded) in try await encode(Array(texts[start..<end])) {
                guard try body(text, encoded) else { return }
            }
            start = end
            progress(start, texts.count)
        }
    }

    /// A piece for each of the queue's threads.
    private func encode(_ texts: [TaggedText]) async throws -> [(TaggedText, EncodedText)] {
        let pieces = stride(from: 0, to: texts.count, by: Self.pieceSize).map {
            Array(texts[$0..<min($0 + Self.pieceSize, texts.count)])
        }
        return try await withThrowingTaskGroup(of: (Int, [EncodedText]).self) { group in
            for (index, piece) in pieces.enumerated() {
                group.addTask {
                    let read = piece.map(\.readable)
                    return (index, try await queue.encode(read, as: .query, with: encoder, deadline: nil))
                }
            }
            var results = [[EncodedText]](repeating: [], count: pieces.count)
            for try await (index, encoded) in group { results[index] = encoded }
            return Array(zip(texts, results.flatMap { $0 }))
        }
    }
}

extension IntentTrainer {
    /// The version with an entity head beside its intent head, when enough examples mark entities.
    /// - Parameter trained: a head that learnt together with the encoder. It is kept where there is more to learn from than
    ///   can be fitted at once; of less, it has seen too little to be as good as one that is fitted to the encoder's states.
    func adding(
        _ lesson: EntityLesson, trained: EntityHead? = nil, to result: TrainingResult, encoder: any SentenceEncoder,
        progress: @escaping @Sendable (TrainingProgress) -> Void
    ) async throws -> TrainingResult {
        let warnings = result.warnings + (lesson.rare.isEmpty ? [] : [.fewMarks(lesson.rare)])
        guard !lesson.isEmpty else {
            return TrainingResult(model: result.model, report: result.report, warnings: warnings)
        }
        let trainer = EntityTrainer(queue: queue, encoder: encoder)
        var head: EntityHead?
        if let trained, lesson.words > EntityTrainer.wordLimit {
            head = trained
        } else {
            head = try await trainer.train(lesson) { progress(.embedding(done: $0, total: $1)) }
        }
        guard let head else {
            return TrainingResult(model: result.model, report: result.report, warnings: warnings)
        }
        let model = result.model
        var fingerprint = Fingerprint()
        fingerprint.combine(model.dataHash)
        fingerprint.combine(lesson.fingerprint)
        let heads = ModelHeads(intent: try IntentHead(archive: model.head), entities: head)
        return TrainingResult(
            model: ModelVersion(
                id: model.id, createdAt: model.createdAt, encoder: model.encoder, encoderHash: model.encoderHash,
                dataHash: fingerprint.hex, labels: model.labels, metrics: model.metrics, head: heads.archived()),
            report: result.report, warnings: warnings)
    }
}
