import BERT
import BERTTraining
public import ConversationDomain
import Entities
import Foundation
import LinearModels
import Measures
import TensorFiles

/// What adapting an encoder to unlabelled texts gave.
public struct EncoderAdaptation: Sendable {
    public let tuned: EncoderTuner.Tuned
    /// Texts that it learnt from.
    public let texts: Int
    /// Cross-validated accuracy of a head on the labelled examples, with the encoder as it was and as it is now.
    public let accuracyBefore: Double
    public let accuracyAfter: Double

    /// Encoders that saw a billion pairs of sentences are often better off without: only what helps is kept.
    public var isWorthKeeping: Bool { accuracyAfter > accuracyBefore }
}

extension EncoderTuner {
    /// With fewer texts nothing about a company's language can be learnt.
    static let fewestTexts = 64
    /// More texts than this are represented by a random part.
    public static let mostTexts = 50_000

    /// Lets the encoder learn from texts alone: a sentence comes close to itself under another dropout mask, and away from
    /// all others (SimCSE, T. Gao, X. Yao, D. Chen, 2021).
    /// - Throws: `ChatError(.invalidRequest)` with too few texts, `ModelError`, `CancellationError`.
    func adapt(
        to texts: [String], progress: @escaping @Sendable (BERTTraining.TrainingProgress) -> Void
    ) async throws -> Tuned {
        guard texts.count >= Self.fewestTexts else {
            throw ChatError(
                .invalidRequest, "\(texts.count) different unlabelled texts, at least \(Self.fewestTexts) are needed")
        }
        var options = BERTTraining.TrainingOptions()
        options.method = .unsupervised
        options.epochs = 1
        options.learningRate = 1e-5
        options.batchSize = 64
        options.temperature = 0.05
        options.maximumTokens = 48
        options.patience = nil
        var fingerprint = Fingerprint()
        for word in texts + [base.weightsHash, "\(options)", "\(seed)"] { fingerprint.combine(word) }
        let examples = texts.map { text in
            TrainingExample(
                tokens: base.tokens(for: text, as: .query, limit: options.maximumTokens), target: .unlabelled)
        }
        return try await run(
            Job(
                name: "\(fingerprint.hex.prefix(16))-adapted", training: examples, options: options,
                keepsCheckpoint: true),
            progress: progress)
    }

    /// At most ``mostTexts`` of the texts, the same ones for the same seed.
    func sample(_ texts: [String]) -> [String] {
        guard texts.count > Self.mostTexts else { return texts }
        var generator = SeededGenerator(seed: seed)
        return Array(texts.shuffled(using: &generator).prefix(Self.mostTexts))
    }
}

extension IntentTrainer {
    /// Adapts the tuner's encoder to what customers wrote, and measures on the bot's examples whether that helped.
    /// - Parameter texts: without repeats, as customers wrote them.
    /// - Throws: `ChatError`, `ModelError`, `CancellationError`.
    public func adapt(
        _ content: BotContent, to texts: [String], tuning: EncoderTuning,
        progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
    ) async throws -> EncoderAdaptation {
        let given = LabelledText.examples(of: content)
        // Messages that differ in an order number only are one text to the encoder.
        var seen: Set<UTF8Text> = []
        let masked = tuning.tuner.sample(
            texts.map { MaskedText.masking($0) }.filter { seen.insert(UTF8Text($0)).inserted })
        let before = try await crossValidate(given, encoder: tuning.tuner.base, progress: progress)
        let tuned = try await tuning.tuner.adapt(to: masked) { step in
            progress(.tuning(TuningProgress(step, run: 1, of: 1)))
        }
        let after = try await crossValidate(given, encoder: try tuning.open(tuned.overlay), progress: progress)
        return EncoderAdaptation(
            tuned: tuned, texts: masked.count, accuracyBefore: before.accuracy, accuracyAfter: after.accuracy)
    }
}
