import ConversationDomain
import Foundation

/// How written conversations went, for people and for programs.
public struct ConversationReport: Sendable {
    public let outcomes: [ScriptOutcome]

    public init(_ outcomes: [ScriptOutcome]) { self.outcomes = outcomes }

    public var right: Int { outcomes.count(where: \.isRight) }
    public var turns: Int { outcomes.reduce(0) { $0 + $1.script.turns.count } }
    public var rightTurns: Int { turns - outcomes.reduce(0) { $0 + $1.failures.count } }
    public var isRight: Bool { right == outcomes.count }

    /// The outcomes by file, in the order of the files.
    public var files: [(path: String, outcomes: [ScriptOutcome])] {
        var order: [String] = []
        var byPath: [String: [ScriptOutcome]] = [:]
        for outcome in outcomes {
            let path = outcome.script.place.path
            if byPath[path] == nil { order.append(path) }
            byPath[path, default: []].append(outcome)
        }
        return order.map { ($0, byPath[$0] ?? []) }
    }

    /// Rows of a table: one a file, under a head, and the sum.
    public var table: [[String]] {
        func row(_ name: String, _ report: ConversationReport) -> [String] {
            let seconds = report.outcomes.reduce(0) { $0 + $1.seconds }
            return [
                name, "\(report.right) of \(report.outcomes.count)", "\(report.rightTurns) of \(report.turns)",
                String(format: "%.2f s", seconds),
            ]
        }
        return [["file", "conversations right", "turns right", "time"]]
            + files.map { row($0.path, ConversationReport($0.outcomes)) }
            + [row("all", self)]
    }

    /// What went wrong, one line a turn, under the name of its conversation.
    public var failures: [String] {
        outcomes.filter { !$0.isRight }.flatMap { outcome in
            ["\(outcome.script.name):"] + outcome.failures.map { "  " + $0.description }
        }
    }

    /// As JUnit's XML, which continuous integration reads: a suite a file, a case a conversation.
    public var junit: String {
        var lines = [#"<?xml version="1.0" encoding="UTF-8"?>"#]
        lines.append("<testsuites \(Self.counts(outcomes))>")
        for (path, outcomes) in files {
            lines.append("  <testsuite name=\"\(Self.escaped(path))\" \(Self.counts(outcomes))>")
            for outcome in outcomes { lines += Self.testCase(outcome, path) }
            lines.append("  </testsuite>")
        }
        lines.append("</testsuites>")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func counts(_ outcomes: [ScriptOutcome]) -> String {
        let seconds = outcomes.reduce(0) { $0 + $1.seconds }
        return
            "tests=\"\(outcomes.count)\" failures=\"\(outcomes.count { !$0.isRight })\" errors=\"0\" time=\"\(time(seconds))\""
    }

    private static func testCase(_ outcome: ScriptOutcome, _ path: String) -> [String] {
        let script = outcome.script
        let head =
            "    <testcase name=\"\(escaped(script.name))\" classname=\"\(escaped(path))\" line=\"\(script.place.line)\" time=\"\(time(outcome.seconds))\""
        guard let first = outcome.failures.first else { return [head + "/>"] }
        let text = outcome.failures.map(\.description).joined(separator: "\n")
        return [
            head + ">",
            "      <failure message=\"\(escaped(first.description))\">\(escaped(text))</failure>",
            "    </testcase>",
        ]
    }

    private static func time(_ seconds: Double) -> String { String(format: "%.3f", seconds) }

    /// Without what XML 1.0 cannot hold.
    private static func escaped(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
            case "\t", "\n", "\r": escaped.append(scalar)
            default: if scalar.value >= 0x20, !(0xFFFE...0xFFFF).contains(scalar.value) { escaped.append(scalar) }
            }
        }
        return String(escaped)
    }
}
