package import ConversationDomain

/// Reads YAML values of the expected shapes and tells what has another shape, with its line.
package struct YAMLFieldReader {
    let path: String
    package let limits: ContentLimits
    package var log: IssueLog

    package init(path: String, limits: ContentLimits, log: IssueLog) {
        self.path = path
        self.limits = limits
        self.log = log
    }

    package func place(_ line: Int) -> SourcePlace { SourcePlace(path: path, line: line) }

    package mutating func error(_ line: Int, _ message: String) { log.error(place(line), message) }

    /// The mapping's entries, those with unexpected keys reported and left out.
    package mutating func fields(_ node: YAMLNode, of what: String, expected: [String]) -> [String: YAMLEntry] {
        guard let entries = map(node, what) else { return [:] }
        var fields: [String: YAMLEntry] = [:]
        for entry in entries {
            if expected.contains(entry.key) {
                fields[entry.key] = entry
            } else {
                error(entry.line, "unknown key '\(entry.key)' in \(what), expected \(Self.list(expected))")
            }
        }
        return fields
    }

    package mutating func map(_ node: YAMLNode, _ what: String) -> [YAMLEntry]? {
        if case .map(let entries) = node.kind { return entries }
        error(node.line, "\(what) must be keys with values, found \(Self.kind(of: node))")
        return nil
    }

    package mutating func list(_ node: YAMLNode, _ what: String) -> [YAMLNode]? {
        if case .list(let list) = node.kind { return list }
        error(node.line, "\(what) must be a list (- …), found \(Self.kind(of: node))")
        return nil
    }

    /// Text that is not blank, trimmed, at most `limit` Unicode scalars long.
    package mutating func text(_ node: YAMLNode, _ what: String, limit: Int) -> String? {
        guard case .text(let written) = node.kind else {
            error(node.line, "\(what) must be text, found \(Self.kind(of: node))")
            return nil
        }
        do {
            return try TextRule.checked(written, limit: limit)
        } catch {
            self.error(node.line, "\(what) \(error.message)")
            return nil
        }
    }

    /// `true` or `false`; false, and an error, for anything else.
    mutating func flag(_ node: YAMLNode, _ what: String) -> Bool {
        if case .text(let written) = node.kind {
            if written == "true" { return true }
            if written == "false" { return false }
        }
        error(node.line, "\(what) must be true or false")
        return false
    }

    /// Texts by locale: `{ en: …, zh: … }`, with the line of each.
    mutating func localised(_ node: YAMLNode, _ what: String, limit: Int) -> [BotLocale: (text: String, line: Int)] {
        var texts: [BotLocale: (text: String, line: Int)] = [:]
        for entry in map(node, what) ?? [] {
            guard let locale = locale(entry, what) else { continue }
            guard let text = text(entry.value, "\(what) (\(locale))", limit: limit) else { continue }
            texts[locale] = (text, entry.line)
        }
        return texts
    }

    mutating func locale(_ entry: YAMLEntry, _ what: String) -> BotLocale? {
        if let locale = BotLocale(entry.key) { return locale }
        error(entry.line, "unknown key '\(entry.key)' in \(what), expected language tags such as en or zh")
        return nil
    }

    mutating func name<Name: ChosenName>(_ node: YAMLNode, _ what: String) -> Name? {
        guard let text = text(node, what, limit: limits.text) else { return nil }
        return name(text, line: node.line, what)
    }

    mutating func name<Name: ChosenName>(_ text: String, line: Int, _ what: String) -> Name? {
        if let name = Name(text) { return name }
        let alphabet =
            Name.self == SlotName.self
            ? "a letter, then at most 63 letters, digits and _" : "1 to 128 letters, digits and . _ - / :"
        error(line, "\(what) cannot be '\(text.prefix(80))', expected \(alphabet)")
        return nil
    }

    /// Slot values: `{ name: value }`.
    mutating func slotValues(_ node: YAMLNode, _ what: String) -> [String: String] {
        var values: [String: String] = [:]
        for entry in map(node, what) ?? [] {
            let slot: SlotName? = name(entry.key, line: entry.line, "a slot's name in \(what)")
            let value = text(entry.value, "the value of '\(entry.key)' in \(what)", limit: limits.text)
            if let slot, let value { values[slot.rawValue] = value }
        }
        return values
    }

    /// `a, b or c`.
    package static func list(_ names: [String]) -> String {
        guard let last = names.last, names.count > 1 else { return names.first ?? "nothing" }
        return names.dropLast().joined(separator: ", ") + " or " + last
    }

    private static func kind(of node: YAMLNode) -> String {
        switch node.kind {
        case .null: "nothing"
        case .text: "text"
        case .list: "a list"
        case .map: "keys with values"
        }
    }
}

/// What every text must be.
package enum TextRule {
    package struct Fault: Error {
        package let message: String

        package init(message: String) {
            self.message = message
        }
    }

    /// Bytes of one text, whatever it is: bounded before anything of it is compared.
    package static let byteLimit = 8_000

    /// The text, trimmed.
    /// - Throws: a fault whose message follows the name of the text: `is empty`, ….
    package static func checked(_ written: String, limit: Int) throws(Fault) -> String {
        guard written.utf8.count <= byteLimit else {
            throw Fault(message: "has \(written.utf8.count) bytes, expected at most \(byteLimit)")
        }
        var isBlank = true
        var count = 0
        for scalar in written.unicodeScalars {
            count += 1
            guard scalar.value > 0x1F || scalar == "\t" || scalar == "\n" || scalar == "\r",
                !(0x7F...0x9F).contains(scalar.value)
            else { throw Fault(message: "has control characters") }
            if isBlank, !scalar.properties.isWhitespace, !scalar.properties.isDefaultIgnorableCodePoint {
                isBlank = false
            }
        }
        if isBlank { throw Fault(message: "is empty") }
        guard count <= limit else { throw Fault(message: "is longer than \(limit) characters") }
        return trimmed(written)
    }

    private static func trimmed(_ text: String) -> String {
        guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last,
            first.properties.isWhitespace || last.properties.isWhitespace
        else { return text }
        let view = text.unicodeScalars.drop { $0.properties.isWhitespace }
        let end = view.lastIndex { !$0.properties.isWhitespace }.map { view.index(after: $0) } ?? view.startIndex
        return String(view[..<end])
    }
}
