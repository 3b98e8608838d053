package import ConversationDomain
package import CoreMetrics
import Dialogue
package import Monitoring

/// Hands finished turns to the metrics.
package struct TurnMetrics: TurnObserver {
    package static let families = [
        MetricFamily(
            "frontdesk_turns_total", .counter, "Finished turns by the decision's action.", labels: ["action"], limit: 32
        ),
        MetricFamily(
            "frontdesk_turn_seconds", .histogram(bounds: MetricFamily.seconds),
            "Time of a turn from its message to its commit on disk."),
    ]

    let factory: any MetricsFactory

    package init(factory: any MetricsFactory) { self.factory = factory }

    package func turnFinished(action: Action?, seconds: Double) {
        let labels = [("action", action?.rawValue ?? "silent")]
        Counter(label: "frontdesk_turns_total", dimensions: labels, factory: factory).increment()
        CoreMetrics.Timer(label: "frontdesk_turn_seconds", dimensions: [], factory: factory).recordSeconds(seconds)
    }
}
