/// What an inference queue has done since it was made, and what it is doing.
public struct InferenceMetrics: Hashable, Sendable {
    /// Texts that wait.
    public internal(set) var depth = 0
    /// Texts that are being encoded.
    public internal(set) var running = 0
    /// Batches and texts that were encoded.
    public internal(set) var batches = 0
    public internal(set) var texts = 0
    /// The most texts that one batch had.
    public internal(set) var largestBatch = 0
    /// Requests that were answered, refused because the queue was full, dropped because their caller left, given up
    /// because their deadline passed, and failed in the encoder.
    public internal(set) var completed = 0
    public internal(set) var refused = 0
    public internal(set) var cancelled = 0
    public internal(set) var expired = 0
    public internal(set) var failed = 0
    /// Seconds from request to answer, summed over the completed requests, and the longest.
    public internal(set) var latencySum = 0.0
    public internal(set) var latencyMaximum = 0.0
    /// How many completed requests took at most as long as each of `latencyBounds`.
    public internal(set) var latencyBuckets = [Int](repeating: 0, count: Self.latencyBounds.count)

    /// Seconds.
    public static let latencyBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    /// Texts of a batch, on average.
    public var meanBatch: Double { batches == 0 ? 0 : Double(texts) / Double(batches) }

    mutating func recordLatency(_ seconds: Double) {
        completed += 1
        latencySum += seconds
        latencyMaximum = max(latencyMaximum, seconds)
        for (index, bound) in Self.latencyBounds.enumerated() where seconds <= bound { latencyBuckets[index] += 1 }
    }
}
