import BERT
import BERTTraining
import ConversationDomain
import Entities
import Foundation
import Inference
import LinearModels
import ModelRecords
import TensorFiles

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
    /// Texts that the encoder may learn from by what it makes of them itself; empty for none.
    let unlabelled: [String]
    let progress: @Sendable (TrainingProgress) -> Void

    private var options: TrainingOptions { trainer.options }
    private var subjects: [TuningSubject] { [intents] + others }

    /// The trained encoder, and for each subject what it makes of examples that neither it nor the head had learnt from.
    struct Measured {
        let tuned: EncoderTuner.Tuned
        let encoder: any SentenceEncoder
        let intents: CrossValidation
        let others: [CrossValidation]
        /// nil without unlabelled texts.
        let selfTraining: SelfTraining?
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

    /// An encoder that learnt from the training parts, and one that learnt from unlabelled texts too, with what they and heads
    /// on them say about the testing parts.
    private struct Rehearsal: Codable {
        /// By subject and sample.
        var logits: [[[Float]]]
        var logitsWithGuesses: [[[Float]]]?
        /// Unlabelled texts that were learnt from.
        var guessed = 0
    }

    /// The same share of every class to measure on, and the rest with all hints to learn from.
    static func heldOutSplit(of set: TrainingSet, seed: UInt64) -> Split {
        let folds = set.folds(IntentTrainer.holdOutFolds.of, seed: seed).fold
        let held = 0..<IntentTrainer.holdOutFolds.held
        return Split(
            training: folds.indices.filter { !held.contains(folds[$0]) },
            testing: folds.indices.filter { held.contains(folds[$0]) })
    }

    /// A part that neither encoder nor head learns from measures.
    private func heldOut() async throws -> Measured {
        let splits = subjects.map { Self.heldOutSplit(of: $0.set, seed: options.seed) }
        let runs = unlabelled.isEmpty ? 1 : 2
        var tuned = try await tune(splits, part: "all", measuring: true, run: 1, of: runs)
        var encoder = try tuning.open(tuned.overlay)
        var logits = try await judge(splits, encoder)
        var gain: SelfTraining?
        if !unlabelled.isEmpty {
            let guesses = try await guess(encoder, splits[0], part: "all")
            let second = try await tune(
                splits, with: guesses, part: "all-guessed", measuring: true, run: 2, of: runs)
            let student = try tuning.open(second.overlay)
            let judged = try await judge(splits, student)
            let rehearsal = Rehearsal(
                logits: logits, logitsWithGuesses: judged, guessed: guesses.texts.count)
            let outcome = selfTraining([(splits[0].testing, rehearsal)])
            gain = outcome
            if outcome.isWorthKeeping { (tuned, encoder, logits) = (second, student, judged) }
        }
        var validated: [CrossValidation] = []
        for (index, subject) in subjects.enumerated() {
            let testing = splits[index].testing
            // Parts of the held-out examples stand for folds: each is judged by thresholds from the others.
            let predictions = OutOfFold(
                samples: testing, logits: logits[index], folds: testing.indices.map { $0 % 5 })
            let embeddings = try await embed(subject.texts, encoder, cache: trainer.cache)
            validated.append(CrossValidation(embeddings: embeddings, predictions: predictions))
        }
        return Measured(
            tuned: tuned, encoder: encoder, intents: validated[0], others: Array(validated.dropFirst()),
            selfTraining: gain)
    }

    /// An encoder is trained for each fold, then one on everything.
    private func folded() async throws -> Measured {
        let folds = subjects.map { $0.set.folds(IntentTrainer.tuningFolds, seed: options.seed) }
        let steps = unlabelled.isEmpty ? 1 : 2
        let runs = steps * (IntentTrainer.tuningFolds + 1)
        var parts: [(splits: [Split], rehearsal: Rehearsal, fold: Int)] = []
        for fold in 0..<IntentTrainer.tuningFolds {
            let splits = zip(subjects, folds).map { subject, folds in
                let training = folds.training(fold)
                let seen = Set(training.map { subject.set.classes[$0] })
                let testing = folds.testing(fold).filter { seen.contains(subject.set.classes[$0]) }
                return Split(training: training, testing: seen.count >= 2 ? testing : [])
            }
            guard !splits[0].testing.isEmpty else { continue }
            parts.append((splits, try await rehearse(fold, splits, of: runs), fold))
        }
        let gain = unlabelled.isEmpty ? nil : selfTraining(parts.map { ($0.splits[0].testing, $0.rehearsal) })
        let isGuessing = gain?.isWorthKeeping ?? false
        let all = subjects.map { Split(training: Array($0.texts.indices), testing: []) }
        let last = steps * IntentTrainer.tuningFolds + (isGuessing ? 2 : 1)
        var tuned = try await tune(
            all, part: "all", measuring: false, run: steps * IntentTrainer.tuningFolds + 1, of: last)
        var encoder = try tuning.open(tuned.overlay)
        if isGuessing {
            let guesses = try await guess(encoder, all[0], part: "all")
            tuned = try await tune(
                all, with: guesses, part: "all-guessed", measuring: false, run: last, of: last)
            encoder = try tuning.open(tuned.overlay)
        }
        var validated: [CrossValidation] = []
        for (index, subject) in subjects.enumerated() {
            let predictions = OutOfFold(
                samples: parts.flatMap { $0.splits[index].testing },
                logits: parts.flatMap { part in
                    (isGuessing ? part.rehearsal.logitsWithGuesses : nil)?[index] ?? part.rehearsal.logits[index]
                },
                folds: parts.flatMap { part in part.splits[index].testing.map { _ in part.fold } })
            let embeddings = try await embed(subject.texts, encoder, cache: trainer.cache)
            validated.append(CrossValidation(embeddings: embeddings, predictions: predictions))
        }
        return Measured(
            tuned: tuned, encoder: encoder, intents: validated[0], others: Array(validated.dropFirst()),
            selfTraining: gain)
    }

    private func selfTraining(_ parts: [(testing: [Int], rehearsal: Rehearsal)]) -> SelfTraining {
        func share(_ logits: (Rehearsal) -> [[Float]]?) -> Double {
            let counts = parts.map { accuracy(logits($0.rehearsal) ?? [], $0.testing) }
            return Double(counts.reduce(0) { $0 + $1.right }) / Double(max(1, counts.reduce(0) { $0 + $1.of }))
        }
        return SelfTraining(
            texts: unlabelled.count, used: parts.map(\.rehearsal.guessed).max() ?? 0,
            accuracyBefore: share { $0.logits[0] }, accuracyAfter: share { $0.logitsWithGuesses?[0] })
    }
}

