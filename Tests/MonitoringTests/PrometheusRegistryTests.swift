import APIConformance
import CoreMetrics
import Monitoring
import Testing

/// What swift-metrics is told, in the text that Prometheus reads.
@Suite("Metrics")
struct PrometheusRegistryTests {
    private static let families = [
        MetricFamily("calls_total", .counter, "Calls by name.", labels: ["name", "result"], limit: 3),
        MetricFamily("seconds", .histogram(bounds: [0.001, 0.01, 1]), "Time.", labels: ["route"], limit: 2),
        MetricFamily("depth", .gauge, #"How deep\high, in "levels"."#),
        MetricFamily("bytes_total", .counter, "Bytes."),
    ]
    private let registry = PrometheusRegistry(Self.families)

    private func count(_ name: String, _ result: String, by amount: Int = 1) {
        Counter(label: "calls_total", dimensions: [("name", name), ("result", result)], factory: registry)
            .increment(by: amount)
    }

    @Test("counters, gauges and histograms are shown in the order in which they were agreed, series by their labels")
    func text() throws {
        count("b", "ok")
        count("a", "ok", by: 2)
        count("b", "ok")
        let timer = CoreMetrics.Timer(label: "seconds", dimensions: [("route", "/x")], factory: registry)
        timer.recordNanoseconds(1_000_000)
        timer.recordSeconds(0.5)
        timer.recordSeconds(20.25)
        Meter(label: "depth", dimensions: [], factory: registry).set(-1.5)
        #expect(
            registry.text() == """
                # HELP calls_total Calls by name.
                # TYPE calls_total counter
                calls_total{name="a",result="ok"} 2
                calls_total{name="b",result="ok"} 2
                # HELP seconds Time.
                # TYPE seconds histogram
                seconds_bucket{route="/x",le="0.001"} 1
                seconds_bucket{route="/x",le="0.01"} 1
                seconds_bucket{route="/x",le="1"} 2
                seconds_bucket{route="/x",le="+Inf"} 3
                seconds_sum{route="/x"} 20.751
                seconds_count{route="/x"} 3
                # HELP depth How deep\\\\high, in "levels".
                # TYPE depth gauge
                depth -1.5
                # HELP bytes_total Bytes.
                # TYPE bytes_total counter
                bytes_total 0

                """)
        let read = try MetricsText(registry.text())
        #expect(read.families.map(\.name) == Self.families.map(\.name))
        #expect(read.families.map(\.help) == Self.families.map(\.help))
        #expect(read.value("calls_total", ["name": "a", "result": "ok"]) == 2)
    }

    @Test(
        "label values may hold anything and come back as they were", arguments: ["a\"b\\c\nd", "", "中文 😀", "{x=\"1\"}"])
    func escapes(value: String) throws {
        count(value, "ok")
        let read = try MetricsText(registry.text())
        #expect(read.value("calls_total", ["name": value, "result": "ok"]) == 1)
    }

    @Test("what has more label values than were agreed is counted together, and nothing is lost")
    func bounded() throws {
        for index in 0..<2_000 { count("caller \(index)", "ok") }
        let samples = try #require(MetricsText(registry.text()).families.first).samples
        #expect(samples.count == 4)
        #expect(samples.reduce(0) { $0 + $1.value } == 2_000)
        #expect(samples.first { $0.labels == ["name": "other", "result": "other"] }?.value == 1_997)
    }

