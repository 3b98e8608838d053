public import CoreMetrics
import Synchronization

/// Keeps what swift-metrics is told and shows it in Prometheus' text format, version 0.0.4.
///
/// A small one of our own: it keeps the families that it was made with and nothing else, so that no library and no caller can
/// add names or more label values than were agreed, whatever they send.
public final class PrometheusRegistry: MetricsFactory {
    /// What a family's series are kept by: the values of its labels, in their order.
    private typealias Key = [String]

    private enum Series {
        case counter(CounterSeries)
        case gauge(GaugeSeries)
        case histogram(HistogramSeries)

        init(_ kind: MetricFamily.Kind) {
            switch kind {
            case .counter: self = .counter(CounterSeries())
            case .gauge: self = .gauge(GaugeSeries())
            case .histogram(let bounds): self = .histogram(HistogramSeries(bounds: bounds))
            }
        }

        func isKept(by handler: AnyObject) -> Bool {
            switch self {
            case .counter(let series): series === handler
            case .gauge(let series): series === handler
            case .histogram(let series): series === handler
            }
        }
    }

    private let families: [MetricFamily]
    private let places: [String: Int]
    private let series: Mutex<[[Key: Series]]>

    /// - Parameter families: all that is kept, in the order in which it is shown. Those without labels are there from the start.
    public init(_ families: [MetricFamily]) {
        self.families = families
        places = Dictionary(families.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        series = Mutex(families.map { $0.labels.isEmpty ? [[]: Series($0.kind)] : [:] })
    }

    /// The series of `label` with these dimensions; nil when no such family was agreed, or one with other labels.
    private func series(_ label: String, _ dimensions: [(String, String)]) -> Series? {
        guard let place = places[label] else { return nil }
        let family = families[place]
        guard dimensions.count == family.labels.count else { return nil }
        var key: Key = []
        for name in family.labels {
            guard let value = dimensions.first(where: { $0.0 == name })?.1 else { return nil }
            key.append(value)
        }
        return series.withLock { series in
            if let known = series[place][key] { return known }
            if series[place].count >= family.limit { key = family.labels.map { _ in MetricFamily.other } }
            if let known = series[place][key] { return known }
            let new = Series(family.kind)
            series[place][key] = new
            return new
        }
    }

    private func forget(_ handler: AnyObject) {
        series.withLock { series in
            for place in series.indices where !families[place].labels.isEmpty {
                for (key, kept) in series[place] where kept.isKept(by: handler) { series[place][key] = nil }
            }
        }
    }
}

// MARK: - MetricsFactory

extension PrometheusRegistry {
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        guard case .counter(let series) = series(label, dimensions) else { return NOOPMetricsHandler.instance }
        return series
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        guard case .counter(let series) = series(label, dimensions) else { return NOOPMetricsHandler.instance }
        return series
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        guard case .gauge(let series) = series(label, dimensions) else { return NOOPMetricsHandler.instance }
        return series
    }

    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        switch series(label, dimensions) {
        case .gauge(let series) where !aggregate: series
        case .histogram(let series) where aggregate: series
        default: NOOPMetricsHandler.instance
        }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        guard case .histogram(let series) = series(label, dimensions) else { return NOOPMetricsHandler.instance }
        return series
    }

    public func destroyCounter(_ handler: any CounterHandler) { forget(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { forget(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { forget(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { forget(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { forget(handler) }
}

// MARK: - Showing

extension PrometheusRegistry {
    /// What ``text()`` is served as.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Everything, family by family in the order in which they were agreed, series by series in the order of their labels.
    public func text() -> String {
        let all = series.withLock { $0 }
        var text = ""
        for (family, series) in zip(families, all) {
            text +=
                "# HELP \(family.name) \(Self.escaped(family.help))\n# TYPE \(family.name) \(Self.type(family.kind))\n"
            for (values, kept) in series.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                let labels = zip(family.labels, values).map { "\($0)=\"\(Self.escaped($1, quotes: true))\"" }
                switch kept {
                case .counter(let series): Self.write(family.name, labels, series.value, to: &text)
                case .gauge(let series): Self.write(family.name, labels, series.value, to: &text)
                case .histogram(let series): Self.write(family.name, labels, series, to: &text)
                }
            }
        }
        return text
    }

    private static func write(
        _ name: String, _ labels: [String], _ series: HistogramSeries, to text: inout String
    ) {
        let state = series.value
        var count: UInt64 = 0
        for (bound, within) in zip(series.bounds.map(number) + ["+Inf"], state.buckets) {
            count += within
            write("\(name)_bucket", labels + ["le=\"\(bound)\""], Double(count), to: &text)
        }
        write("\(name)_sum", labels, state.sum, to: &text)
        write("\(name)_count", labels, Double(count), to: &text)
    }

    private static func write(_ name: String, _ labels: [String], _ value: Double, to text: inout String) {
        text += labels.isEmpty ? name : "\(name){\(labels.joined(separator: ","))}"
        text += " \(number(value))\n"
    }

    private static func type(_ kind: MetricFamily.Kind) -> String {
        switch kind {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }

    /// Whole numbers without a fraction, as far as they are exact.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 0x1p53 { return "\(Int64(value))" }
        return "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool = false) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
