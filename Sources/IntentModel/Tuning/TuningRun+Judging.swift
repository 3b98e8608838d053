import BERT
import ConversationDomain
import Foundation
import Inference
import LinearModels
import ModelRecords
import TensorFiles

extension TuningRun {
    /// The logits that a head gives other texts, on an encoder that learnt by the plan from all examples of the intents; the encoder
    /// is not kept. Where the plan leaves the encoder alone, the head learns on it as it is.
    ///
    /// The result is kept in a file, so that a comparison that was killed need not repeat it.
    package func judging(_ texts: [String], run: Int, of runs: Int) async throws -> [[Float]] {
        let all = Split(training: Array(intents.texts.indices), testing: [])
        guard plan.method != .head else {
            return try await judging(texts, tuning.tuner.base, all, cache: trainer.cache)
        }
        var fingerprint = Fingerprint()
        for text in texts { fingerprint.combine(text) }
        let part = "compared-\(fingerprint.hex.prefix(8))"
        let kept = tuning.tuner.folder.appendingPathComponent("\(name(part)).json")
        if let data = try? Data(contentsOf: kept), let logits = try? JSONDecoder().decode([[Float]].self, from: data),
            logits.count == texts.count, logits.allSatisfy({ $0.count == intents.set.labels.count })
        {
            return logits
        }
        let tuned = try await tune([all], part: part, measuring: false, run: run, of: runs)
        let logits = try await judging(texts, try tuning.open(tuned.overlay), all, cache: nil)
        try JSONEncoder().encode(logits).write(to: kept, options: .atomic)
        try FileManager.default.removeItem(at: tuned.overlay.url.deletingLastPathComponent())
        return logits
    }

    private func judging(
        _ texts: [String], _ encoder: any SentenceEncoder, _ split: Split, cache: (any ModelStore)?
    ) async throws -> [[Float]] {
        let classifier = try await classifier(
            intents, try await embed(intents.texts, encoder, cache: cache), split, encoder: encoder)
        let rows = try await embed(texts, encoder, cache: nil)
        return texts.indices.map { classifier.logits(of: Array(rows.row($0))) }
    }
}