    @Test("names and labels that were not agreed are taken and not kept")
    func unknown() {
        let before = registry.text()
        Counter(label: "other_total", dimensions: [], factory: registry).increment()
        Counter(label: "calls_total", dimensions: [("name", "a")], factory: registry).increment()
        Counter(label: "calls_total", dimensions: [("name", "a"), ("path", "b")], factory: registry).increment()
        Counter(label: "depth", dimensions: [], factory: registry).increment()
        Meter(label: "bytes_total", dimensions: [], factory: registry).set(3)
        CoreMetrics.Timer(label: "depth", dimensions: [], factory: registry).recordSeconds(1)
        Recorder(label: "seconds", dimensions: [("route", "/x")], aggregate: false, factory: registry).record(1)
        // A timer's family is known, but this series was never made.
        #expect(
            registry.text().split(separator: "\n").filter { !$0.hasPrefix("seconds") } == before.split(separator: "\n"))
    }

    @Test("counters only grow, also those that follow a total that is kept elsewhere")
    func totals() throws {
        let counter = FloatingPointCounter(label: "bytes_total", dimensions: [], factory: registry)
        counter.increment(by: 1.5)
        counter.increment(by: -7.0)
        counter.increment(by: Double.nan)
        let followed = FollowedTotal("bytes_total", in: registry)
        followed.follow(3)
        followed.follow(5)
        // It was begun anew.
        followed.follow(1)
        followed.follow(2)
        #expect(try MetricsText(registry.text()).value("bytes_total") == 7.5)
    }

    @Test("a series that is destroyed is shown no more")
    func destroyed() throws {
        count("a", "ok")
        let counter = Counter(label: "calls_total", dimensions: [("name", "b"), ("result", "ok")], factory: registry)
        counter.increment()
        counter.destroy()
        #expect(try MetricsText(registry.text()).families.first?.samples.map(\.labels["name"]) == ["a"])
    }

    @Test("many tasks count at once and nothing is lost")
    func concurrent() async throws {
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for _ in 0..<1_000 {
                        count(task.isMultiple(of: 2) ? "even" : "odd", "ok")
                        CoreMetrics.Timer(label: "seconds", dimensions: [("route", "/x")], factory: registry)
                            .recordSeconds(0.002)
                    }
                }
            }
        }
        let read = try MetricsText(registry.text())
        #expect(read.value("calls_total", ["name": "even", "result": "ok"]) == 4_000)
        #expect(read.value("calls_total", ["name": "odd", "result": "ok"]) == 4_000)
        #expect(read.value("seconds_count", ["route": "/x"]) == 8_000)
    }

    @Test("durations have at least six buckets between 1 and 20 ms, in ascending order")
    func buckets() {
        let bounds = MetricFamily.seconds
        #expect(bounds == bounds.sorted() && Set(bounds).count == bounds.count)
        #expect(bounds.filter { (0.001...0.02).contains($0) }.count >= 6)
    }
}

/// The reader refuses what the format does not have; otherwise the tests above would say little.
@Suite("The reader of metrics")
struct MetricsTextTests {
    private static let head = "# HELP a_total A.\n# TYPE a_total counter\n"

    @Test(
        "text in another form is refused",
        arguments: [
            "a_total 1\n", head + "a_total 1", head + "a_total one\n", head + "a_total 1\na_total 1\n",
            head + "b_total 1\n", head + "a_total{x=1} 1\n", head + #"a_total{x="1",} 1"# + "\n",
            head + #"a_total{x="1",x="2"} 1"# + "\n", head + #"a_total{x="\t"} 1"# + "\n", head + "a_total  1\n",
            head + "a_total 1 \n", head + "a_total -1\n", head + "a_total 0x10\n", head + "a_total inf\n", head + "\n",
            head + head, "# TYPE a_total counter\na_total 1\n", "# HELP a_total A.\na_total 1\n",
            "# HELP a A.\n# TYPE a counter\na 1\n", "# HELP a A.\n# TYPE b gauge\n", "# HELP a A.\n# TYPE a thing\n",
            "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n",
            "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
            "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"2\"} 1\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
            "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 2\na_sum 1\na_count 1\n",
            "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_count 1\n",
        ])
    func refused(text: String) {
        #expect(throws: MetricsText.Fault.self) { try MetricsText(text) }
    }

    @Test("text in the form is read")
    func read() throws {
        let text = Self.head + #"a_total{x="1",y="\\\"\n"} 1.5e3"# + "\n"
        #expect(try MetricsText(text).value("a_total", ["x": "1", "y": "\\\"\n"]) == 1_500)
    }
}
