internal import ConversationDomain
import NativeContent
import Tables

/// What a file's text is read as.
enum FileKind: Hashable {
    case yaml
    case markdown
    case table(delimiter: Character?)
    case jsonLines
    case clinc
    /// One JSON value with all rows or intents.
    case json
    /// Sheets of an Excel workbook.
    case workbook

    /// - Throws: ``ReadFault`` when neither the extension nor the beginning tells.
    static func detect(_ source: SourceText, format: ContentFormat) throws(ReadFault) -> FileKind {
        if source.archive != nil { return .workbook }
        let fileExtension = SourceText.fileExtension(of: source.path)
        switch format {
        case .auto:
            if let kind = byExtension(fileExtension) { return kind }
            return try byContent(source.text)
        case .yaml: return fileExtension == "md" || fileExtension == "markdown" ? .markdown : .yaml
        case .csv: return .table(delimiter: nil)
        case .tsv: return .table(delimiter: "\t")
        case .jsonl: return .jsonLines
        case .clinc: return .clinc
        case .json: return .json
        }
    }

    private static func byExtension(_ fileExtension: String) -> FileKind? {
        switch fileExtension {
        case "yaml", "yml": .yaml
        case "md", "markdown": .markdown
        case "csv": .table(delimiter: nil)
        case "tsv", "tab": .table(delimiter: "\t")
        case "jsonl", "ndjson": .jsonLines
        // `.json` names all JSON formats: the content decides.
        default: nil
        }
    }

    private static func byContent(_ text: String) throws(ReadFault) -> FileKind {
        let lines = text.prefix(64 * 1024).split(whereSeparator: \.isNewline)
        let first = lines.first { !$0.allSatisfy(\.isWhitespace) }.map(String.init) ?? ""
        let start = first.drop(while: \.isWhitespace)
        if start.hasPrefix("[") { return .json }
        if start.hasPrefix("{") {
            if CLINCRows.looksLike(String(text.prefix(4_096))) { return .clinc }
            return JSONLineRows.isRow(first) ? .jsonLines : .json
        }
        if let delimiter = TableDelimiter.named(in: text) { return .table(delimiter: delimiter) }
        let keys = (IntentYAML.keys + KnowledgeYAML.keys + SettingsYAML.keys + PhrasesYAML.marks + [TeamsYAML.mark]).map
        { $0 + ":" }
        if lines.contains(where: { line in keys.contains { line.hasPrefix($0) } }) { return .yaml }
        throw ReadFault(
            line: 1, message: "cannot tell the format; expected YAML, CSV, TSV, JSON lines or CLINC150's JSON")
    }
}
