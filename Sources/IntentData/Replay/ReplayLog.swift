public import ConversationDomain
public import Foundation
public import NativeContent
import Projects
import Tables
import Wire

/// What an old bot was told and what it did, from a table or JSON lines.
public struct ReplayLog: Hashable, Sendable {
    /// One message.
    public struct Turn: Hashable, Sendable {
        public let message: String
        /// What the old bot took it for; nil where the log does not tell.
        public let intent: String?
        /// What the old bot said; nil where the log does not tell.
        public let reply: String?
        public let place: SourcePlace
    }

    /// Messages that belong together, in the order of the file.
    public struct Conversation: Hashable, Sendable {
        public let locale: BotLocale?
        public private(set) var turns: [Turn]

        init(locale: BotLocale?) { (self.locale, turns) = (locale, []) }

        mutating func add(_ turn: Turn) { turns.append(turn) }
    }

    /// In the order in which they begin; a row without a conversation is one by itself.
    public private(set) var conversations: [Conversation] = []

    /// Messages of a log; more are refused.
    public static let turnLimit = 100_000

    public var turns: Int { conversations.reduce(0) { $0 + $1.turns.count } }

    /// - Throws: ``ContentFileError`` with everything that is wrong, also when no message is left.
    public static func read(_ url: URL, limits: ContentLimits = ContentLimits()) throws(ContentFileError) -> ReplayLog {
        let path = url.relativePath
        var log = IssueLog(limit: limits.errors)
        var reader = ReplayReader(path: path, limits: limits)
        do {
            let source = try SourceText(contentsOf: url, limit: limits.fileBytes)
            try reader.read(source, &log)
        } catch {
            log.error(SourcePlace(path: path, line: error.line), error.message)
        }
        if reader.log.conversations.isEmpty, log.errors.isEmpty {
            log.error(SourcePlace(path: path, line: 1), "the log has no messages")
        }
        guard log.errors.isEmpty else { throw ContentFileError(issues: log.errors, isIncomplete: log.isFull) }
        return reader.log
    }

    fileprivate init() {}

    fileprivate mutating func add(_ turn: Turn, to index: Int?, _ locale: BotLocale?) -> Int {
        let position = index ?? conversations.count
        if index == nil { conversations.append(Conversation(locale: locale)) }
        conversations[position].add(turn)
        return position
    }
}

/// Puts the rows of a log together.
private struct ReplayReader {
    private enum Column: CaseIterable {
        case message, intent, reply, conversation, locale

        /// In lower case, without spaces and signs.
        var names: [String] {
            switch self {
            case .message: ColumnName.texts + ColumnName.questions
            case .intent: ["intent", "label", "predictedintent"] + ColumnName.moreLabels
            case .reply: ColumnName.answers + ["botmessage", "botreply", "output"]
            case .conversation:
                [
                    "conversation", "conversationid", "session", "sessionid", "sender", "senderid", "user", "userid",
                    "chat",
                    "chatid", "会话", "会话id", "用户id",
                ]
            case .locale: RowColumns.locale + ColumnName.moreLocales
            }
        }
    }

    let path: String
    let limits: ContentLimits
    private(set) var log = ReplayLog()
    private var positions: [UTF8Text: Int] = [:]
    private var turns = 0

    init(path: String, limits: ContentLimits) { (self.path, self.limits) = (path, limits) }

    mutating func read(_ source: SourceText, _ issues: inout IssueLog) throws(ReadFault) {
        let first = source.text.first { !$0.isWhitespace }
        if first == "[" || first == "{" {
            try readJSON(source, &issues)
        } else {
            try readTable(source, &issues)
        }
    }

    // MARK: Rows

    private static let rule =
        "expected a message column (message, text, question) and an intent or a reply column; a conversation column keeps messages together"

    private static func columns(_ names: [String]) -> [Column: Int] {
        let plain = names.map { $0.lowercased().filter { $0.isLetter || $0.isNumber } }
        var columns: [Column: Int] = [:]
        for column in Column.allCases {
            columns[column] = column.names.lazy.compactMap { plain.firstIndex(of: $0) }.first
        }
        return columns
    }

