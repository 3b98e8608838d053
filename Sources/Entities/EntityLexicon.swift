public import ConversationDomain
import Patterns

/// Finds the values and patterns that a bot owner listed.
///
/// Time grows with the text's length: lists are one tree of characters, patterns are automata. A word of a list is found whole,
/// without regard to case, full-width forms and the width of its spaces.
public struct EntityLexicon: Sendable {
    /// A value of the tree.
    private struct Entry {
        let entity: Int
        let value: String
        /// nil for the value itself, which is said in any language.
        let locale: BotLocale?
    }

    private struct Node {
        var children: [Unicode.Scalar: Int] = [:]
        var entries: [Entry] = []
    }

    /// What was found, and how.
    struct Find: Hashable, Sendable {
        let entity: EntityName
        let value: String
        let range: Range<Int>
        let isPattern: Bool

        /// - Parameter text: what it was found in.
        func entity(in text: [Unicode.Scalar]) -> Entity {
            Entity(
                entity: entity, value: value, text: String(String.UnicodeScalarView(text[range])),
                start: range.lowerBound, end: range.upperBound)
        }
    }

    private let names: [EntityName]
    private var nodes = [Node()]
    private var patterns: [(entity: Int, pattern: TextPattern)] = []
    private var listed: Set<EntityName> = []
    /// For the owner's own formats.
    private(set) var scanners: [FormatScanner] = []

    /// Patterns that are no regular expressions are left out; importing content refuses them.
    public init(_ definitions: [EntityDefinition] = []) {
        names = definitions.map(\.name)
        for (index, definition) in definitions.enumerated() {
            for value in definition.values {
                insert(value.value, Entry(entity: index, value: value.value, locale: nil))
                for (locale, synonyms) in value.synonyms.sorted(by: { $0.key < $1.key }) {
                    for synonym in synonyms {
                        insert(synonym, Entry(entity: index, value: value.value, locale: locale))
                    }
                }
            }
            let formats = definition.formats.compactMap { try? IdentifierFormat($0) }
            if !formats.isEmpty { scanners.append(FormatScanner(entity: definition.name, formats: formats)) }
            if !definition.values.isEmpty { listed.insert(definition.name) }
            for pattern in definition.patterns {
                if let pattern = try? TextPattern(pattern) { patterns.append((index, pattern)) }
            }
        }
    }

    /// Whether nothing is listed.
    public var isEmpty: Bool { names.isEmpty }

    /// Whether an entity has lists or patterns.
    func knows(_ entity: EntityName) -> Bool { names.contains(entity) }

    /// Everything in a text, overlaps included.
    /// - Parameter locale: decides where one word stands for different values in different languages.
    func finds(in text: String, locale: BotLocale?) -> [Find] {
        guard !isEmpty else { return [] }
        let original = Array(text.unicodeScalars.prefix(ScannedText.limit))
        let folded = original.map(TextPattern.fold)
        let borders = WordBorders(of: original)
        var finds: [Find] = []
        for start in folded.indices where borders.isBorder(start) && !folded[start].properties.isWhitespace {
            for (end, entries) in walk(folded, from: start) where borders.isBorder(end) {
                finds += Self.preferred(entries, locale).map {
                    Find(entity: names[$0.entity], value: $0.value, range: start..<end, isPattern: false)
                }
            }
        }
        for (entity, pattern) in patterns {
            finds += pattern.matches(in: folded).map { range in
                let value = String(String.UnicodeScalarView(original[range]))
                return Find(entity: names[entity], value: value, range: range, isPattern: true)
            }
        }
        return finds
    }

    /// The listed value that a text as a whole stands for.
    func value(of entity: EntityName, for text: String, locale: BotLocale?) -> String? {
        guard listed.contains(entity) else { return nil }
        let folded = text.unicodeScalars.map(TextPattern.fold)
        return walk(folded, from: 0).last { $0.end == folded.count }.flatMap { _, entries in
            Self.preferred(entries.filter { names[$0.entity] == entity }, locale).first?.value
        }
    }

    /// The longest find of an entity, the first of equally long ones.
    func longest(of entity: EntityName, in text: String, locale: BotLocale?) -> Entity? {
        let finds = finds(in: text, locale: locale).filter { $0.entity == entity }
        guard
            let best = finds.min(by: { ($1.range.count, $0.range.lowerBound) < ($0.range.count, $1.range.lowerBound) })
        else { return nil }
        return best.entity(in: Array(text.unicodeScalars))
    }

    /// One entry per entity: that of the message's language, otherwise the first.
    private static func preferred(_ entries: [Entry], _ locale: BotLocale?) -> [Entry] {
        guard entries.count > 1 else { return entries }
        var chosen: [Entry] = []
        for entry in entries {
            guard let index = chosen.firstIndex(where: { $0.entity == entry.entity }) else {
                chosen.append(entry)
                continue
            }
            let isSpoken = { (entry: Entry) in entry.locale != nil && entry.locale?.language == locale?.language }
            if isSpoken(entry), !isSpoken(chosen[index]) { chosen[index] = entry }
        }
        return chosen
    }

    private mutating func insert(_ phrase: String, _ entry: Entry) {
        var node = 0
        for scalar in Self.folded(phrase) {
            if let next = nodes[node].children[scalar] {
                node = next
            } else {
                nodes.append(Node())
                nodes[node].children[scalar] = nodes.count - 1
                node = nodes.count - 1
            }
        }
        if node != 0 { nodes[node].entries.append(entry) }
    }

    /// Runs of white space count as one space.
    private static func folded(_ phrase: String) -> [Unicode.Scalar] {
        phrase.split(whereSeparator: \.isWhitespace).joined(separator: " ").unicodeScalars.map(TextPattern.fold)
    }

    /// The phrases that begin at a place, shortest first.
    private func walk(_ text: [Unicode.Scalar], from start: Int) -> [(end: Int, entries: [Entry])] {
        var found: [(end: Int, entries: [Entry])] = []
        var (node, position) = (0, start)
        while position < text.count {
            let isSpace = text[position].properties.isWhitespace
            guard let next = nodes[node].children[isSpace ? " " : text[position]] else { break }
            position += 1
            if isSpace { while position < text.count, text[position].properties.isWhitespace { position += 1 } }
            node = next
            if !nodes[node].entries.isEmpty { found.append((position, nodes[node].entries)) }
        }
        return found
    }
}
