import ConversationDomain
import NativeContent

/// Reads a page of Markdown line by line: headings of both kinds, paragraphs, lists, quotations, fenced and indented code, tables,
/// blocks of HTML, and front matter.
struct MarkdownPage {
    private let limits: DocumentLimits
    private var page = DocumentPage()
    private var lines: [Substring]
    private var index = 0
    private var paragraph: [Substring] = []
    private var isItem = false
    /// Whether an indented line belongs to a list.
    private var isInList = false
    private var anchors: [String: Int] = [:]

    /// - Throws: ``ReadFault`` for front matter that is no YAML.
    static func read(_ text: String, limits: DocumentLimits) throws(ReadFault) -> DocumentPage {
        var reader = MarkdownPage(text, limits: limits)
        try reader.frontMatter()
        while reader.index < reader.lines.count { reader.line() }
        reader.endParagraph()
        return reader.page
    }

    private init(_ text: String, limits: DocumentLimits) {
        self.limits = limits
        lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    }

    private mutating func frontMatter() throws(ReadFault) {
        guard let first = lines.first else { return }
        let mark = Self.trimmed(first)
        guard mark == "---" || mark == "+++" else { return }
        guard let end = lines.dropFirst().prefix(FrontMatter.lineLimit).firstIndex(where: { Self.trimmed($0) == mark })
        else {
            // A line of hyphens is a rule too.
            if mark == "---", lines.dropFirst().prefix(1).allSatisfy({ Self.trimmed($0).isEmpty }) { return }
            throw ReadFault(line: 1, message: "the front matter has no closing \(mark)")
        }
        try FrontMatter.read(lines[1..<end], isTOML: mark == "+++", into: &page)
        index = end + 1
    }

    static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}

// MARK: - Lines

extension MarkdownPage {
    private mutating func line() {
        let number = index + 1
        let raw = lines[index]
        let (indent, unquoted) = Self.unquoted(raw)
        let text = Self.trimmed(unquoted)
        if text.isEmpty {
            endParagraph()
            index += 1
            return
        }
        if indent < 4 || isInList, let fence = Self.fence(text) { return fenced(fence) }
        if indent >= 4, paragraph.isEmpty, !isInList { return indentedCode() }
        if text.hasPrefix("<!--") { return comment() }
        if indent < 4 || isInList, let (level, title) = Self.heading(text) {
            endParagraph()
            begin(level, title, line: number)
        } else if !paragraph.isEmpty, !isItem, let level = Self.underline(text) {
            let title = paragraph.joined(separator: "\n")
            paragraph = []
            begin(level, title, line: number - 1)
        } else if Self.isRule(text) {
            endParagraph()
        } else if let columns = tableHeader(text) {
            return table(columns)
        } else if let item = Self.item(text), paragraph.isEmpty || isItem || !item.text.isEmpty {
            endParagraph()
            isItem = true
            isInList = true
            if !item.text.isEmpty { paragraph = [item.text] }
        } else if Self.isReference(text) || text.hasPrefix(":::") || text.hasPrefix("{%") {
            endParagraph()
            let title = text.hasPrefix(":::") ? text.drop { $0 == ":" }.drop { !$0.isWhitespace } : ""
            if !title.isEmpty { paragraph = [Self.trimmed(title)] }
        } else {
            if indent == 0, paragraph.isEmpty { isInList = false }
            paragraph.append(text)
        }
        index += 1
    }

    private mutating func begin(_ level: Int, _ written: some StringProtocol, line: Int) {
        isInList = false
        guard page.sections.count < limits.sections else { return }
        var title = String(written)
        var own: String?
        // `## Title {#anchor}`
        if title.hasSuffix("}"), let mark = title.ranges(of: "{#").last {
            own = String(title[mark.upperBound...].dropLast().prefix { !$0.isWhitespace })
            title = String(title[..<mark.lowerBound])
        }
        let plain = DocumentText.collapsed(MarkdownInline.plain(title))
        guard !plain.isEmpty else { return }
        page.sections.append(
            DocumentPage.Section(
                level: level, heading: DocumentText.beginning(plain, limits.heading),
                anchor: own.flatMap(HTMLPage.anchor) ?? anchor(plain), line: line))
    }

    /// As GitHub and most generators of sites make them: lower case, hyphens for spaces, no punctuation, repeated ones numbered.
    private mutating func anchor(_ title: String) -> String? {
        var slug = String.UnicodeScalarView()
        for scalar in title.lowercased().unicodeScalars {
            if scalar == " " || scalar == "-" {
                slug.append("-")
            } else if scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
                slug.append(scalar)
            }
        }
        guard !slug.isEmpty else { return nil }
        let name = String(slug)
        let count = anchors[name, default: 0]
        anchors[name] = count + 1
        return count == 0 ? name : "\(name)-\(count)"
    }

    private mutating func endParagraph() {
        defer { (paragraph, isItem) = ([], false) }
        guard !paragraph.isEmpty else { return }
        let text = DocumentText.collapsed(MarkdownInline.plain(paragraph.joined(separator: "\n")))
        if !text.isEmpty { page.add(isItem ? .item(text) : .text(text)) }
    }

    private mutating func fenced(_ fence: (mark: Character, count: Int)) {
        endParagraph()
        index += 1
        var code: [String] = []
        while index < lines.count {
            let text = Self.trimmed(Self.unquoted(lines[index]).text)
            index += 1
            if text.count >= fence.count, text.allSatisfy({ $0 == fence.mark }) { break }
            let line = DocumentText.codeLine(lines[index - 1])
            if !line.isEmpty { code.append(line) }
        }
        if !code.isEmpty { page.add(.code(code.joined(separator: "\n"))) }
    }

    private mutating func indentedCode() {
        var code: [String] = []
        while index < lines.count, lines[index].hasPrefix("    ") || lines[index].hasPrefix("\t") {
            code.append(DocumentText.codeLine(lines[index].drop(while: \.isWhitespace)))
            index += 1
        }
        let written = code.filter { !$0.isEmpty }
        if !written.isEmpty { page.add(.code(written.joined(separator: "\n"))) }
        if code.isEmpty { index += 1 }
    }

    private mutating func comment() {
        while index < lines.count, !lines[index].contains("-->") { index += 1 }
        index += 1
    }
}

