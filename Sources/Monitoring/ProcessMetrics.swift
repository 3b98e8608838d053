public import CoreMetrics
import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the system knows of this process, under the names that Prometheus' own clients give it.
public struct ProcessMetrics: Sendable {
    public static let families = [
        MetricFamily("process_cpu_seconds_total", .counter, "Seconds of CPU time, of the user and of the system."),
        MetricFamily("process_resident_memory_bytes", .gauge, "Memory that is resident."),
        MetricFamily("process_virtual_memory_bytes", .gauge, "Memory that is addressed, mapped files included."),
        MetricFamily("process_open_fds", .gauge, "Open files and connections."),
        MetricFamily("process_max_fds", .gauge, "Files and connections that may be open."),
        MetricFamily("process_start_time_seconds", .gauge, "When the process began, in seconds since 1970."),
    ]

    private let cpu: FollowedTotal
    private let resident, virtual, open, most, start: Meter

    public init(in factory: any MetricsFactory) {
        func meter(_ label: String) -> Meter { Meter(label: label, dimensions: [], factory: factory) }
        cpu = FollowedTotal("process_cpu_seconds_total", in: factory)
        resident = meter("process_resident_memory_bytes")
        virtual = meter("process_virtual_memory_bytes")
        open = meter("process_open_fds")
        most = meter("process_max_fds")
        start = meter("process_start_time_seconds")
    }

    /// Reads everything anew. Where the system has no `/proc`, only CPU time and the most open files are told.
    public func collect() {
        var usage = rusage()
        #if canImport(Glibc)
            let (whose, resource) = (Int32(RUSAGE_SELF.rawValue), __rlimit_resource_t(RLIMIT_NOFILE.rawValue))
        #else
            let (whose, resource) = (RUSAGE_SELF, RLIMIT_NOFILE)
        #endif
        if getrusage(whose, &usage) == 0 { cpu.follow(Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime)) }
        var limits = rlimit()
        if getrlimit(resource, &limits) == 0 { most.set(Double(limits.rlim_cur)) }
        if let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            // One of them is the folder itself, open while it is read.
            open.set(max(0, files.count - 1))
        }
        guard let status = Self.read("/proc/self/stat").flatMap(ProcessStatus.init) else { return }
        virtual.set(status.virtualBytes)
        resident.set(status.residentPages * Int(sysconf(Int32(_SC_PAGESIZE))))
        if let boot = Self.read("/proc/stat").flatMap(ProcessStatus.bootTime) {
            start.set(boot + Double(status.startTicks) / Double(sysconf(Int32(_SC_CLK_TCK))))
        }
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

    /// The beginning of a file of the system, which has no size of its own; 64 KB at most.
    private static func read(_ path: String) -> String? {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        return (try? file.read(upToCount: 65_536)).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// The line of `/proc/self/stat`, see proc_pid_stat(5).
struct ProcessStatus: Equatable {
    let startTicks: Int
    let virtualBytes: Int
    let residentPages: Int

    /// Nil when the line has another form.
    init?(_ line: String) {
        // The second field is the program's name in parentheses, which may hold anything.
        guard let end = line.utf8.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = line[line.utf8.index(after: end)...].split(whereSeparator: \.isWhitespace)
        // The third field is the first behind the name.
        guard fields.count > 21, let start = Int(fields[19]), let virtual = Int(fields[20]), let pages = Int(fields[21])
        else { return nil }
        (startTicks, virtualBytes, residentPages) = (start, virtual, pages)
    }

    /// When the system was started, in seconds since 1970, as `/proc/stat` tells it.
    static func bootTime(_ text: String) -> Double? {
        text.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { Double($0.dropFirst(6)) }
    }
}
