/// A metric that the program keeps: its name, what it says, and the labels that its series have.
public struct MetricFamily: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// Only grows.
        case counter
        case gauge
        /// Counts values by size.
        /// - Parameter bounds: the upper bounds of its buckets, ascending; all else falls into the last, `+Inf`.
        case histogram(bounds: [Double])
    }

    /// Upper bounds, in seconds, for what usually takes 1 to 20 ms and sometimes waits.
    public static let seconds: [Double] = [
        0.0005, 0.001, 0.002, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
    /// The value of every label of the series that takes what belongs to no other.
    public static let other = "other"

    /// Letters, digits and underscores; a counter's ends with `_total`.
    public let name: String
    public let kind: Kind
    /// One sentence.
    public let help: String
    /// The names of the labels that each series has.
    public let labels: [String]
    /// How many combinations of label values are kept apart. The rest is counted together, as ``other``.
    public let limit: Int

    public init(_ name: String, _ kind: Kind, _ help: String, labels: [String] = [], limit: Int = 1) {
        self.name = name
        self.kind = kind
        self.help = help
        self.labels = labels
        self.limit = labels.isEmpty ? 1 : limit
    }
}
