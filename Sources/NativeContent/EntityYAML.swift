package import ConversationDomain
import Patterns

/// Reads the lists and patterns of entities from a YAML document:
///
///     entities:
///       size:
///         values:
///           small: { en: [S, small], zh: [小号] }
///           XL:
///         patterns:
///           - "EU \\d{2}"
package struct EntityYAML {
    private var reader: YAMLFieldReader
    private var phrases = 0

    static let keys = ["entities"]

    private init(_ reader: YAMLFieldReader) { self.reader = reader }

    package static func read(
        _ root: YAMLNode, path: String, limits: ContentLimits, log: inout IssueLog
    ) -> [EntityDefinition] {
        var yaml = EntityYAML(YAMLFieldReader(path: path, limits: limits, log: log))
        let fields = yaml.reader.fields(root, of: "a file of entities", expected: keys)
        let entries = fields["entities"].flatMap { yaml.reader.map($0.value, "'entities'") } ?? []
        if entries.count > limits.entities {
            yaml.reader.error(root.line, "more than \(limits.entities) entities")
        }
        let definitions = entries.prefix(limits.entities).compactMap { yaml.definition($0) }
        log = yaml.reader.log
        return definitions
    }

    private mutating func definition(_ entry: YAMLEntry) -> EntityDefinition? {
        guard let name: EntityName = reader.name(entry.key, line: entry.line, "an entity's name") else { return nil }
        let what = "the entity '\(entry.key)'"
        let fields = reader.fields(entry.value, of: what, expected: ["values", "patterns"])
        return EntityDefinition(
            name: name, values: fields["values"].map { values($0.value, of: what) } ?? [],
            patterns: fields["patterns"].map { patterns($0.value, of: what) } ?? [], place: reader.place(entry.line))
    }

    /// Keys with synonyms, or a list of values without.
    private mutating func values(_ node: YAMLNode, of what: String) -> [EntityDefinition.Value] {
        if case .list(let elements) = node.kind {
            return elements.compactMap { element in
                phrase(element, "a value of \(what)").map { EntityDefinition.Value(value: $0) }
            }
        }
        var values: [EntityDefinition.Value] = []
        for entry in reader.map(node, "'values' of \(what)") ?? [] {
            let key = YAMLNode(line: entry.line, kind: .text(entry.key))
            guard let value = phrase(key, "a value of \(what)") else { continue }
            var synonyms: [BotLocale: [String]] = [:]
            if case .null = entry.value.kind {} else { synonyms = self.synonyms(entry.value, of: value) }
            values.append(EntityDefinition.Value(value: value, synonyms: synonyms))
        }
        return values
    }

    private mutating func synonyms(_ node: YAMLNode, of value: String) -> [BotLocale: [String]] {
        var synonyms: [BotLocale: [String]] = [:]
        let what = "the synonyms of '\(value)'"
        for entry in reader.map(node, what) ?? [] {
            guard let locale = reader.locale(entry, what) else { continue }
            let words = (reader.list(entry.value, "\(what) (\(locale))") ?? []).compactMap {
                phrase($0, "a synonym of '\(value)'")
            }
            if !words.isEmpty { synonyms[locale] = words }
        }
        return synonyms
    }

    private mutating func phrase(_ node: YAMLNode, _ what: String) -> String? {
        phrases += 1
        guard phrases <= reader.limits.entityPhrases else {
            if phrases == reader.limits.entityPhrases + 1 {
                reader.error(node.line, "more than \(reader.limits.entityPhrases) values and synonyms")
            }
            return nil
        }
        return reader.text(node, what, limit: reader.limits.entityPhrase)
    }

    private mutating func patterns(_ node: YAMLNode, of what: String) -> [String] {
        let elements = reader.list(node, "'patterns' of \(what)") ?? []
        if elements.count > reader.limits.entityPatterns {
            reader.error(node.line, "\(what) has more than \(reader.limits.entityPatterns) patterns")
        }
        var patterns: [String] = []
        for element in elements.prefix(reader.limits.entityPatterns) {
            guard let pattern = reader.text(element, "a pattern of \(what)", limit: TextPattern.lengthLimit) else {
                continue
            }
            do {
                _ = try TextPattern(pattern)
                patterns.append(pattern)
            } catch {
                reader.error(element.line, "the pattern '\(pattern)' of \(what) \(error.message)")
            }
        }
        return patterns
    }
}
