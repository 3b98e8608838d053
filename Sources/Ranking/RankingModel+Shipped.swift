extension RankingModel {
    /// Fitted by `Benchmarks/ranking.py` on eight public sets.
    static let shipped = RankingModel(
        candidate: CandidateWeights(
            head: 0.63, untrained: -6.56, similarity: 5.49, meanSimilarity: 8.01, sentences: 0.65,
            untrainedSimilarity: 10.91),
        null: NullWeights(
            constant: 1.17, background: -0.99, meanBackground: 2.42, length: 0.31, closeness: 10.16),
        marks: [
            Mark(precision: 0.8, probability: 0.4), Mark(precision: 0.9, probability: 0.623),
            Mark(precision: 0.95, probability: 0.844), Mark(precision: 0.99, probability: 0.97),
        ])
}
