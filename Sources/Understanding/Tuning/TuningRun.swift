import BERT
import BERTTraining
import ConversationDomain
import Foundation

/// A set of texts with labels that an encoder learns: the intents', or a classifier's beside them.
struct TuningSubject: Sendable {
    /// Of the head.
    let name: String
    let set: TrainingSet
    /// The examples as the encoder reads them.
    let texts: [String]
    /// The examples that the encoder may learn from; nil for all. The head learns from all in any case.
    private let chosen: Set<Int>?

    init(_ intents: TrainingSet) {
        self.init(name: EncoderTuner.Lesson.intentName, set: intents, chosen: nil)
    }

    init(_ lesson: LabelLesson, seed: UInt64) {
        let all = Array(lesson.set.examples.indices)
        var generator = SeededGenerator(seed: seed)
        let chosen =
            all.count > LabelLesson.mostTexts
            ? Set(all.shuffled(using: &generator).prefix(LabelLesson.mostTexts)) : nil
        self.init(name: "labels:\(lesson.classifier)", set: lesson.set, chosen: chosen)
    }

    private init(name: String, set: TrainingSet, chosen: Set<Int>?) {
        self.name = name
        self.set = set
        texts = set.examples.map { MaskedText.masking($0.text) }
        self.chosen = chosen
    }

    /// What of `indices` the encoder learns from.
    func taught(_ indices: [Int]) -> [Int] { chosen.map { chosen in indices.filter(chosen.contains) } ?? indices }
}

/// One training of an encoder, by the intents and the label sets beside them, with what measures it.
struct TuningRun {
    let trainer: IntentTrainer
    let tuning: EncoderTuning
    let plan: TuningPlan
    let intents: TuningSubject
    /// What other heads learn at the same time: batches mix all of them, and every example counts the same.
    let others: [TuningSubject]
    /// What an entity head learns at the same time.
    let marks: EntityLesson
    let progress: @Sendable (TrainingProgress) -> Void

    private var options: TrainingOptions { trainer.options }
    private var subjects: [TuningSubject] { [intents] + others }

    /// The trained encoder, and for each subject what it makes of examples that neither it nor the head had learnt from.
    struct Measured {
        let tuned: EncoderTuner.Tuned
        let encoder: any SentenceEncoder
        let intents: CrossValidation
        let others: [CrossValidation]
    }

    /// Examples of a subject, by their indices.
    struct Split: Sendable {
        var training: [Int]
        var testing: [Int]
    }

    func measured() async throws -> Measured {
        let count = subjects.reduce(0) { $0 + $1.texts.count }
        return count >= IntentTrainer.holdOutMinimum ? try await heldOut() : try await folded()
    }

    /// A tenth measures.
    private func heldOut() async throws -> Measured {
        let splits = subjects.map { subject in
            let folds = subject.set.folds(10, seed: options.seed)
            return Split(training: folds.training(0), testing: folds.testing(0))
        }
        let tuned = try await tune(splits, measuring: true, run: 1, of: 1)
        let encoder = try tuning.open(tuned.overlay)
        var validated: [CrossValidation] = []
        for (subject, split) in zip(subjects, splits) {
            let embeddings = try await embed(subject, encoder, cache: trainer.cache)
            let logits = try await predict(subject, embeddings, split, encoder: encoder)
            // Parts of the held-out examples stand for folds: each is judged by thresholds from the others.
            let folds = split.testing.indices.map { $0 % 5 }
            let predictions = OutOfFold(samples: split.testing, logits: logits, folds: folds)
            validated.append(CrossValidation(embeddings: embeddings, predictions: predictions))
        }
        return Measured(tuned: tuned, encoder: encoder, intents: validated[0], others: Array(validated.dropFirst()))
    }

    /// An encoder is trained for each fold, then one on everything.
    private func folded() async throws -> Measured {
        let folds = subjects.map { $0.set.folds(IntentTrainer.tuningFolds, seed: options.seed) }
        let runs = IntentTrainer.tuningFolds + 1
        var parts: [(splits: [Split], logits: [[[Float]]], fold: Int)] = []
        for fold in 0..<IntentTrainer.tuningFolds {
            let splits = zip(subjects, folds).map { subject, folds in
                let training = folds.training(fold)
                let seen = Set(training.map { subject.set.classes[$0] })
                let testing = folds.testing(fold).filter { seen.contains(subject.set.classes[$0]) }
                return Split(training: training, testing: seen.count >= 2 ? testing : [])
            }
            guard !splits[0].testing.isEmpty else { continue }
            parts.append((splits, try await logits(fold, splits, of: runs), fold))
        }
        let all = subjects.map { Split(training: Array($0.texts.indices), testing: []) }
        let tuned = try await tune(all, measuring: false, run: runs, of: runs)
        let encoder = try tuning.open(tuned.overlay)
        var validated: [CrossValidation] = []
        for (index, subject) in subjects.enumerated() {
            let predictions = OutOfFold(
                samples: parts.flatMap { $0.splits[index].testing }, logits: parts.flatMap { $0.logits[index] },
                folds: parts.flatMap { part in part.splits[index].testing.map { _ in part.fold } })
            let embeddings = try await embed(subject, encoder, cache: trainer.cache)
            validated.append(CrossValidation(embeddings: embeddings, predictions: predictions))
        }
        return Measured(tuned: tuned, encoder: encoder, intents: validated[0], others: Array(validated.dropFirst()))
    }
}

