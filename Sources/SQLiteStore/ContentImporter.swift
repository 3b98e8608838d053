internal import ConversationDomain
internal import Foundation
internal import GRDB

/// What an import found to do, with the revision of the content that it compared with.
struct StagedImport {
    /// One statement that is to be run.
    struct Step {
        let sql: String
        let arguments: StatementArguments
    }

    let revision: Int64
    let change: ContentChange
    fileprivate let steps: [Step]
    /// Whether the many rows lie in the temporary tables of ``ContentStaging``.
    fileprivate let isLaidAside: Bool

    /// Does it, within the caller's transaction; the content must be the one that it was found out with.
    func finish(in database: Database) throws {
        for step in steps { try database.cachedStatement(sql: step.sql).execute(arguments: step.arguments) }
        if isLaidAside { try ContentStaging.move(in: database) }
    }
}

/// Finds out what makes stored content what an import says, and counts what differs. Nothing is changed before
/// ``StagedImport/finish(in:)``; the many rows, of examples and of knowledge, can be laid aside in the meantime (``ContentStaging``).
struct ContentImporter {
    let time: Int64
    private(set) var change = ContentChange()
    private let staging: ContentStaging?
    private var steps: [StagedImport.Step] = []

    /// - Parameter staging: takes the many rows; nil keeps them with the other steps.
    init(time: Int64, staging: ContentStaging? = nil) {
        self.time = time
        self.staging = staging
    }

    private mutating func run(_ sql: String, _ arguments: StatementArguments) {
        steps.append(StagedImport.Step(sql: sql, arguments: arguments))
    }

    /// One of many rows.
    private mutating func add(_ table: ContentStaging.Table, _ arguments: StatementArguments) throws {
        guard let staging else { return run(table.insertion, arguments) }
        try staging.add(table, arguments)
    }

    /// What was found out, by content of this revision.
    func found(at revision: Int64) -> StagedImport {
        StagedImport(revision: revision, change: change, steps: steps, isLaidAside: staging != nil)
    }

    /// - Parameters:
    ///   - stored: what there is.
    ///   - progress: called with how many of how many intents and knowledge entries are done.
    mutating func apply(
        _ content: BotContent, over stored: BotContent, replacing: Bool, progress: (Int, Int) -> Void
    ) throws {
        let storedIntents = Dictionary(uniqueKeysWithValues: stored.intents.map { ($0.name, $0) })
        let storedKnowledge = Dictionary(uniqueKeysWithValues: stored.knowledge.map { ($0.id, $0) })
        let total = content.intents.count + content.knowledge.count
        for (index, intent) in content.intents.enumerated() {
            try apply(intent, over: storedIntents[intent.name], replacing: replacing)
            progress(index + 1, total)
        }
        for (index, entry) in content.knowledge.enumerated() {
            try apply(entry, over: storedKnowledge[entry.id], replacing: replacing)
            progress(content.intents.count + index + 1, total)
        }
        for entity in content.entities {
            try apply(entity, over: stored.entities.first { $0.name == entity.name })
        }
        for phrases in content.phrases {
            try apply(phrases, over: stored.phrases.first { $0.locale == phrases.locale })
        }
        try apply(content.writtenSettings, over: stored.writtenSettings)
        try apply(content.teams, over: stored.teams)
        if replacing { try removeWhatIsMissing(in: content, stored: stored) }
    }

    private mutating func removeWhatIsMissing(in content: BotContent, stored: BotContent) throws {
        let intents = Set(content.intents.map(\.name))
        for intent in stored.intents where !intents.contains(intent.name) {
            run("DELETE FROM intent WHERE name = ?", [intent.name.rawValue])
            for answer in intent.answers { try retire(answer) }
            change.intentsRemoved.append(intent.name)
            change.examplesRemoved += intent.examples.count
        }
        if !content.phrases.isEmpty { try removePhrases(missingIn: content.phrases, stored: stored.phrases) }
        if !content.entities.isEmpty { try removeEntities(missingIn: content.entities, stored: stored.entities) }
        // A file of intents alone says nothing of knowledge.
        guard !content.knowledge.isEmpty else { return }
        let knowledge = Set(content.knowledge.map(\.id))
        for entry in stored.knowledge where !knowledge.contains(entry.id) {
            run("DELETE FROM knowledge WHERE id = ?", [entry.id.rawValue])
            change.knowledgeRemoved += 1
        }
    }
}

// MARK: - What a replacing import leaves out

extension ContentImporter {
    private mutating func removePhrases(missingIn kept: [Phrases], stored: [Phrases]) throws {
        let locales = Set(kept.map(\.locale))
        for phrases in stored where !locales.contains(phrases.locale) {
            run("DELETE FROM phrases WHERE locale = ?", [phrases.locale.rawValue])
            change.phrasesChanged.append(phrases.locale)
        }
    }
}

