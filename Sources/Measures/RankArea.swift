/// The area under the receiver operating characteristic: how well a score tells two groups apart.
package enum RankArea {
    /// The probability that a random member of `high` has the higher score than a random member of `low`, equal scores
    /// counting half (H. B. Mann, D. R. Whitney, 1947); nil when a group is empty. Takes n log n.
    package static func area(high: [Double], low: [Double]) -> Double? {
        guard !high.isEmpty, !low.isEmpty else { return nil }
        let scored = (high.map { (score: $0, isHigh: true) } + low.map { (score: $0, isHigh: false) })
            .sorted { $0.score < $1.score }
        var pairs = 0.0
        var lowBelow = 0
        var start = 0
        while start < scored.count {
            var end = start
            var (highs, lows) = (0, 0)
            while end < scored.count, scored[end].score == scored[start].score {
                if scored[end].isHigh { highs += 1 } else { lows += 1 }
                end += 1
            }
            pairs += Double(highs) * (Double(lowBelow) + Double(lows) / 2)
            lowBelow += lows
            start = end
        }
        return pairs / (Double(high.count) * Double(low.count))
    }
}
