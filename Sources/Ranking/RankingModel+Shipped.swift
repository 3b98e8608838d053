extension RankingModel {
    /// Fitted by `Benchmarks/ranking.py` on eight public sets.
    static let shipped = RankingModel(
        candidate: CandidateWeights(
            head: 0.5497, untrained: -5.2934, similarity: 5.272, meanSimilarity: 7.9383, sentences: 0.5226,
            untrainedSimilarity: 10.0061, lexical: 1.6279),
        null: NullWeights(
            constant: -0.2554, background: -0.4276, meanBackground: 1.9499, length: 0.9345, closeness: 9.6759,
            separation: 7.249),
        marks: [
            Mark(precision: 0.8, probability: 0.235), Mark(precision: 0.85, probability: 0.407),
            Mark(precision: 0.9, probability: 0.608), Mark(precision: 0.95, probability: 0.857),
            Mark(precision: 0.97, probability: 0.929), Mark(precision: 0.99, probability: 0.974),
        ])
}
