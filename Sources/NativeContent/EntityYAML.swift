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
///
/// or of one of them, which may be an identifier with formats of the owner's own:
///
///     entity: order_number
///     formats: ["[WW-]######"]
///     examples: [WW-123456]
///     hint: { en: "Our order numbers are WW and six digits." }
package struct EntityYAML {
    private var reader: YAMLFieldReader
    private var phrases = 0

    static let keys = ["entities"]
    /// Of a file that holds one.
    package static let oneKey = "entity"
    private static let parts = ["values", "patterns", "formats", "examples", "hint"]
    /// Formats of one entity.
    private static let formatLimit = 20
    private static let hintLimit = 500

    private init(_ reader: YAMLFieldReader) { self.reader = reader }

    package static func read(
        _ root: YAMLNode, path: String, limits: ContentLimits, log: inout IssueLog
    ) -> [EntityDefinition] {
        var yaml = EntityYAML(YAMLFieldReader(path: path, limits: limits, log: log))
        defer { log = yaml.reader.log }
        if let one = yaml.one(root) { return one }
        let fields = yaml.reader.fields(root, of: "a file of entities", expected: keys)
        let entries = fields["entities"].flatMap { yaml.reader.map($0.value, "'entities'") } ?? []
        if entries.count > limits.entities {
            yaml.reader.error(root.line, "more than \(limits.entities) entities")
        }
        let definitions = entries.prefix(limits.entities).compactMap { yaml.definition($0) }
        return definitions
    }

    /// Nil for a file that does not have the form of one entity.
    private mutating func one(_ root: YAMLNode) -> [EntityDefinition]? {
        guard case .map(let entries) = root.kind, let named = entries.first(where: { $0.key == Self.oneKey }) else {
            return nil
        }
        let fields = reader.fields(root, of: "a file of one entity", expected: [Self.oneKey] + Self.parts)
        guard let text = reader.text(named.value, "'\(Self.oneKey)'", limit: reader.limits.text),
            let name: EntityName = reader.name(text, line: named.line, "an entity's name")
        else { return [] }
        return [definition(name, fields, line: named.line)]
    }

    private mutating func definition(_ entry: YAMLEntry) -> EntityDefinition? {
        guard let name: EntityName = reader.name(entry.key, line: entry.line, "an entity's name") else { return nil }
        let fields = reader.fields(entry.value, of: "the entity '\(entry.key)'", expected: Self.parts)
        return definition(name, fields, line: entry.line)
    }

    private mutating func definition(_ name: EntityName, _ fields: [String: YAMLEntry], line: Int) -> EntityDefinition {
        let what = "the entity '\(name)'"
        let formats = formats(fields["formats"], of: what)
        checkExamples(fields["examples"], formats, of: what)
        return EntityDefinition(
            name: name, values: fields["values"].map { values($0.value, of: what) } ?? [],
            patterns: fields["patterns"].map { patterns($0.value, of: what) } ?? [], formats: formats.map(\.text),
            hint: fields["hint"].map { hint($0, of: what) } ?? [:], place: reader.place(line))
    }

    private mutating func formats(_ field: YAMLEntry?, of what: String) -> [IdentifierFormat] {
        let elements = field.flatMap { reader.list($0.value, "'formats' of \(what)") } ?? []
        if elements.count > Self.formatLimit {
            reader.error(field?.line ?? 1, "\(what) has more than \(Self.formatLimit) formats")
        }
        var formats: [IdentifierFormat] = []
        for element in elements.prefix(Self.formatLimit) {
            guard let text = reader.text(element, "a format of \(what)", limit: IdentifierFormat.lengthLimit) else {
                continue
            }
            do {
                formats.append(try IdentifierFormat(text))
            } catch {
                reader.error(element.line, "the format '\(text)' of \(what) \(error.message)")
            }
        }
        return formats
    }

    /// Examples show that the formats say what is meant.
    private mutating func checkExamples(_ field: YAMLEntry?, _ formats: [IdentifierFormat], of what: String) {
        guard let field else { return }
        for element in reader.list(field.value, "'examples' of \(what)") ?? [] {
            guard let text = reader.text(element, "an example of \(what)", limit: reader.limits.entityPhrase),
                !formats.contains(where: { $0.value(of: text) != nil })
            else { continue }
            reader.error(element.line, "the example '\(text)' of \(what) fits none of its 'formats'")
        }
    }

    private mutating func hint(_ field: YAMLEntry, of what: String) -> [BotLocale: String] {
        var hint: [BotLocale: String] = [:]
        for entry in reader.map(field.value, "'hint' of \(what)") ?? [] {
            guard let locale = reader.locale(entry, "'hint' of \(what)") else { continue }
            hint[locale] = reader.text(entry.value, "'hint' of \(what) (\(locale))", limit: Self.hintLimit)
        }
        return hint
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