// MARK: - Steps

extension TuningRun {
    /// A fold's training and measuring; kept in a file, so that a training that was killed need not repeat it.
    private func rehearse(_ fold: Int, _ splits: [Split], of runs: Int) async throws -> Rehearsal {
        let kept = tuning.tuner.folder.appendingPathComponent("\(name("fold-\(fold + 1)")).json")
        if let data = try? Data(contentsOf: kept),
            let rehearsal = try? JSONDecoder().decode(Rehearsal.self, from: data),
            fits(rehearsal.logits, splits), unlabelled.isEmpty || fits(rehearsal.logitsWithGuesses ?? [], splits)
        {
            return rehearsal
        }
        let (part, first) = ("fold-\(fold + 1)", unlabelled.isEmpty ? fold + 1 : 2 * fold + 1)
        let tuned = try await tune(splits, part: part, measuring: false, run: first, of: runs)
        let encoder = try tuning.open(tuned.overlay)
        var rehearsal = Rehearsal(logits: try await judge(splits, encoder))
        var finished = [tuned]
        if !unlabelled.isEmpty {
            let guesses = try await guess(encoder, splits[0], part: part)
            let second = try await tune(
                splits, with: guesses, part: "\(part)-guessed", measuring: false, run: first + 1, of: runs)
            rehearsal.logitsWithGuesses = try await judge(splits, try tuning.open(second.overlay))
            rehearsal.guessed = guesses.texts.count
            finished.append(second)
        }
        try JSONEncoder().encode(rehearsal).write(to: kept, options: .atomic)
        for tuned in finished {
            try FileManager.default.removeItem(at: tuned.overlay.url.deletingLastPathComponent())
        }
        return rehearsal
    }

    private func fits(_ logits: [[[Float]]], _ splits: [Split]) -> Bool {
        logits.map(\.count) == splits.map(\.testing.count)
            && zip(logits, subjects).allSatisfy { rows, subject in
                rows.allSatisfy { $0.count == subject.set.labels.count }
            }
    }

