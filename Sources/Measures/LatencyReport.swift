/// How long something took, again and again; all times in milliseconds. As JSON: snake_case.
public struct LatencyReport: Hashable, Sendable, Codable {
    public let samples: Int
    public let mean: Double
    /// The time that half, 95 % and 99 % of the samples did not exceed (nearest rank).
    public let p50: Double
    public let p95: Double
    public let p99: Double
    public let longest: Double

    enum CodingKeys: String, CodingKey {
        case samples
        case mean = "mean_ms"
        case p50 = "p50_ms"
        case p95 = "p95_ms"
        case p99 = "p99_ms"
        case longest = "longest_ms"
    }

    /// Nil without samples.
    public init?(_ times: [Duration]) {
        let sorted = times.map { $0 / .milliseconds(1) }.sorted()
        guard let last = sorted.last else { return nil }
        func rank(_ share: Double) -> Double {
            sorted[min(sorted.count - 1, max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1))]
        }
        samples = sorted.count
        mean = sorted.reduce(0, +) / Double(sorted.count)
        (p50, p95, p99) = (rank(0.5), rank(0.95), rank(0.99))
        longest = last
    }
}
