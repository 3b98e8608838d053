/// How a service answered.
struct LoadReport: Encodable {
    /// Answers with status 200.
    let answers: Int
    let failures: Int
    /// The beginnings of the first few answers that were refusals, or what else went wrong.
    let reasons: [String]
    let seconds: Double
    let perSecond: Double
    let p50: Double
    let p99: Double
    let p999: Double
    /// What the generator itself cost, the system's share included.
    let cpuSeconds: Double

    enum CodingKeys: String, CodingKey {
        case answers, failures, reasons, seconds
        case perSecond = "per_second"
        case p50 = "p50_ms"
        case p99 = "p99_ms"
        case p999 = "p999_ms"
        case cpuSeconds = "cpu_seconds"
    }

    /// - Parameter latencies: nanoseconds.
    init(latencies: [UInt64], seconds: Double, cpuSeconds: Double, failures: [String]) {
        let ordered = latencies.sorted()
        func percentile(_ share: Double) -> Double {
            guard !ordered.isEmpty else { return 0 }
            return Double(ordered[min(ordered.count - 1, Int(share * Double(ordered.count)))]) / 1e6
        }
        answers = latencies.count
        self.failures = failures.count
        reasons = Array(failures.prefix(3))
        self.seconds = seconds
        perSecond = Double(latencies.count) / seconds
        p50 = percentile(0.5)
        p99 = percentile(0.99)
        p999 = percentile(0.999)
        self.cpuSeconds = cpuSeconds
    }
}
