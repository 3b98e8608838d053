import ConversationDomain
import Foundation

/// How each of several languages spells, learned from a bot's own sentences: a naive Bayes classifier on runs of letters.
///
/// Words give each three neighbouring letters, with their borders; texts without spaces give each character and each two.
/// Source: W. Cavnar and J. Trenkle, N-gram-based text categorization (1994), with the probabilities of T. Dunning, Statistical
/// identification of language (1994).
struct LanguageModel: Sendable {
    /// Unicode scalars of a locale's sentences that are learned from; more say nothing new.
    static let learned = 60_000
    /// What is added to each count, so that what was never seen is possible.
    private static let smoothing = 0.1
    /// Runs of letters share letters, so that they are fewer witnesses than they are many.
    private static let independence = 0.5

    private let locales: [BotLocale]
    /// For each run of letters its logarithmic probability in each locale.
    private let weights: [UInt64: [Float]]

    /// - Parameter sentences: of each locale; what is beyond `learned` is left out.
    init(_ sentences: [BotLocale: [String]]) {
        locales = sentences.keys.sorted()
        var counts: [UInt64: [Float]] = [:]
        var totals = [Double](repeating: 0, count: locales.count)
        for (place, locale) in locales.enumerated() {
            var rest = Self.learned
            for sentence in sentences[locale] ?? [] where rest > 0 {
                rest -= sentence.unicodeScalars.count
                Self.forEachRun(in: WrittenWords(sentence, limit: Self.learned)) { run in
                    counts[run, default: [Float](repeating: 0, count: totals.count)][place] += 1
                    totals[place] += 1
                }
            }
        }
        let kinds = Double(counts.count + 1)
        weights = counts.mapValues { row in
            row.indices.map { place in
                Float(log((Double(row[place]) + Self.smoothing) / (totals[place] + Self.smoothing * kinds)))
            }
        }
    }

    /// How much more the text looks like one locale than like another, as logarithms of odds up to a constant; nil where it has
    /// nothing that was ever seen.
    func evidence(of words: WrittenWords, for candidates: [BotLocale]) -> [Double]? {
        let places = candidates.map { locales.firstIndex(of: $0) }
        var sums = [Double](repeating: 0, count: candidates.count)
        var seen = 0
        Self.forEachRun(in: words) { run in
            guard let row = weights[run] else { return }
            seen += 1
            for (index, place) in places.enumerated() { sums[index] += place.map { Double(row[$0]) } ?? -20 }
        }
        return seen == 0 ? nil : sums.map { $0 * Self.independence }
    }

    /// Runs as numbers: three Unicode scalars take 63 bits.
    private static func forEachRun(in words: WrittenWords, _ body: (UInt64) -> Void) {
        func key(_ first: Unicode.Scalar?, _ second: Unicode.Scalar?, _ third: Unicode.Scalar?) -> UInt64 {
            [first, second, third].reduce(0) { $0 << 21 | UInt64($1?.value ?? 0) }
        }
        for (_, word) in words.words {
            // The border counts as a letter.
            let letters = [Unicode.Scalar(0x20)] + word + [Unicode.Scalar(0x20)]
            for index in letters.indices.dropLast(2) {
                body(key(letters[index], letters[index + 1], letters[index + 2]))
            }
        }
        for run in words.runs {
            for index in run.indices {
                body(key(nil, nil, run[index]))
                if index + 1 < run.count { body(key(nil, run[index], run[index + 1])) }
            }
        }
    }
}