// MARK: - Intents

extension ContentImporter {
    private mutating func apply(_ intent: Intent, over stored: Intent?, replacing: Bool) throws {
        let before = change
        let hasExamplesOnly = intent.hasExamplesOnly
        if stored == nil {
            run(
                "INSERT INTO intent (name, description, title, act, confirms, action) VALUES (?, ?, ?, ?, ?, ?)",
                [
                    intent.name.rawValue, intent.description, try RowJSON.text(intent.title), intent.act?.rawValue,
                    intent.confirms, try intent.action.map { try RowJSON.text($0) },
                ])
        } else if let stored, !hasExamplesOnly, !intent.isDescribed(like: stored) {
            run(
                "UPDATE intent SET description = ?, title = ?, act = ?, confirms = ?, action = ? WHERE name = ?",
                [
                    intent.description, try RowJSON.text(intent.title), intent.act?.rawValue, intent.confirms,
                    try intent.action.map { try RowJSON.text($0) }, intent.name.rawValue,
                ])
            change.intentsChanged.append(intent.name)
        }
        // What visitors said and somebody labelled is not in the owner's files, and stays nevertheless.
        try applyExamples(intent, over: stored?.examples ?? []) { example in
            !replacing && (hasExamplesOnly || example.origin == .review)
        }
        if !hasExamplesOnly || stored == nil {
            let slotsDiffer = try applySlots(intent, over: stored?.slots ?? [])
            try applyAnswers(intent, over: stored?.answers ?? [])
            if slotsDiffer, stored != nil { change.intentsChanged.append(intent.name) }
        }
        if stored == nil {
            change.intentsAdded.append(intent.name)
        } else if change != before, change.intentsChanged.last != intent.name {
            change.intentsChanged.append(intent.name)
        }
    }

    /// - Parameter keeps: whether a stored example stays that the import does not have.
    private mutating func applyExamples(
        _ intent: Intent, over stored: [Example], keeps: (Example) -> Bool
    ) throws {
        struct Key: Hashable {
            let locale: BotLocale
            let text: UTF8Text
        }
        var known = Dictionary(
            uniqueKeysWithValues: stored.map { (Key(locale: $0.locale, text: UTF8Text($0.text)), $0) })
        var position = stored.count
        var seen: Set<Key> = []
        for example in intent.examples {
            let key = Key(locale: example.locale, text: UTF8Text(example.text))
            guard seen.insert(key).inserted else { continue }
            if let old = known.removeValue(forKey: key) {
                if old.spans == example.spans, old.origin == example.origin { continue }
                change.examplesRemoved += 1
            }
            position += 1
            try add(
                .example,
                [
                    intent.name.rawValue, example.locale.rawValue, example.text,
                    example.spans.isEmpty ? nil : try RowJSON.text(example.spans), position,
                    example.origin.rawValue,
                ])
            change.examplesAdded += 1
        }
        let gone = known.filter { !keeps($0.value) }.keys
        for key in gone.sorted(by: { ($0.locale, $0.text) < ($1.locale, $1.text) }) {
            run(
                "DELETE FROM example WHERE intent = ? AND locale = ? AND text = ?",
                [intent.name.rawValue, key.locale.rawValue, key.text.string])
            change.examplesRemoved += 1
        }
    }

    private mutating func applySlots(_ intent: Intent, over stored: [SlotDefinition]) throws -> Bool {
        guard intent.slots != stored else { return false }
        run("DELETE FROM slot WHERE intent = ?", [intent.name.rawValue])
        for (position, slot) in intent.slots.enumerated() {
            run(
                "INSERT INTO slot (intent, name, entity, ask, position) VALUES (?, ?, ?, ?, ?)",
                [
                    intent.name.rawValue, slot.name.rawValue, slot.entity.rawValue, try RowJSON.text(slot.ask),
                    position,
                ])
        }
        return true
    }

    private mutating func applyAnswers(_ intent: Intent, over stored: [AnswerTemplate]) throws {
        let live = Dictionary(uniqueKeysWithValues: stored.map { ($0.ordinal, $0) })
        for answer in intent.answers {
            let definition = try RowJSON.text(TemplateDefinition(answer))
            if let old = live[answer.ordinal] {
                if try RowJSON.text(TemplateDefinition(old)) == definition { continue }
                try retire(old)
            }
            run(
                """
                INSERT INTO template (intent, ordinal, version, definition, created_at)
                VALUES (?1, ?2, 1 + (SELECT coalesce(max(version), 0) FROM template WHERE intent = ?1 AND ordinal = ?2), ?3, ?4)
                """,
                [intent.name.rawValue, answer.ordinal, definition, time])
            change.templatesChanged += 1
        }
        let kept = Set(intent.answers.map(\.ordinal))
        for answer in stored where !kept.contains(answer.ordinal) {
            try retire(answer)
            change.templatesChanged += 1
        }
    }

