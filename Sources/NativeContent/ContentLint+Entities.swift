internal import ConversationDomain
import Patterns

extension LintRun {
    /// Kinds of values that are recognised without anything being written about them, as they are told.
    private static let builtIn = EntityName.builtIn.map(\.rawValue).sorted().joined(separator: ", ")

    /// Entities that are marked, but so seldom that nothing can come of it: often a slip of the pen. Each is told once.
    mutating func checkMarks(in intents: [Intent]) {
        struct Mark: Hashable {
            let text: UTF8Text
            let span: EntitySpan
        }
        let all = content.intents + (existing?.intents ?? [])
        let marks = Set(
            all.flatMap(\.examples).flatMap { example in
                example.spans.map { Mark(text: UTF8Text(example.text), span: $0) }
            })
        let counts = Dictionary(grouping: marks, by: \.span.entity).mapValues(\.count)
        var known = Set(EntityName.builtIn + all.flatMap(\.slots).map(\.entity))
        known.formUnion((content.entities + (existing?.entities ?? [])).map(\.name))
        for example in intents.flatMap(\.examples) {
            for span in example.spans where known.insert(span.entity).inserted {
                let count = counts[span.entity] ?? 0
                guard count < EntitySpan.fewestToLearn else { continue }
                log.warning(
                    example.place,
                    "the entity '\(span.entity)' is marked \(count == 1 ? "once" : "\(count) times"), expected at least \(EntitySpan.fewestToLearn) to learn it from; it is of no slot, not listed and not built in (\(Self.builtIn))"
                )
            }
        }
    }

    mutating func checkEntities() {
        var first: [EntityName: SourcePlace?] = [:]
        for entity in content.entities {
            if let earlier = first[entity.name] {
                log.error(entity.place, "the entity '\(entity.name)' is defined twice, first\(Self.at(earlier))")
                continue
            }
            first.updateValue(entity.place, forKey: entity.name)
            if entity.isEmpty {
                log.warning(entity.place, "the entity '\(entity.name)' has neither values nor patterns nor formats")
            }
            checkValues(of: entity)
        }
    }

    /// A word that stands for two values of an entity in one language.
    private mutating func checkValues(of entity: EntityDefinition) {
        struct Word: Hashable {
            let text: UTF8Text
            /// nil for the value itself.
            let locale: BotLocale?
        }
        var owners: [Word: String] = [:]
        for value in entity.values {
            let words =
                [Word(text: Self.folded(value.value), locale: nil)]
                + value.synonyms.sorted { $0.key < $1.key }.flatMap { locale, synonyms in
                    synonyms.map { Word(text: Self.folded($0), locale: locale) }
                }
            for word in words {
                guard let owner = owners[word] else {
                    owners[word] = value.value
                    continue
                }
                guard owner != value.value || word.locale == nil else { continue }
                log.warning(
                    entity.place,
                    "'\(word.text.beginning(80))' stands for '\(owner)' and '\(value.value)' of the entity '\(entity.name)'; the first is taken"
                )
            }
        }
    }

    private static func folded(_ text: String) -> UTF8Text {
        UTF8Text(String(String.UnicodeScalarView(text.unicodeScalars.map(TextPattern.fold))))
    }
}
