public import ConversationDomain
import Entities
public import Foundation
public import Inference
public import IntentModel

extension IntentTrainer {
    /// Measures the entities of the bot's own examples: each part of them with an entity head that learnt from the others, on
    /// the encoder as it is, and with the bot's lists and patterns.
    /// - Parameters:
    ///   - now: what "yesterday" is relative to.
    ///   - timeZone: whose days count.
    ///   - progress: the part, from 1, and the texts done, of all.
    /// - Throws: `ChatError(.invalidRequest)` when too little is marked; what the encoder throws.
    public func crossValidateEntities(
        of content: BotContent, encoder: any SentenceEncoder, now: Date, timeZone: TimeZone = .gmt,
        progress: @escaping @Sendable (_ part: Int, _ done: Int, _ total: Int) -> Void = { _, _, _ in }
    ) async throws -> EntityReport {
        let lesson = EntityLesson(content, seed: options.seed)
        guard !lesson.isEmpty else {
            throw ChatError(
                .invalidRequest,
                "no entity is marked in the examples \(EntitySpan.fewestToLearn) times, so none is learnt that could be measured"
            )
        }
        let lexicon = EntityLexicon(content.entities)
        let merge = EntityMerge(
            extractor: EntityExtractor(now: now, timeZone: timeZone, lexicon: lexicon), lexicon: lexicon, locale: nil)
        let trainer = EntityTrainer(queue: queue, encoder: encoder)
        let folds = lesson.folds(options.folds, seed: options.seed)
        var (sentences, found): ([TaggedSentence], [[LabelledSpan]]) = ([], [])
        for fold in 0..<folds.count {
            let head = try await trainer.train(lesson.part(folds.training(fold))) { progress(fold + 1, $0, $1) }
            try await trainer.read(lesson.part(folds.testing(fold)).texts, progress: { _, _ in }) { text, encoded in
                let tagged = head?.finds(in: text, encoded: encoded) ?? []
                found.append(merge.entities(in: text.text, tagged: tagged).map(LabelledSpan.init))
                sentences.append(try TaggedSentence(text: text.text, marks: text.spans))
                return true
            }
        }
        return EntityReport(sentences, found: found, labels: Set(lesson.entities.map(\.rawValue)))
    }
}

extension EntityLesson {
    /// Parts that hold about the same share of the texts of each entity, by the first that a text marks.
    fileprivate func folds(_ count: Int, seed: UInt64) -> StratifiedFolds {
        let labels = texts.map { text in
            text.spans.first.flatMap { entities.firstIndex(of: $0.entity) }.map { $0 + 1 } ?? 0
        }
        return StratifiedFolds(labels: labels, count: min(count, texts.count), seed: seed)
    }

    fileprivate func part(_ indices: [Int]) -> EntityLesson {
        EntityLesson(entities: entities, texts: indices.map { texts[$0] })
    }
}