    /// What heads on an encoder, which learnt from the training parts, say about the testing parts, by subject.
    private func judge(_ splits: [Split], _ encoder: any SentenceEncoder) async throws -> [[[Float]]] {
        var logits: [[[Float]]] = []
        for (subject, split) in zip(subjects, splits) {
            guard !split.testing.isEmpty else {
                logits.append([])
                continue
            }
            let embeddings = try await embed(subject.texts, encoder, cache: nil)
            let classifier = try await classifier(subject, embeddings, split, encoder: encoder)
            logits.append(split.testing.map { classifier.logits(of: Array(embeddings.row($0))) })
        }
        return logits
    }

    /// Trains on the training parts, by subject.
    /// - Parameters:
    ///   - guesses: texts that are learnt from together with the intents' examples.
    ///   - part: what of the training this is, for its files.
    ///   - measuring: whether the testing parts choose the best weights.
    func tune(
        _ splits: [Split], with guesses: GuessedTexts? = nil, part: String, measuring: Bool, run: Int, of runs: Int
    ) async throws -> EncoderTuner.Tuned {
        func texts(_ subject: TuningSubject, _ split: Split) -> (EncoderTuner.LabelledTexts, [Int]) {
            let testing = measuring ? split.testing : []
            let indices = subject.taught(split.training) + testing
            let texts = EncoderTuner.LabelledTexts(
                name: subject.name, texts: indices.map { subject.texts[$0] },
                classes: indices.map { subject.set.classes[$0] }, labels: subject.set.labels.count,
                heldOut: Array(indices.indices.suffix(testing.count)))
            return (texts, indices)
        }
        var (own, indices) = texts(intents, splits[0])
        var plan = plan
        if let guesses {
            // Behind the examples, so that what is held out keeps its places.
            own.texts += guesses.texts
            own.classes += guesses.classes
            plan = Self.guessPlan(examples: own.texts.count, epochs: plan.epochs)
        }
        // Comparing sentences teaches no heads.
        let tagged = self.plan.method == .contrastive ? [:] : marks.byText
        let lesson = EncoderTuner.Lesson(
            texts: own.texts, classes: own.classes, labels: own.labels, heldOut: own.heldOut,
            entities: tagged.isEmpty ? [] : marks.entities,
            tagged: indices.map { tagged[UTF8Text(intents.set.examples[$0].text)] },
            others: zip(others, splits.dropFirst()).map { texts($0, $1).0 })
        let progress = progress
        return try await tuning.tuner.tune(lesson, by: plan, name: name(part)) { step in
            progress(.tuning(TuningProgress(step, run: run, of: runs)))
        }
    }

    /// The same data, encoder and settings give the same name.
    func name(_ part: String) -> String {
        var fingerprint = Fingerprint()
        let head = options.inverseRegularisation(isTuned: true)
        let words = [
            intents.set.dataHash, tuning.tuner.base.weightsHash, "\(plan.options)", "\(options.seed)", "\(head)",
        ]
        for word in words + others.flatMap({ [$0.name, $0.set.dataHash] }) { fingerprint.combine(word) }
        if !marks.isEmpty { fingerprint.combine(marks.fingerprint) }
        for text in unlabelled { fingerprint.combine(text) }
        return "\(fingerprint.hex.prefix(16))-\(part)"
    }

    /// [texts, dimension]
    func embed(
        _ texts: [String], _ encoder: any SentenceEncoder, cache: (any ModelStore)?
    ) async throws -> FeatureMatrix {
        let embedder = CachedEmbedder(encoder: encoder, queue: trainer.queue, cache: cache)
        let embeddings = try await embedder.embed(texts, as: .query) { progress(.embedding(done: $0, total: $1)) }
        guard let matrix = FeatureMatrix(embeddings) else {
            throw ChatError(.internal, "the encoder's embeddings differ in length")
        }
        return matrix
    }

    /// A head that learnt from the training part.
    func classifier(
        _ subject: TuningSubject, _ embeddings: FeatureMatrix, _ split: Split, encoder: any SentenceEncoder
    ) async throws -> LinearClassifier {
        let (set, options, scaling, isTuned) = (subject.set, options, encoder.featureScaling, plan.method != .head)
        return try await DedicatedThread.run("training") { cancellation in
            try set.classifier(
                split.training, embeddings: embeddings, scaling: scaling, options: options, isTuned: isTuned,
                isCancelled: { cancellation.isCancelled })
        }
    }
}
