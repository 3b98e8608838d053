extension RankingModel {
    /// Fitted by `Benchmarks/ranking.py` on eight public sets.
    static let shipped = RankingModel(
        candidate: CandidateWeights(
            head: 0.5546, untrained: -4.832, similarity: 4.5536, meanSimilarity: 7.5974, sentences: 0.6089,
            untrainedSimilarity: 9.2149, lexical: 1.6398),
        null: NullWeights(
            constant: 0.3066, background: -0.9523, meanBackground: 1.9742, length: 0.8812, closeness: 9.0912,
            separation: 5.6068),
        marks: [
            Mark(precision: 0.8, probability: 0.238), Mark(precision: 0.85, probability: 0.411),
            Mark(precision: 0.9, probability: 0.603), Mark(precision: 0.95, probability: 0.841),
            Mark(precision: 0.97, probability: 0.933), Mark(precision: 0.99, probability: 0.973),
        ])
}