// MARK: - Tables

extension MarkdownPage {
    private static let columns = 64

    /// The names of the columns, when the next line is the rule below a table's head.
    private func tableHeader(_ text: Substring) -> [String]? {
        guard text.utf8.contains(UInt8(ascii: "|")), index + 1 < lines.count else { return nil }
        let rule = Self.trimmed(Self.unquoted(lines[index + 1]).text)
        guard rule.utf8.contains(UInt8(ascii: "-")), rule.utf8.allSatisfy({ "|-: \t".utf8.contains($0) }) else {
            return nil
        }
        let cells = Self.cells(text)
        return Self.cells(rule).count == cells.count ? cells : nil
    }

    private mutating func table(_ header: [String]) {
        endParagraph()
        index += 2
        while index < lines.count {
            let text = Self.trimmed(Self.unquoted(lines[index]).text)
            guard text.utf8.contains(UInt8(ascii: "|")) else { break }
            if let row = TableReader.line(Self.cells(text), under: header) { page.add(.item(row)) }
            index += 1
        }
    }

    private static func cells(_ row: Substring) -> [String] {
        var cells: [String] = []
        var cell = ""
        var isEscaped = false
        for character in row {
            if isEscaped {
                if character != "|" { cell.append("\\") }
                cell.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "|" {
                cells.append(cell)
                cell = ""
            } else {
                cell.append(character)
            }
        }
        cells.append(cell)
        if row.hasPrefix("|") { cells.removeFirst() }
        if cells.count > 1, cells.last?.allSatisfy(\.isWhitespace) == true { cells.removeLast() }
        return cells.prefix(columns).map { DocumentText.collapsed(MarkdownInline.plain($0)) }
    }
}

// MARK: - What a line is

extension MarkdownPage {
    /// Without the marks of quotations, and how far it is indented then.
    private static func unquoted(_ line: Substring) -> (indent: Int, text: Substring) {
        var text = line
        for _ in 0..<8 {
            let inner = text.drop { $0 == " " }
            guard inner.hasPrefix(">"), text.count - inner.count < 4 else { break }
            text = inner.dropFirst()
            if text.hasPrefix(" ") { text = text.dropFirst() }
        }
        var indent = 0
        for character in text {
            if character == " " { indent += 1 } else if character == "\t" { indent += 4 } else { break }
            if indent >= 4 { break }
        }
        return (indent, text)
    }

    private static func fence(_ text: Substring) -> (mark: Character, count: Int)? {
        guard let mark = text.first, mark == "`" || mark == "~" else { return nil }
        let count = text.prefix { $0 == mark }.count
        guard count >= 3, mark == "~" || !text.dropFirst(count).contains("`") else { return nil }
        return (mark, count)
    }

    private static func heading(_ text: Substring) -> (level: Int, title: Substring)? {
        let level = text.prefix(7).prefix { $0 == "#" }.count
        guard (1...6).contains(level) else { return nil }
        var title = text.dropFirst(level)
        guard title.isEmpty || title.first?.isWhitespace == true else { return nil }
        title = trimmed(title)
        let open = title.reversed().drop { $0 == "#" }
        // Hashes at the end close the heading when a space is before them.
        if open.isEmpty || open.first?.isWhitespace == true { title = title.dropLast(title.count - open.count) }
        return (level, trimmed(title))
    }

    private static func underline(_ text: Substring) -> Int? {
        if text.allSatisfy({ $0 == "=" }) { return 1 }
        return text.allSatisfy { $0 == "-" } ? 2 : nil
    }

    private static func isRule(_ text: Substring) -> Bool {
        let marks = text.filter { !$0.isWhitespace }
        guard let first = marks.first, "*-_".contains(first), marks.count >= 3 else { return false }
        return marks.allSatisfy { $0 == first }
    }

    private static func item(_ text: Substring) -> (text: Substring, isNumbered: Bool)? {
        guard let first = text.first else { return nil }
        if "-*+".contains(first) {
            let rest = text.dropFirst()
            guard rest.isEmpty || rest.first?.isWhitespace == true else { return nil }
            return (untasked(trimmed(rest)), false)
        }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard (1...9).contains(digits.count), let mark = text.dropFirst(digits.count).first, mark == "." || mark == ")"
        else { return nil }
        let rest = text.dropFirst(digits.count + 1)
        guard rest.first?.isWhitespace == true else { return nil }
        return (untasked(trimmed(rest)), true)
    }

    /// Without the box of a task.
    private static func untasked(_ text: Substring) -> Substring {
        ["[ ] ", "[x] ", "[X] "].contains(String(text.prefix(4))) ? trimmed(text.dropFirst(4)) : text
    }

    /// `[name]: address`.
    private static func isReference(_ text: Substring) -> Bool {
        guard text.hasPrefix("["), !text.hasPrefix("[^"), let end = text.prefix(1_000).firstIndex(of: "]") else {
            return false
        }
        return text[text.index(after: end)...].hasPrefix(":")
    }
}
