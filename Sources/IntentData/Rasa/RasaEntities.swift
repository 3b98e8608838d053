internal import ConversationDomain

/// Makes lists and patterns of entities from Rasa's lookups, synonyms and regular expressions.
struct RasaEntities {
    private struct Values {
        var order: [UTF8Text] = []
        var synonyms: [UTF8Text: [(text: UTF8Text, locale: BotLocale)]] = [:]
        var patterns: [String] = []
        var place: SourcePlace

        mutating func add(_ value: UTF8Text) {
            guard synonyms[value] == nil else { return }
            order.append(value)
            synonyms[value] = []
        }
    }

    private let options: ReadOptions
    /// The entities of the domain and of the marks, by name.
    private var known: Set<String>
    /// The entities that words are marked as, or are listed for.
    private var owners: [UTF8Text: Set<EntityName>] = [:]
    private var found: [EntityName: Values] = [:]
    private var phrases = 0
    /// Synonyms of no entity, and words for what is none.
    private(set) var left: [RasaWords] = []

    init(_ domain: RasaDomain, options: ReadOptions) {
        self.options = options
        known = domain.entities
    }

    /// Learns from an example which words are marked as what.
    mutating func note(_ row: LabelledRow) {
        guard !row.slots.isEmpty else { return }
        let scalars = Array(row.text.unicodeScalars)
        for slot in row.slots where slot.start < slot.end && slot.end <= scalars.count {
            guard let entity = EntityName(slot.name) else { continue }
            known.insert(slot.name)
            owners[UTF8Text(String(String.UnicodeScalarView(scalars[slot.start..<slot.end]))), default: []].insert(
                entity)
            if let value = slot.value { owners[UTF8Text(value), default: []].insert(entity) }
        }
    }

    /// The entities of all files' words; lists first, since they tell what a synonym belongs to.
    mutating func definitions(_ words: [RasaWords], _ log: inout IssueLog) -> [EntityDefinition] {
        for part in words where part.kind != .synonym { add(part, &log) }
        for part in words where part.kind == .synonym { addSynonyms(part, &log) }
        return found.sorted { $0.key < $1.key }.map { name, values in
            EntityDefinition(
                name: name,
                values: values.order.map { value in
                    let words = Dictionary(grouping: values.synonyms[value] ?? [], by: \.locale)
                    return EntityDefinition.Value(
                        value: value.string, synonyms: words.mapValues { $0.map(\.text.string) })
                },
                patterns: values.patterns, place: values.place)
        }
    }

    private mutating func add(_ part: RasaWords, _ log: inout IssueLog) {
        guard known.contains(part.name), let entity = EntityName(part.name) else {
            left.append(part)
            return
        }
        var values = found[entity] ?? Values(place: part.place)
        for (written, line) in part.words {
            let place = SourcePlace(path: part.place.path, line: line)
            if part.kind == .regex {
                if let pattern = pattern(written, of: entity, among: values.patterns, place, &log) {
                    values.patterns.append(pattern)
                }
            } else if let value = phrase(written, place, &log) {
                values.add(value)
                owners[value, default: []].insert(entity)
            }
        }
        found[entity] = values
    }

    private func pattern(
        _ written: String, of entity: EntityName, among others: [String], _ place: SourcePlace, _ log: inout IssueLog
    ) -> String? {
        guard others.count < options.limits.entityPatterns else {
            log.warning(
                place,
                "more than \(options.limits.entityPatterns) patterns of the entity '\(entity)'; this one is left out")
            return nil
        }
        do {
            let pattern = try TextRule.checked(written, limit: TextPattern.lengthLimit)
            do {
                _ = try TextPattern(pattern)
                return pattern
            } catch {
                log.warning(
                    place,
                    "the pattern '\(pattern.prefix(80))' of the entity '\(entity)' is left out: it \(error.message)")
            }
        } catch {
            log.warning(place, "a pattern of the entity '\(entity)' is left out: it \(error.message)")
        }
        return nil
    }

    private mutating func addSynonyms(_ part: RasaWords, _ log: inout IssueLog) {
        guard let value = phrase(part.name, part.place, &log) else { return }
        var words: [UTF8Text] = []
        for (written, line) in part.words {
            if let word = phrase(written, SourcePlace(path: part.place.path, line: line), &log) { words.append(word) }
        }
        var entities = owners[value] ?? []
        for word in words { entities.formUnion(owners[word] ?? []) }
        if entities.isEmpty { left.append(part) }
        for entity in entities {
            var values = found[entity] ?? Values(place: part.place)
            // A listed word that is a synonym is no value of its own.
            let synonyms = Set(words)
            if words.contains(where: { $0 != value && values.synonyms[$0]?.isEmpty == true }) {
                values.order.removeAll { $0 != value && synonyms.contains($0) && values.synonyms[$0]?.isEmpty == true }
                for word in words where word != value && values.synonyms[word]?.isEmpty == true {
                    values.synonyms[word] = nil
                }
            }
            values.add(value)
            var taken = Set((values.synonyms[value] ?? []).map(\.text))
            for word in words where word != value && taken.insert(word).inserted {
                values.synonyms[value, default: []].append((word, options.locale(of: word.string)))
            }
            found[entity] = values
        }
    }

    private mutating func phrase(_ written: String, _ place: SourcePlace, _ log: inout IssueLog) -> UTF8Text? {
        phrases += 1
        guard phrases <= options.limits.entityPhrases else {
            if phrases == options.limits.entityPhrases + 1 {
                log.error(place, "more than \(options.limits.entityPhrases) values and synonyms")
            }
            return nil
        }
        do {
            return UTF8Text(try TextRule.checked(written, limit: options.limits.entityPhrase))
        } catch {
            log.warning(place, "a value or synonym is left out: it \(error.message)")
            return nil
        }
    }
}
