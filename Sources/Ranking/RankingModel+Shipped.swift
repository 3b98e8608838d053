extension RankingModel {
    /// Fitted by `Benchmarks/ranking.py`.
    static let shipped = RankingModel(
        candidate: CandidateWeights(head: 1, untrained: -2, similarity: 30, meanSimilarity: 0, sentences: 0),
        null: NullWeights(constant: 12, background: 10, meanBackground: 0, length: 0),
        marks: [Mark(precision: 0.8, probability: 0.4), Mark(precision: 0.95, probability: 0.7)])
}
