import Foundation

/// Tells a message of somebody in danger from ordinary talk in the same words, by how near it is to sentences of both.
///
/// A logit of the mean similarity of the three nearest sentences of dangers, and of harmless talk. The weights are fitted on the
/// shipped sentences, a quarter of them against the rest, beside examples of the starter bot (`Benchmarks/danger.py fit`).
enum DangerModel {
    /// Sentences of each side that a message is compared with token by token.
    static let shortlist = 8
    /// What is less near to every danger is none.
    static let leastSimilarity: Float = 0.58
    /// By how much something else may be nearer.
    static let behind: Float = 0.05

    private static let constant = -6.48
    private static let danger = 34.5
    private static let harmless = -23.2
    /// The logit from which on a message is one of danger.
    private static let threshold = 3.5

    /// - Parameters:
    ///   - dangers: the similarity to the nearest sentences of dangers, best first.
    ///   - harmless: the same for harmless talk.
    static func isDanger(_ dangers: [Float], _ harmless: [Float]) -> Bool {
        logit(dangers, harmless) >= threshold
    }

    static func logit(_ dangers: [Float], _ harmless: [Float]) -> Double {
        func mean(_ values: [Float]) -> Double {
            let best = values.prefix(3)
            return best.isEmpty ? Double(fallback) : Double(best.reduce(0, +)) / Double(best.count)
        }
        return constant + danger * mean(dangers) + self.harmless * mean(harmless)
    }

    /// The nearness that is taken where there is no sentence.
    private static let fallback: Float = 0.2
}