    private mutating func retire(_ answer: AnswerTemplate) throws {
        run(
            "UPDATE template SET retired_at = ? WHERE intent = ? AND ordinal = ? AND retired_at IS NULL",
            [time, answer.intent.rawValue, answer.ordinal])
    }
}

// MARK: - Knowledge

extension ContentImporter {
    private mutating func apply(_ given: KnowledgeEntry, over stored: KnowledgeEntry?, replacing: Bool) throws {
        let entry = replacing ? given : given.keepingReviewed(of: stored)
        if let stored {
            guard
                stored.locale != entry.locale || stored.title != entry.title || stored.questions != entry.questions
                    || stored.reviewed != entry.reviewed || stored.answer != entry.answer || stored.link != entry.link
                    || stored.collection != entry.collection
            else { return }
            change.knowledgeChanged += 1
        } else {
            change.knowledgeAdded += 1
        }
        try add(
            .knowledge,
            [
                entry.id.rawValue, entry.locale.rawValue, entry.title, try RowJSON.text(entry.questions),
                try RowJSON.text(entry.reviewed), entry.answer, entry.link, entry.collection?.rawValue,
            ])
    }
}

extension KnowledgeEntry {
    /// With the questions from the review queue that are stored and that the import does not have.
    fileprivate func keepingReviewed(of stored: KnowledgeEntry?) -> KnowledgeEntry {
        let own = Set(questions.map(UTF8Text.init(_:)))
        let kept = stored?.reviewed.filter { !own.contains(UTF8Text($0)) } ?? []
        return KnowledgeEntry(
            id: id, locale: locale, title: title, questions: questions + kept, reviewed: reviewed + kept,
            answer: answer, link: link, collection: collection, place: place)
    }
}

extension Intent {
    fileprivate func isDescribed(like other: Intent) -> Bool {
        description == other.description && title == other.title && act == other.act && confirms == other.confirms
            && action == other.action
    }
}

// MARK: - Phrases

extension ContentImporter {
    private mutating func apply(_ phrases: Phrases, over stored: Phrases?) throws {
        guard phrases != stored else { return }
        change.phrasesChanged.append(phrases.locale)
        run(
            """
            INSERT INTO phrases (locale, definition) VALUES (?, ?)
            ON CONFLICT (locale) DO UPDATE SET definition = excluded.definition
            """,
            [phrases.locale.rawValue, try RowJSON.text(phrases)])
    }
}

// MARK: - Settings

extension ContentImporter {
    private mutating func apply(_ settings: BotContent.Settings?, over stored: BotContent.Settings?) throws {
        guard let settings, settings != stored else { return }
        change.settingsChanged = true
        run(
            """
            INSERT INTO bot_settings (number, target_precision, ask_back, foreign_share) VALUES (1, ?, ?, ?)
            ON CONFLICT (number) DO UPDATE SET target_precision = excluded.target_precision,
                ask_back = excluded.ask_back, foreign_share = excluded.foreign_share
            """,
            [settings.targetPrecision, settings.askBack, settings.foreignShare])
    }
}

// MARK: - Teams

extension ContentImporter {
    private mutating func apply(_ teams: Teams?, over stored: Teams?) throws {
        guard let teams, teams != stored else { return }
        change.teamsChanged = true
        let sql = "INSERT OR REPLACE INTO teams (number, definition) VALUES (1, ?)"
        run(sql, [try RowJSON.text(teams)])
    }
}

// MARK: - Entities

extension ContentImporter {
    private mutating func apply(_ entity: EntityDefinition, over stored: EntityDefinition?) throws {
        if let stored {
            let isSame =
                stored.values == entity.values && stored.patterns == entity.patterns
                && stored.formats == entity.formats && stored.hint == entity.hint
            if isSame { return }
            change.entitiesChanged += 1
        } else {
            change.entitiesAdded += 1
        }
        run(
            """
            INSERT INTO entity (name, definition) VALUES (?, ?)
            ON CONFLICT (name) DO UPDATE SET definition = excluded.definition
            """,
            [entity.name.rawValue, try RowJSON.text(EntityRow(entity))])
    }

    private mutating func removeEntities(
        missingIn kept: [EntityDefinition], stored: [EntityDefinition]
    ) throws {
        let names = Set(kept.map(\.name))
        for entity in stored where !names.contains(entity.name) {
            run("DELETE FROM entity WHERE name = ?", [entity.name.rawValue])
            change.entitiesRemoved += 1
        }
    }
}
