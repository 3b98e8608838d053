internal import ConversationDomain
public import Foundation
public import NativeContent
import Wire

/// What customers wrote, without saying what they wanted: one message a line, or JSON lines with a `text`.
public struct UnlabelledTexts: Hashable, Sendable {
    /// Without repeats and empty ones, in the order of the file.
    public let texts: [String]

    /// Bounds of such a file.
    public static let fileBytes = 256 * 1024 * 1024
    /// Longer messages are left out: they are no chat messages, but pasted mails or logs.
    public static let longestText = 2_000

    /// Reads a file; one whose name ends in `.jsonl` or `.ndjson` as JSON lines, whose other keys are not looked at.
    /// - Throws: ``ContentFileError`` with the first line that is wrong.
    public static func read(_ url: URL) throws(ContentFileError) -> UnlabelledTexts {
        do {
            return try parse(SourceText(contentsOf: url, limit: fileBytes), kind: url.pathExtension.lowercased())
        } catch {
            let place = SourcePlace(path: url.relativePath, line: error.line)
            throw ContentFileError(issues: [LintIssue(.error, at: place, error.message)])
        }
    }

    static func parse(_ source: SourceText, kind: String) throws(ReadFault) -> UnlabelledTexts {
        guard !["csv", "tsv", "yaml", "yml", "json"].contains(kind) else {
            throw ReadFault(
                line: 1, message: "a .\(kind) file, expected one message a line, or JSON lines with a 'text'")
        }
        var seen: Set<UTF8Text> = []
        var texts: [String] = []
        var number = 0
        for line in source.text.utf8.split(separator: 10, omittingEmptySubsequences: false) {
            number += 1
            guard line.contains(where: { $0 > 32 }) else { continue }
            let text =
                try ["jsonl", "ndjson"].contains(kind) ? jsonText(line, number: number) : String(Substring(line))
            let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
            guard !trimmed.isEmpty, trimmed.unicodeScalars.count <= longestText, seen.insert(UTF8Text(trimmed)).inserted
            else {
                continue
            }
            texts.append(trimmed)
        }
        return UnlabelledTexts(texts: texts)
    }

    private static func jsonText(_ line: Substring.UTF8View, number: Int) throws(ReadFault) -> String {
        struct Row: Decodable { let text: String }
        guard let row = try? JSONDecoder().decode(Row.self, from: Data(line)) else {
            throw ReadFault(line: number, message: "not a JSON object with a 'text', expected {\"text\": …}")
        }
        return row.text
    }
}
