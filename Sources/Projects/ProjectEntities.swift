internal import ConversationDomain
import NativeContent
import Patterns

/// The lists and patterns of entities that a project has, checked and bounded.
struct ProjectEntities {
    private struct Draft {
        /// Also of words that are values no more.
        var order: [UTF8Text] = []
        var synonyms: [UTF8Text: [(text: UTF8Text, locale: BotLocale)]] = [:]
        var patterns: [String] = []
        let place: SourcePlace
    }

    private let options: ReadOptions
    private var drafts: [EntityName: Draft] = [:]
    private var phrases = 0

    init(options: ReadOptions) { self.options = options }

    var names: Set<EntityName> { Set(drafts.keys) }

    var definitions: [EntityDefinition] {
        drafts.sorted { $0.key < $1.key }.map { name, draft in
            var seen: Set<UTF8Text> = []
            let values = draft.order.filter { draft.synonyms[$0] != nil && seen.insert($0).inserted }
            return EntityDefinition(
                name: name,
                values: values.map { value in
                    let words = Dictionary(grouping: draft.synonyms[value] ?? [], by: \.locale)
                    return EntityDefinition.Value(
                        value: value.string, synonyms: words.mapValues { $0.map(\.text.string) })
                },
                patterns: draft.patterns, place: draft.place)
        }
    }

    mutating func note(_ entity: EntityName, _ place: SourcePlace) {
        if drafts[entity] == nil { drafts[entity] = Draft(place: place) }
    }

    mutating func add(_ value: UTF8Text, to entity: EntityName, _ place: SourcePlace) {
        note(entity, place)
        guard drafts[entity]?.synonyms[value] == nil else { return }
        drafts[entity]?.order.append(value)
        drafts[entity]?.synonyms[value] = []
    }

    /// Adds words that stand for a value; a listed word that is one of them is no value of its own.
    mutating func add(
        _ words: [UTF8Text], for value: UTF8Text, of entity: EntityName, locale: BotLocale? = nil,
        _ place: SourcePlace
    ) {
        note(entity, place)
        guard var draft = drafts[entity] else { return }
        drafts[entity] = nil
        for word in words where word != value && draft.synonyms[word]?.isEmpty == true { draft.synonyms[word] = nil }
        if draft.synonyms[value] == nil { draft.order.append(value) }
        var synonyms = draft.synonyms[value] ?? []
        var taken = Set(synonyms.map(\.text))
        for word in words where word != value && taken.insert(word).inserted {
            synonyms.append((word, locale ?? options.locale(of: word.string)))
        }
        draft.synonyms[value] = synonyms
        drafts[entity] = draft
    }

    /// Adds a pattern; what cannot be one is told.
    mutating func add(
        pattern written: String, to entity: EntityName, _ place: SourcePlace, _ log: inout IssueLog
    ) {
        let limit = options.limits.entityPatterns
        guard drafts[entity]?.patterns.count ?? 0 < limit else {
            return log.warning(
                place, "more than \(limit) patterns of the entity '\(entity)'; this one is left out")
        }
        let pattern: String
        do {
            pattern = try TextRule.checked(written, limit: TextPattern.lengthLimit)
        } catch {
            return log.warning(place, "a pattern of the entity '\(entity)' is left out: it \(error.message)")
        }
        do {
            _ = try TextPattern(pattern)
        } catch {
            return log.warning(
                place, "the pattern '\(pattern.prefix(80))' of the entity '\(entity)' is left out: it \(error.message)")
        }
        note(entity, place)
        if drafts[entity]?.patterns.contains(pattern) == false { drafts[entity]?.patterns.append(pattern) }
    }

    /// A value or synonym; nil when it cannot be one, which is told.
    mutating func phrase(_ written: String, _ place: SourcePlace, _ log: inout IssueLog) -> UTF8Text? {
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

extension EntityName {
    /// What other products recognise without being told, by what is recognised here.
    private static let others: [String: EntityName] = [
        "date": .date, "date-time": .date, "date-period": .date, "datetime": .date, "datetimev2": .date, "time": .date,
        "email": .email, "phone-number": .phone, "phonenumber": .phone, "phone": .phone, "number": .number,
        "number-integer": .number, "cardinal": .number, "unit-currency": .amount, "amountofmoney": .amount,
        "money": .amount, "currency": .amount, "quantity.number": .number, "quantity.currency": .amount,
    ]

    /// The entity for what another product calls a system or prebuilt one, without the prefix.
    static func builtIn(_ other: String) -> EntityName? { others[other.lowercased()] }
}
