internal import ConversationDomain
import NativeContent

/// The first rows of a table without column names, by which its columns are told.
package struct TableSample {
    private let rows: [[String]]

    init(_ lines: [TableLine]) {
        rows = lines.filter { $0.fault == nil }.map { line in
            let width = line.fields.lastIndex { !$0.isBlank }.map { $0 + 1 } ?? 0
            return line.fields.prefix(width).map(LabelledRows.trimmed)
        }
    }

    package static func told(_ names: [String]) -> String {
        let shown = names.prefix(6).joined(separator: ", ")
        return names.count > 6 ? "\(shown) and \(names.count - 6) more" : shown
    }

    /// The intents that head the columns, when everything below them is a sentence.
    var intentsOfColumns: [String]? {
        guard let header = rows.first, header.count >= 2, rows.count >= 2, header.allSatisfy(Self.isName),
            Set(header).count == header.count
        else { return nil }
        for index in header.indices {
            let cells = rows.dropFirst().compactMap { index < $0.count && !$0[index].isEmpty ? $0[index] : nil }
            let sentences = cells.count { Self.isSentence($0) }
            guard !cells.isEmpty, sentences * 2 >= cells.count else { return nil }
        }
        return header
    }

    /// `text, intent` or `intent, text` of two columns, the one of names and the other of sentences; `question, answer` where most of the
    /// first end in a question mark.
    func likelyColumns(_ columns: RowColumns) -> [String]? {
        guard rows.count >= 2, rows.allSatisfy({ $0.count == 2 && !$0[0].isEmpty }) else { return nil }
        let (left, right) = (rows.map { $0[0] }, rows.map { $0[1] })
        if Self.areLabels(right, of: left) { return ["text", columns.label[0]] }
        if Self.areLabels(left, of: right) { return [columns.label[0], "text"] }
        let questions = (left.count(where: Self.isQuestion), right.count(where: Self.isQuestion))
        guard columns.takesEntries, questions.0 * 2 > rows.count, questions.1 * 5 <= rows.count else { return nil }
        return ["question", "answer"]
    }

    private static func areLabels(_ labels: [String], of texts: [String]) -> Bool {
        labels.allSatisfy(isName) && texts.count(where: isSentence) * 2 >= texts.count
            && Set(labels).count <= Set(texts).count
    }

    private static func isName(_ text: String) -> Bool {
        guard IntentName.isValid(text), text.contains(where: \.isLetter) else { return false }
        return text.unicodeScalars.count <= (ScriptLocale.hasHan(text) ? 8 : 64)
    }

    private static func isSentence(_ text: String) -> Bool {
        text.contains(where: \.isWhitespace) || isQuestion(text)
            || ScriptLocale.hasHan(text) && text.unicodeScalars.count >= 4
    }

    private static func isQuestion(_ text: String) -> Bool {
        text.hasSuffix("?") || text.hasSuffix("？") || text.hasSuffix("吗") || text.hasSuffix("呢")
    }
}
