extension RankingModel {
    /// Fitted by `Benchmarks/ranking.py` on eight public sets.
    static let shipped = RankingModel(
        candidate: CandidateWeights(
            head: 0.556, untrained: -4.91, similarity: 4.63, meanSimilarity: 7.45, sentences: 0.579,
            untrainedSimilarity: 9.25, lexical: 1.626),
        null: NullWeights(
            constant: 1.416, background: -1.078, meanBackground: 1.883, length: 0.598, closeness: 9.153),
        marks: [
            Mark(precision: 0.8, probability: 0.264), Mark(precision: 0.85, probability: 0.435),
            Mark(precision: 0.9, probability: 0.608), Mark(precision: 0.95, probability: 0.86),
            Mark(precision: 0.97, probability: 0.936), Mark(precision: 0.99, probability: 0.97),
        ])
}
