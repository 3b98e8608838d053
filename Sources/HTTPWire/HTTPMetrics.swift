package import CoreMetrics
public import Monitoring

/// What is measured of every request. Label values come from fixed sets: routes as they are declared, never paths with identifiers,
/// the usual methods and status codes.
public struct HTTPMetrics: Sendable {
    public static let families = [
        MetricFamily(
            "frontdesk_http_requests_total", .counter, "HTTP requests by route, method and status.",
            labels: ["route", "method", "status"], limit: 2_000),
        MetricFamily(
            "frontdesk_http_request_seconds", .histogram(bounds: MetricFamily.seconds),
            "Time from a request's head to its response, by route.", labels: ["route"], limit: 200),
    ]

    let factory: any MetricsFactory

    package init(factory: any MetricsFactory) { self.factory = factory }

    /// - Parameters:
    ///   - route: the route's template.
    ///   - method: one of a few.
    func requestFinished(route: String, method: String, status: Int, seconds: Double) {
        let labels = [("route", route), ("method", method), ("status", "\(status)")]
        Counter(label: "frontdesk_http_requests_total", dimensions: labels, factory: factory).increment()
        CoreMetrics.Timer(label: "frontdesk_http_request_seconds", dimensions: [("route", route)], factory: factory)
            .recordSeconds(seconds)
    }
}
