import Foundation

/// Tells a message of somebody in danger from ordinary talk in the same words, by how near it is to sentences of both.
///
/// A logit of the mean similarity of the nearest sentences of dangers, and of harmless talk: of the two nearest, and of sixteen,
/// which say what the message is about where no sentence is very near; and of the nearest thing that the bot could answer or that is
/// foreign. The weights are fitted on the shipped sentences, a part of them against the rest, beside examples and questions of the
/// starter bot (`Benchmarks/danger.py fit`).
enum DangerModel {
    /// Sentences of dangers that every message is compared with token by token.
    static let firstLook = 8
    /// Sentences of each side that a message near to a danger is compared with.
    static let shortlist = 48
    /// What is less near to every danger has nothing of one.
    static let leastHint: Float = 0.4
    /// What is less near to every danger is none.
    static let leastSimilarity: Float = 0.5
    /// By how much something else that the bot could answer may be nearer.
    static let behind: Float = 0.03

    private struct Weights {
        let count: Int
        let danger: Double
        let harmless: Double
    }

    private static let constant = -3.4
    private static let weights = [
        Weights(count: 2, danger: 12.7, harmless: -10.99), Weights(count: 16, danger: 46.59, harmless: -32.86),
    ]
    private static let weightOfOther = -9.79
    /// The logit from which on a message is one of danger: where 38 of 1,000 harmless sentences were, each left out with a fifth
    /// of all when the weights were fitted.
    private static let threshold = 1.1

    /// - Parameters:
    ///   - dangers: the similarity to the nearest sentences of dangers, best first.
    ///   - harmless: the same for harmless talk.
    ///   - other: the similarity to the nearest other thing.
    /// - Returns: the logit, counted from that of a message that just is one of danger.
    static func margin(_ dangers: [Float], _ harmless: [Float], other: Float) -> Double {
        logit(dangers, harmless, other: other) - threshold
    }

    private static func logit(_ dangers: [Float], _ harmless: [Float], other: Float) -> Double {
        weights.reduce(constant + weightOfOther * Double(other)) { sum, weights in
            sum + weights.danger * mean(dangers, weights.count) + weights.harmless * mean(harmless, weights.count)
        }
    }

    private static func mean(_ values: [Float], _ count: Int) -> Double {
        let best = values.prefix(count)
        return (Double(best.reduce(0, +)) + Double(count - best.count) * fallback) / Double(count)
    }

    /// The nearness that is taken where there is no sentence.
    private static let fallback = 0.2
}
