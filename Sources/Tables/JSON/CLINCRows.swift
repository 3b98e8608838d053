internal import ConversationDomain
internal import Foundation
package import NativeContent

/// Reads CLINC150's JSON: `{"train": [["text", "intent"], …], "val": …, "oos_train": …}`, line by line of the file.
package struct CLINCRows {
    private var bytes: Substring.UTF8View
    private var line = 1

    static let splits = ["train", "val", "valid", "validation", "dev", "test", "oos_train", "oos_val", "oos_test"]

    /// Whether a text begins as such a file does.
    package static func looksLike(_ line: String) -> Bool {
        let start = line.filter { !$0.isWhitespace }
        return splits.contains { start.hasPrefix("{\"\($0)\":[[") || start.hasPrefix("{\"\($0)\":[]") }
    }

    private init(_ text: String) { bytes = Substring(text).utf8 }

    package static func read(
        _ source: SourceText, log: inout IssueLog, take: (LabelledRow, inout IssueLog) -> Bool
    ) throws(ReadFault) {
        var json = CLINCRows(source.text)
        try json.expect("{", "an object of splits: {\"train\": [[\"text\", \"intent\"], …], …}")
        repeat {
            let split = try json.string("a split's name in quotes")
            guard splits.contains(split) else {
                throw json.fault("unknown split '\(split.prefix(80))', expected \(YAMLFieldReader.list(splits))")
            }
            try json.expect(":", "':' after '\(split)'")
            try json.expect("[", "a list of [\"text\", \"intent\"]")
            if json.take("]") { continue }
            repeat {
                guard take(try json.pair(split: split), &log) else { return }
            } while json.take(",")
            try json.expect("]", "',' or ']' after a pair")
        } while json.take(",")
        try json.expect("}", "',' or '}' after a split")
        guard json.next() == nil else { throw json.fault("text after the closing '}'") }
    }

    private mutating func pair(split: String) throws(ReadFault) -> LabelledRow {
        let rule = "[\"text\", \"intent\"]"
        try expect("[", rule)
        let start = line
        let text = try string(rule)
        try expect(",", rule)
        let intent = try string(rule)
        try expect("]", rule)
        return LabelledRow(text: text, label: intent, split: split, line: start)
    }
}

// MARK: - Scanning

extension CLINCRows {
    private func fault(_ message: String) -> ReadFault { ReadFault(line: line, message: message) }

    /// The next byte that is no white space, not taken.
    private mutating func next() -> UInt8? {
        while let byte = bytes.first, byte == 32 || (9...13).contains(byte) {
            if byte == 10 { line += 1 }
            bytes.removeFirst()
        }
        return bytes.first
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next() == UInt8(ascii: character) else { return false }
        bytes.removeFirst()
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar, _ expected: String) throws(ReadFault) {
        if take(character) { return }
        throw fault("not CLINC150's JSON: expected \(expected)")
    }

    private mutating func string(_ expected: String) throws(ReadFault) -> String {
        guard next() == UInt8(ascii: "\"") else { throw fault("not CLINC150's JSON: expected \(expected)") }
        let start = bytes
        bytes.removeFirst()
        var hasEscapes = false
        while let byte = bytes.popFirst() {
            if byte == UInt8(ascii: "\"") {
                let token = start[..<bytes.startIndex]
                if !hasEscapes { return String(Substring(token.dropFirst().dropLast())) }
                guard let text = try? JSONDecoder().decode(String.self, from: Data(token)) else {
                    throw fault("a string has an invalid escape")
                }
                return text
            }
            if byte < 32 { break }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                _ = bytes.popFirst()
            }
        }
        throw fault("a string is not closed")
    }
}
