internal import ConversationDomain
import NativeContent
import Tables

/// Reads an app of LUIS or a project of Azure's conversational language understanding: utterances with marked entities, lists and
/// patterns.
struct CLUProject: ProjectReader {
    private let root: JSONNode
    private let file: String
    private let options: ReadOptions
    private var content: ProjectContent

    static func isProject(_ root: JSONNode) -> Bool {
        root["assets"]?["utterances"]?.list != nil
            || (root["luis_schema_version"] != nil && root["utterances"]?.list != nil)
    }

    init(_ root: JSONNode, path: String, options: ReadOptions) {
        self.root = root
        file = path
        self.options = options
        content = ProjectContent(root: SourcePlace(path: path, line: 1), options: options)
    }

    mutating func read(into assembly: inout ContentAssembly, _ log: inout IssueLog) -> Set<UTF8Text> {
        let assets = root["assets"] ?? root
        let language = (root["metadata"]?["language"] ?? root["culture"])?.string
        // How offsets are counted.
        let counting = root["stringIndexType"]?.string ?? "Utf16CodeUnit"
        for name in ["None", "none"] { content.examples.reject(name) }
        readEntities(assets, language, &log)
        for utterance in assets["utterances"]?.list ?? [] {
            guard let row = row(utterance, language, counting) else {
                log.rowError(
                    place(utterance), "an utterance without 'text' and 'intent', or with an entity that is not in it")
                if log.isFull { break }
                continue
            }
            content.examples.add(row)
        }
        for key in ["patterns", "composites", "hierarchicals", "prebuiltEntities", "patternAnyEntities", "phraselists"]
        {
            for node in assets[key]?.list ?? [] {
                let name = (node["name"] ?? node["pattern"])?.string ?? key
                content.leftovers.add(
                    name, place(node), "'\(key)'",
                    "dates, numbers, amounts, e-mail addresses and phone numbers are recognised by themselves; write others in entities.yaml"
                )
            }
        }
        content.finish(root["assets"] == nil ? "a LUIS app" : "a CLU project", into: &assembly, &log)
        return content.examples.foreignLabels
    }

    private func place(_ node: JSONNode) -> SourcePlace { SourcePlace(path: file, line: node.line) }

    // MARK: Utterances

    private func row(_ node: JSONNode, _ language: String?, _ counting: String) -> LabelledRow? {
        guard let text = node["text"]?.string, let label = node["intent"]?.string else { return nil }
        var slots: [RowSlot] = []
        for mark in node["entities"]?.list ?? [] {
            guard let written = (mark["category"] ?? mark["entity"])?.string,
                let (start, end) = offsets(mark, in: text, counting)
            else { return nil }
            // A role beside the entity is no other entity.
            slots.append(RowSlot(name: Self.name(written), start: start, end: end))
        }
        let tag = (node["language"] ?? node["culture"])?.string ?? language
        var row = LabelledRow(
            text: text, label: label, locale: tag.flatMap { BotLocale(otherProducts: $0)?.rawValue },
            split: node["dataset"]?.string?.lowercased(), slots: Self.apart(slots), line: node.line)
        row.file = file
        return row
    }

    /// Of marks that overlap, the longer ones: CLU marks a whole and its parts.
    private static func apart(_ slots: [RowSlot]) -> [RowSlot] {
        var kept: [RowSlot] = []
        for slot in slots.sorted(by: { ($0.start - $0.end, $0.start) < ($1.start - $1.end, $1.start) })
        where kept.allSatisfy({ slot.end <= $0.start || slot.start >= $0.end }) {
            kept.append(slot)
        }
        return kept
    }

    private func offsets(_ mark: JSONNode, in text: String, _ counting: String) -> (start: Int, end: Int)? {
        let start: Int
        let length: Int
        if let offset = mark["offset"]?.integer, let count = mark["length"]?.integer {
            (start, length) = (offset, count)
        } else if let first = mark["startPos"]?.integer, let last = mark["endPos"]?.integer, first >= 0, last >= first,
            last < Int.max
        {
            (start, length) = (first, last - first + 1)
        } else {
            return nil
        }
        guard start >= 0, length > 0, start <= text.utf8.count, length <= text.utf8.count else { return nil }
        func scalars(_ count: Int) -> Int? {
            switch counting {
            case "UnicodeCodePoint": return count
            case "TextElements_v8", "TextElement_V8":
                return text.index(text.startIndex, offsetBy: count, limitedBy: text.endIndex)
                    .map { text.unicodeScalars.distance(from: text.startIndex, to: $0) }
            default:
                return text.utf16.index(text.startIndex, offsetBy: count, limitedBy: text.endIndex)
                    .map { text.unicodeScalars.distance(from: text.startIndex, to: $0) }
            }
        }
        guard let first = scalars(start), let end = scalars(start + length) else { return nil }
        return (first, end)
    }

    // MARK: Entities

    private static func name(_ written: String) -> String {
        let plain = written.split(whereSeparator: \.isWhitespace).joined(separator: "_")
        return EntityName.builtIn(plain)?.rawValue ?? plain
    }

    private mutating func readEntities(_ assets: JSONNode, _ language: String?, _ log: inout IssueLog) {
        for node in assets["entities"]?.list ?? [] {
            guard let written = (node["category"] ?? node["name"])?.string, let entity = EntityName(Self.name(written))
            else { continue }
            for list in node["list"]?["sublists"]?.list ?? [] {
                guard let value = list["listKey"]?.string else { continue }
                for synonyms in list["synonyms"]?.list ?? [] {
                    let words = (synonyms["values"]?.list ?? []).compactMap(\.string)
                    add(words, for: value, of: entity, synonyms["language"]?.string ?? language, place(list), &log)
                }
                add([], for: value, of: entity, language, place(list), &log)
            }
            for expression in node["regex"]?["expressions"]?.list ?? [] {
                guard let pattern = expression["regexPattern"]?.string else { continue }
                content.entities.add(pattern: pattern, to: entity, place(expression), &log)
            }
            for prebuilt in node["prebuilts"]?.list ?? [] {
                let name = prebuilt["category"]?.string ?? written
                guard EntityName.builtIn(name) == nil || EntityName.builtIn(name) != entity else { continue }
                content.leftovers.add(
                    "\(written): \(name)", place(prebuilt), "prebuilt entities",
                    "dates, numbers, amounts, e-mail addresses and phone numbers are recognised by themselves; write others in entities.yaml"
                )
            }
        }
        for node in assets["closedLists"]?.list ?? [] {
            guard let written = node["name"]?.string, let entity = EntityName(Self.name(written)) else { continue }
            for list in node["subLists"]?.list ?? [] {
                guard let value = list["canonicalForm"]?.string else { continue }
                let words = (list["list"]?.list ?? []).compactMap(\.string)
                add(words, for: value, of: entity, language, place(list), &log)
            }
        }
        for node in assets["regex_entities"]?.list ?? [] {
            guard let written = node["name"]?.string, let entity = EntityName(Self.name(written)),
                let pattern = node["regexPattern"]?.string
            else { continue }
            content.entities.add(pattern: pattern, to: entity, place(node), &log)
        }
    }

    private mutating func add(
        _ words: [String], for written: String, of entity: EntityName, _ language: String?, _ place: SourcePlace,
        _ log: inout IssueLog
    ) {
        guard let value = content.entities.phrase(written, place, &log) else { return }
        let synonyms = words.compactMap { content.entities.phrase($0, place, &log) }
        let locale = language.flatMap { BotLocale(otherProducts: $0) }
        content.entities.add(synonyms, for: value, of: entity, locale: locale, place)
    }
}
