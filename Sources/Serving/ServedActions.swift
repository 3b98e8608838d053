package import ActionCalls
package import Actions
package import ConversationDomain
import CoreMetrics
package import Logging
package import Monitoring
import SQLiteActions
package import SQLiteStore
package import Webhooks

extension HTTPActionCaller {
    /// What a server calls the shop's services with.
    package static func served(
        _ database: SQLiteDatabase, rules: TargetRules, metrics: PrometheusRegistry, logger: Logger
    ) -> HTTPActionCaller {
        let store = SQLiteActionStore(database)
        // Places enough that dead services take none from the others.
        let client = TargetClient(
            TargetResolver(rules), concurrency: ActionTarget.limit * ActionPolicy().concurrency)
        return HTTPActionCaller(
            store: store, journal: store, client: client, logger: logger, observer: ActionMetrics(factory: metrics))
    }
}

/// Hands ended calls of the shop's services to the metrics.
package struct ActionMetrics: ActionObserver {
    package static let families = [
        MetricFamily(
            "frontdesk_action_calls_total", .counter, "Calls of the shop's services by target and outcome.",
            labels: ["target", "outcome"], limit: 512),
        MetricFamily(
            "frontdesk_action_seconds", .histogram(bounds: MetricFamily.seconds),
            "Time of a call of a service of the shop, with its second try."),
    ]

    let factory: any MetricsFactory

    package func actionEnded(target: ActionName, failure: ActionFailure?, seconds: Double) {
        let labels = [("target", target.rawValue), ("outcome", failure?.rawValue ?? "answered")]
        Counter(label: "frontdesk_action_calls_total", dimensions: labels, factory: factory).increment()
        CoreMetrics.Timer(label: "frontdesk_action_seconds", dimensions: [], factory: factory).recordSeconds(seconds)
    }
}
