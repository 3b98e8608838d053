import ConversationDomain
public import Foundation
public import Measures
import Wire

/// A file of sentences that were understood wrongly, for a spreadsheet or a program. Its columns `text` and `intent` (the
/// right one) are those of files that can be imported and measured.
public enum MistakeFile: String, Hashable, Sendable, CaseIterable {
    case csv
    case jsonLines = "jsonl"

    /// The file's bytes, the mistakes in their order. CSV is quoted as RFC 4180 says.
    public func data(_ mistakes: [EvaluationReport.Mistake]) throws -> Data {
        switch self {
        case .csv:
            let rows = mistakes.map { mistake in
                [
                    mistake.text, mistake.expected.rawValue, mistake.predicted.rawValue,
                    String(format: "%.4f", mistake.confidence), "\(mistake.accepted)",
                ].map(Self.quoted).joined(separator: ",")
            }
            let lines = ["text,intent,predicted,confidence,accepted"] + rows
            return Data(lines.map { $0 + "\r\n" }.joined().utf8)
        case .jsonLines:
            let encoder = JSONEncoder.frontdesk()
            return try mistakes.reduce(into: Data()) { $0 += try encoder.encode($1) + [0x0A] }
        }
    }

    private static func quoted(_ field: String) -> String {
        let isPlain = field.unicodeScalars.allSatisfy { !",\"\r\n".unicodeScalars.contains($0) }
        return isPlain ? field : "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }
}
