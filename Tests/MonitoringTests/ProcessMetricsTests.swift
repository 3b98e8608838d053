import APIConformance
import Foundation
import Testing

@testable import Monitoring

@Suite("Metrics of the process")
struct ProcessMetricsTests {
    #if os(Linux)
        @Test("memory, open files, CPU time and the start are those of this process")
        func real() throws {
            let registry = PrometheusRegistry(ProcessMetrics.families)
            let process = ProcessMetrics(in: registry)
            process.collect()
            let first = try MetricsText(registry.text())
            let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
            try Data("x".utf8).write(to: path)
            defer { try? FileManager.default.removeItem(at: path) }
            let before = clock()
            while clock() - before < CLOCKS_PER_SEC / 20 {}
            // Other tests open and close files meanwhile, but not as many.
            let files = try (0..<500).map { _ in try FileHandle(forReadingFrom: path) }
            process.collect()
            let second = try MetricsText(registry.text())
            for file in files { try file.close() }

            func value(_ text: MetricsText, _ name: String) throws -> Double {
                try #require(text.value("process_\(name)"))
            }
            let resident = try value(second, "resident_memory_bytes")
            #expect(resident > 1_000_000)
            #expect(try value(second, "virtual_memory_bytes") > resident)
            #expect(try value(second, "open_fds") - value(first, "open_fds") > 250)
            #expect(try value(second, "open_fds") <= value(second, "max_fds"))
            #expect(try value(second, "cpu_seconds_total") - value(first, "cpu_seconds_total") >= 0.04)
            let age = Date().timeIntervalSince1970 - (try value(second, "start_time_seconds"))
            #expect((0..<86_400).contains(age))
        }
    #endif

    @Test("a line of the system is read whatever the program is called, and refused in another form")
    func status() {
        let rest = (3...52).map { "\($0)" }.joined(separator: " ")
        let status = ProcessStatus("7 (a) b) (c) \(rest)\n")
        #expect(status.map { [$0.startTicks, $0.virtualBytes, $0.residentPages] } == [22, 23, 24])
        #expect(ProcessStatus("7 (a) 3 4") == nil)
        #expect(ProcessStatus("") == nil)
        #expect(ProcessStatus.bootTime("cpu 1\nbtime 1700000000\nx 1\n") == 1_700_000_000)
        #expect(ProcessStatus.bootTime("cpu 1\n") == nil)
    }
}
