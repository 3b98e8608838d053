public import CoreMetrics
import Synchronization

/// A counter of something that is counted elsewhere: it grows by what that total grew by since it was last looked at.
public final class FollowedTotal: Sendable {
    private let counter: FloatingPointCounter
    private let last = Mutex(0.0)

    public init(_ label: String, in factory: any MetricsFactory) {
        counter = FloatingPointCounter(label: label, dimensions: [], factory: factory)
    }

    /// A total that fell was begun anew, and is followed from there.
    public func follow(_ total: Double) {
        let growth = last.withLock { last in
            defer { last = total }
            return total - last
        }
        if growth > 0 { counter.increment(by: growth) }
    }

    public func follow(_ total: Int) { follow(Double(total)) }
}
