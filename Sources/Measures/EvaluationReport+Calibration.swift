import ConversationDomain

extension EvaluationReport {
    /// The sentences whose confidence lies in one of the equally wide bins from 0 to 1.
    public struct ReliabilityBin: Hashable, Sendable, Codable {
        /// Confidences from `lower` up to, but not including, `upper`; the last bin includes 1.
        public let lower: Double
        public let upper: Double
        public let count: Int
        /// The mean confidence and the share of right predictions; 0 in an empty bin.
        public let confidence: Double
        public let accuracy: Double
    }

    /// Bins of the reliability diagram and of the calibration error.
    public static let reliabilityBins = 15

    static func reliability(_ outcomes: [Outcome]) -> [ReliabilityBin] {
        let bins = reliabilityBins
        let grouped = Dictionary(grouping: outcomes) { min(bins - 1, Int($0.best.confidence * Double(bins))) }
        return (0..<bins).map { bin in
            let members = grouped[bin] ?? []
            let confidence = members.reduce(0) { $0 + $1.best.confidence }
            return ReliabilityBin(
                lower: Double(bin) / Double(bins), upper: Double(bin + 1) / Double(bins), count: members.count,
                confidence: members.isEmpty ? 0 : confidence / Double(members.count),
                accuracy: LabelCounts.share(members.count { $0.isCorrect }, of: members.count))
        }
    }

    /// The expected calibration error (C. Guo et al., On Calibration of Modern Neural Networks, 2017):
    /// Σ over bins of (share of samples) · |accuracy − mean confidence|.
    static func calibrationError(_ bins: [ReliabilityBin]) -> Double {
        let total = bins.reduce(0) { $0 + $1.count }
        guard total > 0 else { return 0 }
        return bins.reduce(0) { $0 + Double($1.count) * abs($1.accuracy - $1.confidence) } / Double(total)
    }
}
