import Foundation

/// How the cost of a turn and of a knowledge search grows with what is stored.
///
///     ScaleBench [--scratch FOLDER] [--messages 10000,1000000,10000000] [--entries 1000,10000,100000] [--rounds N]
///     ScaleBench --retention MESSAGES [--scratch FOLDER] [--rounds N]
///
/// The second form measures turns while old conversations are being removed, and without.
///
/// Every size is measured in turn, round by round, so that what else the machine does hits all alike; the medians of the
/// rounds are compared with those of an empty database. Prints one JSON object a line.
@main
struct ScaleBench {
    static func main() async throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        func option(_ name: String) -> String? {
            guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else { return nil }
            defer { arguments.removeSubrange(index...index + 1) }
            return arguments[index + 1]
        }
        func numbers(_ name: String, _ otherwise: String) -> [Int] {
            (option(name) ?? otherwise).split(separator: ",").compactMap { Int($0) }
        }
        let scratch = URL(fileURLWithPath: option("--scratch") ?? "scale-scratch", isDirectory: true)
        let messages = numbers("--messages", "10000,1000000,10000000")
        let entries = numbers("--entries", "1000,10000,100000")
        let rounds = option("--rounds").flatMap { Int($0) } ?? 30
        let retention = option("--retention").flatMap { Int($0) }
        guard arguments.isEmpty else { throw Failure("unknown arguments \(arguments.joined(separator: " "))") }
        if let retention {
            return try await RetentionScale.run(messages: retention, rounds: rounds, scratch: scratch)
        }
        try await KnowledgeScale.run(sizes: entries)
        try await TurnScale.run(sizes: messages, rounds: rounds, scratch: scratch)
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    /// Writes one result as a line of JSON.
    static func tell(_ result: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        FileHandle.standardOutput.write(try encoder.encode(result) + Data("\n".utf8))
    }
}

/// Durations that were measured.
struct Samples {
    private(set) var milliseconds: [Double] = []

    mutating func add(_ duration: Duration) { milliseconds.append(duration / .milliseconds(1)) }
    mutating func add(_ durations: [Duration]) { for duration in durations { add(duration) } }

    /// The value below which the share lies.
    func percentile(_ share: Double) -> Double {
        let sorted = milliseconds.sorted()
        return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }
}