// MARK: - Steps

extension TuningRun {
    /// What an encoder and heads that learnt from the training parts say about the testing parts, by subject; kept in a file, so
    /// that a training that was killed need not repeat it.
    private func logits(_ fold: Int, _ splits: [Split], of runs: Int) async throws -> [[[Float]]] {
        let name = name("fold-\(fold + 1)")
        let kept = tuning.tuner.folder.appendingPathComponent("\(name).json")
        if let data = try? Data(contentsOf: kept), let logits = try? JSONDecoder().decode([[[Float]]].self, from: data),
            logits.map(\.count) == splits.map(\.testing.count),
            zip(logits, subjects).allSatisfy({ rows, subject in
                rows.allSatisfy { $0.count == subject.set.labels.count }
            })
        {
            return logits
        }
        let tuned = try await tune(splits, measuring: false, run: fold + 1, of: runs)
        let encoder = try tuning.open(tuned.overlay)
        var logits: [[[Float]]] = []
        for (subject, split) in zip(subjects, splits) {
            let embeddings = try await embed(subject, encoder, cache: nil)
            logits.append(try await predict(subject, embeddings, split, encoder: encoder))
        }
        try JSONEncoder().encode(logits).write(to: kept, options: .atomic)
        try FileManager.default.removeItem(at: tuned.overlay.url.deletingLastPathComponent())
        return logits
    }

    /// Trains on the training parts, by subject.
    /// - Parameter measuring: whether the testing parts choose the best weights.
    private func tune(_ splits: [Split], measuring: Bool, run: Int, of runs: Int) async throws -> EncoderTuner.Tuned {
        func texts(_ subject: TuningSubject, _ split: Split) -> (EncoderTuner.LabelledTexts, [Int]) {
            let testing = measuring ? split.testing : []
            let indices = subject.taught(split.training) + testing
            let texts = EncoderTuner.LabelledTexts(
                name: subject.name, texts: indices.map { subject.texts[$0] },
                classes: indices.map { subject.set.classes[$0] }, labels: subject.set.labels.count,
                heldOut: Array(indices.indices.suffix(testing.count)))
            return (texts, indices)
        }
        let (own, indices) = texts(intents, splits[0])
        // Comparing sentences teaches no heads.
        let tagged = plan.method == .contrastive ? [:] : marks.byText
        let lesson = EncoderTuner.Lesson(
            texts: own.texts, classes: own.classes, labels: own.labels, heldOut: own.heldOut,
            entities: tagged.isEmpty ? [] : marks.entities,
            tagged: indices.map { tagged[intents.set.examples[$0].text] },
            others: zip(others, splits.dropFirst()).map { texts($0, $1).0 })
        let progress = progress
        let suffix = run < runs ? "fold-\(run)" : "all"
        return try await tuning.tuner.tune(lesson, by: plan, name: name(suffix)) { step in
            progress(.tuning(TuningProgress(step, run: run, of: runs)))
        }
    }

    /// The same data, encoder and settings give the same name.
    private func name(_ part: String) -> String {
        var fingerprint = Fingerprint()
        let head = options.inverseRegularisation(isTuned: true)
        let words = [
            intents.set.dataHash, tuning.tuner.base.weightsHash, "\(plan.options)", "\(options.seed)", "\(head)",
        ]
        for word in words + others.flatMap({ [$0.name, $0.set.dataHash] }) { fingerprint.combine(word) }
        if !marks.isEmpty { fingerprint.combine(marks.fingerprint) }
        return "\(fingerprint.hex.prefix(16))-\(part)"
    }

    /// [examples, dimension]
    private func embed(
        _ subject: TuningSubject, _ encoder: any SentenceEncoder, cache: (any ModelStore)?
    ) async throws -> FeatureMatrix {
        let embedder = CachedEmbedder(encoder: encoder, queue: trainer.queue, cache: cache)
        let embeddings = try await embedder.embed(subject.texts, as: .query) {
            progress(.embedding(done: $0, total: $1))
        }
        guard let matrix = FeatureMatrix(embeddings) else {
            throw ChatError(.internal, "the encoder's embeddings differ in length")
        }
        return matrix
    }

    private func predict(
        _ subject: TuningSubject, _ embeddings: FeatureMatrix, _ split: Split, encoder: any SentenceEncoder
    ) async throws -> [[Float]] {
        guard !split.testing.isEmpty else { return [] }
        let (set, options, scaling) = (subject.set, options, encoder.featureScaling)
        return try await DedicatedThread.run("training") { cancellation in
            let classifier = try set.classifier(
                split.training, embeddings: embeddings, scaling: scaling, options: options, isTuned: true,
                isCancelled: { cancellation.isCancelled })
            return split.testing.map { classifier.logits(of: Array(embeddings.row($0))) }
        }
    }
}
