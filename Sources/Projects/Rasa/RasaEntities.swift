internal import ConversationDomain
import NativeContent
import Tables

/// Makes lists and patterns of entities from Rasa's lookups, synonyms and regular expressions.
struct RasaEntities {
    /// The entities of the domain and of the marks, by name.
    private var known: Set<String>
    /// The entities that words are marked as, or are listed for.
    private var owners: [UTF8Text: Set<EntityName>] = [:]
    private var found: ProjectEntities
    /// Synonyms of no entity, and words for what is none.
    private(set) var left: [RasaWords] = []

    init(_ domain: RasaDomain, options: ReadOptions) {
        found = ProjectEntities(options: options)
        known = domain.entities
    }

    /// Learns from an example which words are marked as what.
    mutating func note(_ row: LabelledRow) {
        guard !row.slots.isEmpty else { return }
        let scalars = Array(row.text.unicodeScalars)
        for slot in row.slots where slot.start < slot.end && slot.end <= scalars.count {
            guard let entity = EntityName(slot.name) else { continue }
            known.insert(slot.name)
            let marked = String(String.UnicodeScalarView(scalars[slot.start..<slot.end]))
            owners[UTF8Text(marked), default: []].insert(entity)
            if let value = slot.value { owners[UTF8Text(value), default: []].insert(entity) }
        }
    }

    /// The entities of all files' words; lists first, since they tell what a synonym belongs to.
    mutating func definitions(_ words: [RasaWords], _ log: inout IssueLog) -> [EntityDefinition] {
        for part in words where part.kind != .synonym { add(part, &log) }
        for part in words where part.kind == .synonym { addSynonyms(part, &log) }
        return found.definitions
    }

    private mutating func add(_ part: RasaWords, _ log: inout IssueLog) {
        guard known.contains(part.name), let entity = EntityName(part.name) else {
            left.append(part)
            return
        }
        found.note(entity, part.place)
        for (written, line) in part.words {
            let place = SourcePlace(path: part.place.path, line: line)
            if part.kind == .regex {
                found.add(pattern: written, to: entity, place, &log)
            } else if let value = found.phrase(written, place, &log) {
                found.add(value, to: entity, place)
                owners[value, default: []].insert(entity)
            }
        }
    }

    private mutating func addSynonyms(_ part: RasaWords, _ log: inout IssueLog) {
        guard let value = found.phrase(part.name, part.place, &log) else { return }
        var words: [UTF8Text] = []
        for (written, line) in part.words {
            if let word = found.phrase(written, SourcePlace(path: part.place.path, line: line), &log) {
                words.append(word)
            }
        }
        var entities = owners[value] ?? []
        for word in words { entities.formUnion(owners[word] ?? []) }
        if entities.isEmpty { left.append(part) }
        for entity in entities.sorted() { found.add(words, for: value, of: entity, part.place) }
    }
}