    private static func isSufficient(_ columns: [Column: Int]) -> Bool {
        columns[.message] != nil && (columns[.intent] != nil || columns[.reply] != nil)
    }

    private mutating func readTable(_ source: SourceText, _ issues: inout IssueLog) throws(ReadFault) {
        let declared = TableDelimiter.declared(source.text)
        let text = declared?.text ?? source.text
        let named: Character = SourceText.fileExtension(of: path) == "tsv" ? "\t" : ","
        let delimiters: [Character] = declared.map { [$0.delimiter] } ?? [named, ",", ";", "\t", "|"]
        for delimiter in delimiters {
            var parser = DelimitedText(text, delimiter: delimiter)
            guard let head = parser.next() else { return }
            let columns = Self.columns(head.fields)
            guard Self.isSufficient(columns) else { continue }
            while let line = parser.next(), !issues.isFull {
                if line.isBlank { continue }
                if let fault = line.fault {
                    issues.error(SourcePlace(path: path, line: line.number), fault)
                } else {
                    let row = line.plain
                    add(columns.mapValues { row.field($0) }, line: line.number, &issues)
                }
            }
            return
        }
        throw ReadFault(line: 1, message: "not a log: \(Self.rule)")
    }

    private mutating func readJSON(_ source: SourceText, _ issues: inout IssueLog) throws(ReadFault) {
        let whole = try? JSONNode.parse(source.text.utf8)
        if let list = whole?.list {
            for node in list where !issues.isFull { add(node, &issues) }
            return
        }
        var number = 0
        for line in source.text.utf8.split(separator: 10, omittingEmptySubsequences: false) where !issues.isFull {
            number += 1
            guard line.contains(where: { $0 > 32 }) else { continue }
            do {
                add(try JSONNode.parse(line, line: number), &issues)
            } catch {
                issues.error(SourcePlace(path: path, line: number), error.message)
            }
        }
    }

    private mutating func add(_ node: JSONNode, _ issues: inout IssueLog) {
        let place = SourcePlace(path: path, line: node.line)
        guard let fields = node.map else { return issues.error(place, "not a JSON object; \(Self.rule)") }
        let columns = Self.columns(fields.map(\.key))
        guard Self.isSufficient(columns) else { return issues.error(place, Self.rule) }
        let values = columns.compactMapValues { index -> String? in
            let value = fields[index].value
            // Rasa logs an intent with its confidence, and replies as messages.
            let texts = value.list?.compactMap { $0.string ?? $0["text"]?.string }
            return value.string ?? value["name"]?.string ?? value["text"]?.string ?? texts?.joined(separator: "\n")
        }
        add(values, line: node.line, &issues)
    }

    private mutating func add(_ values: [Column: String], line: Int, _ issues: inout IssueLog) {
        let place = SourcePlace(path: path, line: line)
        turns += 1
        guard turns <= ReplayLog.turnLimit else {
            if turns == ReplayLog.turnLimit + 1 {
                issues.error(place, "more than \(ReplayLog.turnLimit) messages; expected a shorter log")
            }
            return
        }
        func text(_ column: Column, _ limit: Int) throws(TextRule.Fault) -> String? {
            guard let value = values[column], !value.isBlank else { return nil }
            return try TextRule.checked(value, limit: limit)
        }
        do {
            guard let message = try text(.message, limits.text) else {
                return issues.error(place, "the message is empty")
            }
            let intent = try text(.intent, LabelledRow.wordBytes)
            let reply = try text(.reply, limits.answer)
            let key = try text(.conversation, LabelledRow.wordBytes).map { UTF8Text($0) }
            let locale = try text(.locale, 35).flatMap { BotLocale($0) }
            let turn = ReplayLog.Turn(message: message, intent: intent, reply: reply, place: place)
            let position = log.add(turn, to: key.flatMap { positions[$0] }, locale)
            if let key { positions[key] = position }
        } catch {
            issues.error(place, "a field \(error.message)")
        }
    }
}
