public import ConversationDomain
import Synchronization

/// A value that is read when metrics are asked for.
public struct MetricSample: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        case counter, gauge
    }

    public let name: String
    public let kind: Kind
    public let help: String
    public let value: Double

    public init(name: String, kind: Kind, help: String, value: Double) {
        self.name = name
        self.kind = kind
        self.help = help
        self.value = value
    }
}

/// Counts what the server does and shows it in Prometheus' text format. Label values come from fixed sets only, so the number of
/// series is bounded.
public final class MetricsRegistry: Sendable {
    /// Upper bounds of the latency buckets, seconds.
    private static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    private struct Histogram {
        var buckets = [Int](repeating: 0, count: bounds.count)
        var count = 0
        var sum = 0.0

        mutating func observe(_ seconds: Double) {
            if let index = bounds.firstIndex(where: { seconds <= $0 }) { buckets[index] += 1 }
            count += 1
            sum += seconds
        }
    }

    private struct RequestSeries: Hashable {
        let route: String
        let method: String
        let status: Int
    }

    private struct State {
        var requests: [RequestSeries: Int] = [:]
        var requestSeconds: [String: Histogram] = [:]
        var turns: [String: Int] = [:]
        var turnSeconds = Histogram()
    }

    private let state = Mutex(State())
    private let samples: @Sendable () -> [MetricSample]

    /// - Parameter samples: values kept elsewhere, such as the inference queue's.
    public init(samples: @escaping @Sendable () -> [MetricSample] = { [] }) {
        self.samples = samples
    }

    /// - Parameter route: the route's template, never a path with identifiers.
    func requestFinished(route: String, method: String, status: Int, seconds: Double) {
        state.withLock { state in
            state.requests[RequestSeries(route: route, method: method, status: status), default: 0] += 1
            state.requestSeconds[route, default: Histogram()].observe(seconds)
        }
    }

    public func turnFinished(action: Action?, seconds: Double) {
        state.withLock { state in
            state.turns[action?.rawValue ?? "silent", default: 0] += 1
            state.turnSeconds.observe(seconds)
        }
    }

    /// Everything, in Prometheus' text format.
    func text() -> String {
        let state = state.withLock { $0 }
        var lines: [String] = []
        func head(_ name: String, _ kind: String, _ help: String) {
            lines.append("# HELP \(name) \(help)")
            lines.append("# TYPE \(name) \(kind)")
        }
        func histogram(_ name: String, _ labels: String, _ value: Histogram) {
            let prefix = labels.isEmpty ? "" : labels + ","
            var running = 0
            for (bound, count) in zip(Self.bounds, value.buckets) {
                running += count
                lines.append("\(name)_bucket{\(prefix)le=\"\(bound)\"} \(running)")
            }
            lines.append("\(name)_bucket{\(prefix)le=\"+Inf\"} \(value.count)")
            let suffix = labels.isEmpty ? "" : "{\(labels)}"
            lines.append("\(name)_sum\(suffix) \(value.sum)")
            lines.append("\(name)_count\(suffix) \(value.count)")
        }
        head("frontdesk_http_requests_total", "counter", "HTTP requests by route, method and status.")
        for (series, count) in state.requests.sorted(by: { "\($0.key)" < "\($1.key)" }) {
            lines.append(
                "frontdesk_http_requests_total{route=\"\(series.route)\",method=\"\(series.method)\",status=\"\(series.status)\"} \(count)"
            )
        }
        head("frontdesk_http_request_seconds", "histogram", "Time from a request's head to its response, by route.")
        for (route, value) in state.requestSeconds.sorted(by: { $0.key < $1.key }) {
            histogram("frontdesk_http_request_seconds", "route=\"\(route)\"", value)
        }
        head("frontdesk_turns_total", "counter", "Finished turns by the decision's action.")
        for (action, count) in state.turns.sorted(by: { $0.key < $1.key }) {
            lines.append("frontdesk_turns_total{action=\"\(action)\"} \(count)")
        }
        head("frontdesk_turn_seconds", "histogram", "Time of a turn from its message to its commit on disk.")
        histogram("frontdesk_turn_seconds", "", state.turnSeconds)
        for sample in samples() {
            head(sample.name, sample.kind.rawValue, sample.help)
            lines.append("\(sample.name) \(sample.value)")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
