package import ConversationDomain
import LinearModels

/// From which cosine on two sentences of one language mean the same.
///
/// What a cosine says differs from encoder to encoder, and from language to language, so it is measured: over all pairs of
/// the bot's own sentences of the language, the lowest cosine t for which the share of pairs with a cosine ≥ t that belong
/// to one intent reaches a target. Pairs of out-of-scope sentences, which have nothing in common, are left out. Where no
/// cosine reaches the target, as with an encoder that cannot read the language, only equal texts mean the same.
///
/// The starter bot has, with multilingual-e5-small: English 0.960, 0.943 and 0.926, Chinese 0.968, 0.952 and 0.940.
package struct NeighbourThresholds: Hashable, Sendable {
    /// The share of pairs of one intent from which a label overrules a model that is sure of something else.
    static let sureTarget = 0.97
    /// The share from which it decides where the model is not sure.
    static let likelyTarget = 0.9
    /// The share from which sentences are shown to a person as one group.
    static let groupTarget = 0.8
    /// Sentences of each language of which every pair is compared.
    static let sampleLimit = 1_500
    /// Pairs of one intent that are needed to measure anything, and pairs that a threshold must let pass.
    static let minimumPairs = 100
    static let minimumPassing = 20
    /// Bins of cosines from −1 to 1.
    private static let bins = 2_000

    let sure: Double
    let likely: Double
    package let group: Double

    /// Where there are too few sentences to measure anything with.
    static let unmeasured = NeighbourThresholds(sure: 0.98, likely: 0.97, group: 0.95)

    /// For as long as nothing has been measured.
    package static var careful: NeighbourThresholds { unmeasured }

    init(sure: Double, likely: Double, group: Double) {
        self.sure = sure
        self.likely = likely
        self.group = group
    }

    /// By language, for the languages that `known` has.
    /// - Throws: `CancellationError`, and `ChatError(.internal)` when embeddings differ in length.
    package static func measured(_ known: KnownSentences, isCancelled: () -> Bool = { false }) throws
        -> [BotLocale: NeighbourThresholds]
    {
        try Dictionary(grouping: known.sentences.indices, by: { known.sentences[$0].locale }).mapValues { indices in
            let sample = KnownSentences.spread(indices.count, limit: sampleLimit).map { indices[$0] }
            let (same, other) = try pairs(known, sample, isCancelled: isCancelled)
            guard same.reduce(0, +) >= minimumPairs else { return unmeasured }
            return NeighbourThresholds(
                sure: lowest(reaching: sureTarget, same, other), likely: lowest(reaching: likelyTarget, same, other),
                group: lowest(reaching: groupTarget, same, other))
        }
    }

    /// How many pairs of one intent, and of two, have a cosine in each bin.
    private static func pairs(
        _ known: KnownSentences, _ sample: [Int], isCancelled: () -> Bool
    ) throws -> (same: [Int], other: [Int]) {
        var rows = VectorRows(expected: sample.count, columns: known.embeddings.first?.count ?? 0)
        try rows.append(sample.map { known.embeddings[$0] })
        var same = [Int](repeating: 0, count: bins)
        var other = same
        for (index, row) in sample.enumerated() {
            if isCancelled() { throw CancellationError() }
            let intent = known.sentences[row].intent
            let cosines = rows.products(with: known.embeddings[row])
            for (earlier, cosine) in cosines.prefix(index).enumerated() {
                let bin = min(bins - 1, max(0, Int((Double(cosine) + 1) / 2 * Double(bins))))
                if known.sentences[sample[earlier]].intent != intent {
                    other[bin] += 1
                } else if intent != .outOfScope {
                    same[bin] += 1
                }
            }
        }
        return (same, other)
    }

    /// The lower edge of the lowest bin from which on the target is reached; infinity when there is none.
    private static func lowest(reaching target: Double, _ same: [Int], _ other: [Int]) -> Double {
        var (right, all) = (0, 0)
        var found: Int?
        for bin in stride(from: bins - 1, through: 0, by: -1) where same[bin] + other[bin] > 0 {
            right += same[bin]
            all += same[bin] + other[bin]
            if all >= minimumPassing, Double(right) >= target * Double(all) { found = bin }
        }
        return found.map { Double($0) / Double(bins) * 2 - 1 } ?? .infinity
    }
}

extension [BotLocale: NeighbourThresholds] {
    /// What holds for a text of this language.
    package subscript(for locale: BotLocale) -> NeighbourThresholds {
        locale.nearest(in: keys.sorted()).flatMap { self[$0] } ?? .unmeasured
    }
}
