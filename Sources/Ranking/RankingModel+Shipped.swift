extension RankingModel {
    /// Fitted by `Benchmarks/ranking.py` on eight public sets.
    static let shipped = RankingModel(
        candidate: CandidateWeights(
            head: 0.5488, untrained: -5.3012, similarity: 5.2788, meanSimilarity: 7.9587, sentences: 0.4892,
            untrainedSimilarity: 10.0021, lexical: 1.6273),
        null: NullWeights(
            constant: -0.3576, background: -0.5843, meanBackground: 1.8863, length: 0.9294, closeness: 9.5561,
            separation: 7.827),
        marks: [
            Mark(precision: 0.8, probability: 0.24), Mark(precision: 0.85, probability: 0.408),
            Mark(precision: 0.9, probability: 0.607), Mark(precision: 0.95, probability: 0.857),
            Mark(precision: 0.97, probability: 0.931), Mark(precision: 0.99, probability: 0.976),
        ])
}
