import BERT
import BERTTraining
import ConversationDomain
import Entities
import Foundation
import Inference
import LinearModels

/// What learning from an encoder's own judgement of unlabelled texts gave.
public struct SelfTraining: Hashable, Sendable {
    /// Unlabelled texts that were judged, and those that were sure enough to be learnt from.
    public let texts: Int
    public let used: Int
    /// Accuracy on examples that nothing had learnt from, without and with the unlabelled texts.
    public let accuracyBefore: Double
    public let accuracyAfter: Double

    /// Only what helps is kept.
    public var isWorthKeeping: Bool { accuracyAfter > accuracyBefore }
}

/// Unlabelled texts with the classes that an encoder and a head gave them.
struct GuessedTexts: Sendable {
    var texts: [String] = []
    var classes: [Int] = []

    /// The less sure ones are left out: most of what is guessed wrongly is among them, and most of what belongs to no intent.
    static let usedShare = 0.9
    /// More texts than this take hours and teach little more.
    static let most = 20_000

    /// - Parameter shares: of each text, by class: the logarithms of probabilities, summed over those who judged.
    init(_ texts: [String], shares: [[Double]]) {
        let guesses = shares.enumerated().compactMap { index, row in
            let shares = Softmax.probabilities(row.map(Float.init), temperature: 1)
            return shares.indices.max { shares[$0] < shares[$1] }.map { (index: index, label: $0, share: shares[$0]) }
        }
        let count = min(Self.most, Int(Double(guesses.count) * Self.usedShare))
        let surest = guesses.sorted { ($0.share, $1.index) > ($1.share, $0.index) }.prefix(count)
        for guess in surest.sorted(by: { $0.index < $1.index }) {
            self.texts.append(texts[guess.index])
            classes.append(guess.label)
        }
    }
}

extension EncoderTuning {
    /// The unlabelled texts as the encoder reads them: each once, none that is an example.
    func unlabelled(besides examples: [String]) -> [String] {
        var seen = Set(examples)
        return tuner.sample(unlabelled.map { MaskedText.masking($0) }.filter { seen.insert($0).inserted })
    }
}

extension TuningRun {
    /// How the encoder learns from labelled and guessed texts together: all weights, by the labels (pseudo-labels,
    /// D.-H. Lee, 2013). Few texts are seen more often, unless the owner says how often.
    static func guessPlan(examples: Int, epochs: Int?) -> TuningPlan {
        let epochs = epochs ?? min(20, max(3, 24_000 / max(1, examples)))
        return TuningPlan(method: .full, reason: "unlabelled texts and examples together", epochs: epochs)
    }

    /// What an encoder and a head that learnt from the training part make of the unlabelled texts, together with those of the
    /// other encoders that are asked: encoders err differently.
    func guess(_ encoder: any SentenceEncoder, _ split: Split, part: String) async throws -> GuessedTexts {
        var sums = try await logShares(encoder, split)
        for (number, judge) in tuning.judges.enumerated() {
            let lesson = EncoderTuner.Lesson(
                texts: split.training.map { intents.texts[$0] },
                classes: split.training.map { intents.set.classes[$0] },
                labels: intents.set.labels.count)
            let tuned = try await judge.tuner.tune(lesson, by: plan, name: name("\(part)-judge-\(number)")) { step in
                progress(.tuning(TuningProgress(step, run: number + 1, of: tuning.judges.count)))
            }
            let shares = try await logShares(try judge.open(tuned.overlay), split)
            for (row, added) in shares.enumerated() {
                for column in added.indices { sums[row][column] += added[column] }
            }
            try FileManager.default.removeItem(at: tuned.overlay.url.deletingLastPathComponent())
        }
        return GuessedTexts(unlabelled, shares: sums)
    }

    /// log softmax of each unlabelled text, [texts][classes]
    private func logShares(_ encoder: any SentenceEncoder, _ split: Split) async throws -> [[Double]] {
        let examples = try await embed(intents.texts, encoder, cache: nil)
        let classifier = try await classifier(intents, examples, split, encoder: encoder)
        let rows = try await embed(unlabelled, encoder, cache: nil)
        return unlabelled.indices.map { index in
            Softmax.probabilities(classifier.logits(of: Array(rows.row(index))), temperature: 1).map { log($0 + 1e-9) }
        }
    }

    /// The share of a split's testing part that is named rightly.
    func accuracy(_ logits: [[Float]], _ testing: [Int]) -> (right: Int, of: Int) {
        let right = zip(logits, testing).count { row, index in
            row.indices.max { row[$0] < row[$1] } == intents.set.classes[index]
        }
        return (right, testing.count)
    }
}
