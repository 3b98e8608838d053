package import ConversationDomain
package import NativeContent

/// Reads the training data of Rasa 2 and 3: `nlu:` with examples in a block of text.
package enum RasaNLU {
    package static let key = "nlu"

    /// What such a file holds.
    package struct Found {
        package var rows: [LabelledRow] = []
        package var words: [RasaWords] = []
        var intents = 0
        /// Parts of no known kind, with their numbers.
        package var others: [String: Int] = [:]
    }

    /// The examples; what else is in the file is told.
    package static func rows(_ root: YAMLNode, path: String, log: inout IssueLog) -> [LabelledRow] {
        guard case .map(let entries) = root.kind, let nlu = entries.first(where: { $0.key == key }),
            let found = found(nlu, path: path, log: &log)
        else { return [] }
        var left = found.others
        for words in found.words { left[words.kind.rawValue, default: 0] += 1 }
        for entry in entries where entry.key != key && entry.key != "version" { left[entry.key, default: 0] += 1 }
        tell(SourcePlace(path: path, line: 1), found.intents, left, &log)
        let marked = found.rows.filter { row in row.slots.contains { $0.role != nil || $0.group != nil } }
        if let first = marked.first {
            log.warning(
                first.place(path),
                "roles and groups of entities (\(marked.count) examples, this is the first) are left out; import the folder of the project, whose slots may tell roles apart"
            )
        }
        return found.rows
    }

    /// The value of `nlu`, read; nil when it has another shape, which is an error.
    package static func found(_ nlu: YAMLEntry, path: String, log: inout IssueLog) -> Found? {
        guard case .list(let parts) = nlu.value.kind else {
            log.error(SourcePlace(path: path, line: nlu.line), "'nlu' must be a list of intents with examples")
            return nil
        }
        var found = Found()
        for part in parts {
            guard case .map(let fields) = part.kind else { continue }
            let examples = fields.first { $0.key == "examples" }.map(Self.examples) ?? []
            guard let intent = fields.first(where: { $0.key == "intent" }), case .text(let name) = intent.value.kind
            else {
                let field = fields.first { $0.key != "examples" }
                if let field, let kind = RasaWords.Kind(rawValue: field.key), case .text(let name) = field.value.kind,
                    name.utf8.count <= LabelledRow.wordBytes
                {
                    let place = SourcePlace(path: path, line: field.line)
                    found.words.append(RasaWords(kind: kind, name: name, words: examples, place: place))
                } else {
                    found.others[field?.key ?? "part", default: 0] += 1
                }
                continue
            }
            found.intents += 1
            for (text, line) in examples {
                let (plain, slots) = RasaMarkup.plain(text)
                found.rows.append(LabelledRow(text: plain, label: name, slots: slots, line: line))
            }
        }
        return found
    }

    private static func tell(_ place: SourcePlace, _ intents: Int, _ left: [String: Int], _ log: inout IssueLog) {
        log.note(place, "read as Rasa's nlu file: \(intents) intents")
        for (what, count) in left.sorted(by: { $0.key < $1.key }) {
            log.warning(
                place,
                "'\(what)' (\(count)) is left out; synonyms, patterns and lookups can be written in entities.yaml")
        }
    }

    /// The lines of the block that start with a hyphen, or `text:` of a list.
    private static func examples(_ field: YAMLEntry) -> [(text: String, line: Int)] {
        switch field.value.kind {
        case .text(let block): return lines(of: block, from: field.value.line + 1)
        case .list(let list):
            return list.flatMap { element -> [(text: String, line: Int)] in
                switch element.kind {
                case .text(let text): return [(text, element.line)]
                case .map(let fields):
                    guard let text = fields.first(where: { $0.key == "text" }), case .text(let block) = text.value.kind
                    else { return [] }
                    return block.split(whereSeparator: \.isNewline).map { (String($0), text.line) }
                case .null, .list: return []
                }
            }
        case .null, .map: return []
        }
    }

    private static func lines(of block: String, from line: Int) -> [(text: String, line: Int)] {
        block.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated().compactMap {
            index, text in
            let text = text.drop(while: \.isWhitespace)
            if text.isEmpty || text.hasPrefix("#") { return nil }
            let example = text.hasPrefix("-") ? text.dropFirst().drop(while: \.isWhitespace) : text
            return (String(example), line + index)
        }
    }
}

/// Words beside the examples of an nlu file: `synonym`, `lookup` and `regex`.
package struct RasaWords {
    package enum Kind: String {
        case synonym, lookup, regex
    }

    package let kind: Kind
    /// The value of synonyms, else what the list or the patterns are for.
    package let name: String
    package let words: [(text: String, line: Int)]
    package let place: SourcePlace
}

/// The entities that Rasa marks in its examples: `[text](entity)`, `[text](entity:value)` and `[text]{"entity": "…"}`, the last also
/// with `value`, `role` and `group`.
package enum RasaMarkup {
    package static func plain(_ text: String) -> (text: String, slots: [RowSlot]) {
        guard text.contains("[") else { return (text, []) }
        var plain = ""
        var slots: [RowSlot] = []
        var rest = Substring(text)
        while let open = rest.firstIndex(of: "[") {
            plain += rest[..<open]
            guard let (inner, mark, after) = mark(rest[open...]) else {
                plain.append("[")
                rest = rest[rest.index(after: open)...]
                continue
            }
            let start = plain.unicodeScalars.count
            plain += inner
            var slot = RowSlot(
                name: mark.entity, start: start, end: plain.unicodeScalars.count, value: mark.value)
            (slot.role, slot.group) = (mark.role, mark.group)
            slots.append(slot)
            rest = after
        }
        return (plain + rest, slots)
    }

    /// What is said of marked words.
    private struct Mark {
        let entity: String
        var value: String?
        var role: String?
        var group: String?
    }

    private static func mark(_ text: Substring) -> (inner: Substring, mark: Mark, after: Substring)? {
        guard let close = text.firstIndex(of: "]") else { return nil }
        let inner = text[text.index(after: text.startIndex)..<close]
        let rest = text[text.index(after: close)...]
        guard !inner.isEmpty, !inner.contains("["), let first = rest.first else { return nil }
        if first == "(", let end = rest.firstIndex(of: ")") {
            let parts = rest[rest.index(after: rest.startIndex)..<end].split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts.first, !name.isEmpty else { return nil }
            let value = parts.count > 1 ? String(parts[1]) : nil
            return (inner, Mark(entity: String(name), value: value), rest[rest.index(after: end)...])
        }
        guard first == "{", let end = rest.firstIndex(of: "}"), let mark = try? JSONNode.parse(rest[...end].utf8),
            let entity = mark["entity"]?.string
        else { return nil }
        let told = Mark(
            entity: entity, value: mark["value"]?.string, role: word(mark["role"]), group: word(mark["group"]))
        return (inner, told, rest[rest.index(after: end)...])
    }

    /// A group may be a number.
    private static func word(_ node: JSONNode?) -> String? {
        guard let word = node?.string ?? node?.integer.map(String.init), !word.isEmpty,
            word.utf8.count <= LabelledRow.wordBytes
        else { return nil }
        return word
    }
}
