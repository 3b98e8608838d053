import Foundation

/// Reads Prometheus' text format, version 0.0.4, and takes nothing that a strict reader would not: families in one piece, each with
/// its help and type before its samples; names, escapes and numbers as the format has them; no series twice; histograms whose
/// buckets ascend, grow and end with all.
public struct MetricsText: Sendable {
    public struct Sample: Hashable, Sendable {
        public let name: String
        public let labels: [String: String]
        public let value: Double
    }

    public struct Family: Sendable {
        public let name: String
        public let kind: String
        public let help: String
        public fileprivate(set) var samples: [Sample] = []
    }

    public struct Fault: Error, CustomStringConvertible {
        public let description: String
    }

    /// In their order.
    public private(set) var families: [Family] = []

    public init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Fault(description: "the last line does not end") }
        var help: (name: String, text: String)?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init) {
            do {
                if line.hasPrefix("# HELP ") {
                    guard help == nil else { throw Fault(description: "help without a type before it") }
                    help = try Self.help(line)
                } else if line.hasPrefix("# TYPE ") {
                    try begin(line, help: help)
                    help = nil
                } else {
                    guard help == nil else { throw Fault(description: "a type was expected") }
                    try add(try Self.sample(line))
                }
            } catch {
                throw Fault(description: "\(error): \(line)")
            }
        }
        guard help == nil else { throw Fault(description: "the text ends with a help") }
        for family in families where family.kind == "histogram" { try Self.check(histogram: family) }
    }

    /// The value of the series with exactly these labels.
    public func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        families.lazy.flatMap(\.samples).first { $0.name == name && $0.labels == labels }?.value
    }

    // MARK: - Lines

    private static func help(_ line: String) throws -> (name: String, text: String) {
        let parts = line.dropFirst("# HELP ".count).split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts[0].wholeMatch(of: /[a-zA-Z_:][a-zA-Z0-9_:]*/) != nil else {
            throw Fault(description: "a name and a help were expected")
        }
        return (parts[0], try unescaped(parts[1], "\\n"))
    }

    private mutating func begin(_ line: String, help: (name: String, text: String)?) throws {
        let parts = line.dropFirst("# TYPE ".count).split(separator: " ").map(String.init)
        guard parts.count == 2, let help, help.name == parts[0] else {
            throw Fault(description: "the type of the family whose help stands before was expected")
        }
        guard ["counter", "gauge", "histogram"].contains(parts[1]) else { throw Fault(description: "no such type") }
        guard !families.contains(where: { $0.name == parts[0] }) else {
            throw Fault(description: "the family is there")
        }
        families.append(Family(name: parts[0], kind: parts[1], help: help.text))
    }

    /// `name{label="value",…} number`
    private static func sample(_ line: String) throws -> Sample {
        let expected = Fault(description: "a sample was expected")
        guard let match = line.wholeMatch(of: /([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/) else { throw expected }
        guard let value = number(String(match.3)) else { throw Fault(description: "a number was expected") }
        var labels: [String: String] = [:]
        var rest = match.2.map { Substring($0) } ?? ""
        while !rest.isEmpty {
            guard let label = rest.prefixMatch(of: /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(,(?=.)|$)/) else {
                throw Fault(description: "name=\"value\" was expected at \(rest)")
            }
            let name = String(label.1)
            guard labels[name] == nil else { throw Fault(description: "the label \(name) twice") }
            labels[name] = try unescaped(String(label.2), "\\n\"")
            rest = rest[label.range.upperBound...]
        }
        return Sample(name: String(match.1), labels: labels, value: value)
    }

    private mutating func add(_ sample: Sample) throws {
        guard let family = families.last else { throw Fault(description: "a sample without a type") }
        let suffixes = family.kind == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
        guard suffixes.contains(where: { family.name + $0 == sample.name }) else {
            throw Fault(description: "a sample of \(family.name) was expected")
        }
        guard !family.samples.contains(where: { $0.name == sample.name && $0.labels == sample.labels }) else {
            throw Fault(description: "the series is there")
        }
        if family.kind == "counter" {
            guard family.name.hasSuffix("_total") else { throw Fault(description: "a counter ends with _total") }
            guard sample.value >= 0, sample.value.isFinite else { throw Fault(description: "a counter never falls") }
        }
        families[families.count - 1].samples.append(sample)
    }

    // MARK: - Parts

    /// As Go's `ParseFloat` takes it, without its hexadecimal forms.
    private static func number(_ text: String) -> Double? {
        switch text {
        case "NaN": .nan
        case "+Inf": .infinity
        case "-Inf": -.infinity
        default:
            text.wholeMatch(of: /[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?/) == nil ? nil : Double(text)
        }
    }

    /// - Parameter escapes: the characters that may stand behind a backslash.
    private static func unescaped(_ text: String, _ escapes: String) throws -> String {
        var result = ""
        var isEscape = false
        for character in text {
            if isEscape {
                guard escapes.contains(character) else { throw Fault(description: "no such escape: \\\(character)") }
                result.append(character == "n" ? "\n" : character)
                isEscape = false
            } else if character == "\\" {
                isEscape = true
            } else {
                result.append(character)
            }
        }
        guard !isEscape else { throw Fault(description: "an escape without an end") }
        return result
    }

    /// Each series has ascending buckets whose counts never fall, the last of which, `+Inf`, is its count; and a sum.
    private static func check(histogram family: Family) throws {
        let groups = Dictionary(grouping: family.samples) { sample in sample.labels.filter { $0.key != "le" } }
        for (labels, samples) in groups {
            let buckets = samples.filter { $0.name == family.name + "_bucket" }
            let bounds = buckets.compactMap { $0.labels["le"].flatMap(number) }
            let counts = buckets.map(\.value)
            let count = samples.first { $0.name == family.name + "_count" }
            let sum = samples.first { $0.name == family.name + "_sum" }
            guard bounds.count == buckets.count, bounds.last == .infinity,
                zip(bounds, bounds.dropFirst()).allSatisfy(<),
                zip(counts, counts.dropFirst()).allSatisfy(<=), let count, count.value == counts.last, sum != nil
            else { throw Fault(description: "\(family.name) \(labels): not a histogram") }
        }
    }
}
