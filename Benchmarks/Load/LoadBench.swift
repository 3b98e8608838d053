import Foundation

/// Keeps HTTP connections of one service busy and reports how it answered. One thread, closed loop: a connection sends its
/// next request when its answer has arrived. `Benchmarks/turns.py` runs it against every service in turn.
///
///     LoadBench < plan.json        prints a ``LoadReport`` as JSON
@main
struct LoadBench {
    static func main() throws {
        do {
            let plan = try JSONDecoder().decode(LoadPlan.self, from: FileHandle.standardInput.readDataToEndOfFile())
            var loop = try LoadLoop(plan)
            let report = try loop.run()
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
        } catch {
            FileHandle.standardError.write(Data("LoadBench: \(error)\n".utf8))
            exit(1)
        }
    }
}

/// Why no load could be made.
struct LoadFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// A system call that failed, with the reason that the system gives.
    static func system(_ call: String) -> LoadFailure { LoadFailure("\(call): \(String(cString: strerror(errno)))") }
}
