public import ConversationDomain
internal import DataFolder
public import Foundation
internal import GRDB
public import ModelRecords

/// Keeps what bot owners wrote: intents with examples, slots and versioned answers, and knowledge.
public struct SQLiteContentStore: ContentStore {
    private let database: SQLiteDatabase
    private let now: @Sendable () -> Date

    public init(_ database: SQLiteDatabase, now: @escaping @Sendable () -> Date = { Date() }) {
        self.database = database
        self.now = now
    }

    public func revision() async throws -> Int64 {
        try database.lookUp { try Self.revision($0) }
    }

    public func content() async throws -> (revision: Int64, content: BotContent) {
        try await database.read { database in
            let reader = ContentReader(database: database)
            return (try Self.revision(database), try reader.content())
        }
    }

    public func apply(
        _ content: BotContent, replacing: Bool, dryRun: Bool, progress: @escaping @Sendable (Int, Int) -> Void
    ) async throws -> ContentChange {
        try await apply(content, labelSets: [], replacing: replacing, dryRun: dryRun, progress: progress).content
    }

    /// Content and the label sets that lie beside it, in one transaction: all of it is stored or nothing.
    ///
    /// - Throws: `ChatError` when a label set does not fit; nothing is stored then, of the content neither.
    public func apply(
        _ content: BotContent, labelSets: [LabelSet], replacing: Bool, dryRun: Bool,
        progress: @escaping @Sendable (Int, Int) -> Void
    ) async throws -> (content: ContentChange, labelSets: [LabelSetChange]) {
        do {
            guard content.rowCount >= ContentStaging.least else {
                return try await database.write { database in
                    let sets = try apply(labelSets, replacing: replacing, in: database)
                    let found = try prepared(content, replacing: replacing, in: database, progress: progress)
                    return try finish(found, sets, dryRun: dryRun, in: database)
                }
            }
            return try await database.besideTransactions { database in
                defer { try? ContentStaging.drop(in: database) }
                return try changeStaged(content, labelSets, replacing, dryRun, in: database, progress)
            }
        } catch let dryRun as DryRun {
            return (dryRun.content, dryRun.labelSets)
        }
    }

    /// How often an import is compared anew when another process changed the content meanwhile.
    private static let attempts = 5

    /// Finds out what is to do before the lock is taken: other processes wait only as long as it takes to do it.
    private func changeStaged(
        _ content: BotContent, _ labelSets: [LabelSet], _ replacing: Bool, _ dryRun: Bool, in database: Database,
        _ progress: (Int, Int) -> Void
    ) throws -> (content: ContentChange, labelSets: [LabelSetChange]) {
        for _ in 0..<Self.attempts {
            let staging = try ContentStaging(database)
            var found: StagedImport?
            // Reads one snapshot and writes temporary tables only.
            try database.inTransaction(.deferred) {
                found = try prepared(content, replacing: replacing, in: database, staging, progress: progress)
                return .commit
            }
            var result: (ContentChange, [LabelSetChange])?
            try database.inTransaction(.immediate) {
                guard let found, try Self.revision(database) == found.revision else { return .rollback }
                let sets = try apply(labelSets, replacing: replacing, in: database)
                result = try finish(found, sets, dryRun: dryRun, in: database)
                return .commit
            }
            if let result { return result }
        }
        throw ChatError(.conflict, "the content is changed by somebody else at the same time, try again")
    }

    private func prepared(
        _ content: BotContent, replacing: Bool, in database: Database, _ staging: ContentStaging? = nil,
        progress: (Int, Int) -> Void
    ) throws -> StagedImport {
        var importer = ContentImporter(time: RowTime.milliseconds(now()), staging: staging)
        let revision = try Self.revision(database)
        try importer.apply(
            content, over: try ContentReader(database: database).content(), replacing: replacing, progress: progress)
        return importer.found(at: revision)
    }

    /// Comes first in the transaction of an import: label sets are soon read, and what does not fit is refused before the content is
    /// gone through.
    private func apply(_ labelSets: [LabelSet], replacing: Bool, in database: Database) throws -> [LabelSetChange] {
        try labelSets.map { try SQLiteLabelSetStore.apply($0, replacing: replacing, to: database) }
    }

    /// Ends the transaction of an import.
    private func finish(
        _ found: StagedImport, _ sets: [LabelSetChange], dryRun: Bool, in database: Database
    ) throws -> (content: ContentChange, labelSets: [LabelSetChange]) {
        try found.finish(in: database)
        if dryRun { throw DryRun(content: found.change, labelSets: sets) }
        if !found.change.isEmpty {
            try database.execute(sql: "UPDATE revision SET value = value + 1 WHERE area = 'content'")
        }
        return (found.change, sets)
    }

    private static func revision(_ database: Database) throws -> Int64 {
        let statement = try database.cachedStatement(sql: "SELECT value FROM revision WHERE area = 'content'")
        return try Int64.fetchOne(statement) ?? 0
    }
}

/// Carries the outcome of an import out of the savepoint that undoes it.
private struct DryRun: Error {
    let content: ContentChange
    let labelSets: [LabelSetChange]
}

/// Reads all content of one snapshot.
struct ContentReader {
    let database: Database

    func content() throws -> BotContent {
        BotContent(
            intents: try intents(), knowledge: try knowledge(), entities: try entities(), settings: try settings(),
            phrases: try phrases(), teams: try teams())
    }

    private func teams() throws -> Teams? {
        try Row.fetchOne(database, sql: "SELECT definition FROM teams").map { try RowJSON.value($0[0]) }
    }

    private func phrases() throws -> [Phrases] {
        try Row.fetchAll(database, sql: "SELECT definition FROM phrases ORDER BY locale").map {
            try RowJSON.value($0[0])
        }
    }

    func settings() throws -> BotContent.Settings? {
        try Row.fetchOne(database, sql: "SELECT target_precision, ask_back, foreign_share FROM bot_settings").map {
            BotContent.Settings(targetPrecision: $0[0], askBack: $0[1], foreignShare: $0[2])
        }
    }

    private func intents() throws -> [Intent] {
        var examples: [String: [Example]] = [:]
        for row in try Row.fetchAll(database, sql: "SELECT * FROM example ORDER BY intent, locale, position, text") {
            examples[row["intent"], default: []].append(try Self.example(row))
        }
        var slots: [String: [SlotDefinition]] = [:]
        for row in try Row.fetchAll(database, sql: "SELECT * FROM slot ORDER BY intent, position") {
            slots[row["intent"], default: []].append(
                SlotDefinition(
                    name: SlotName(trusted: row["name"]), entity: EntityName(trusted: row["entity"]),
                    ask: try RowJSON.value(row["ask"])))
        }
        var answers: [String: [AnswerTemplate]] = [:]
        for row in try Row.fetchAll(
            database, sql: "SELECT * FROM template WHERE retired_at IS NULL ORDER BY intent, ordinal")
        {
            answers[row["intent"], default: []].append(try Self.template(row))
        }
        return try Row.fetchAll(database, sql: "SELECT * FROM intent ORDER BY name").map { row in
            let name: String = row["name"]
            return Intent(
                name: IntentName(trusted: name), description: row["description"],
                title: try RowJSON.value(row["title"]),
                act: (row["act"] as String?).flatMap(SpeechAct.init(rawValue:)), confirms: row["confirms"],
                examples: examples[name] ?? [], slots: slots[name] ?? [],
                action: try (row["action"] as String?).map { try RowJSON.value($0) }, answers: answers[name] ?? [])
        }
    }

    private static func example(_ row: Row) throws -> Example {
        guard let locale = BotLocale(row["locale"]) else {
            throw StoreError(.altered, "unexpected locale in the database")
        }
        return Example(
            text: row["text"], locale: locale, spans: try (row["spans"] as String?).map { try RowJSON.value($0) } ?? [],
            origin: try RowJSON.enumeration(row["origin"]))
    }

    private static func template(_ row: Row) throws -> AnswerTemplate {
        let definition: TemplateDefinition = try RowJSON.value(row["definition"])
        return AnswerTemplate(
            intent: IntentName(trusted: row["intent"]), ordinal: row["ordinal"], version: row["version"],
            condition: definition.condition, text: definition.text, buttons: definition.buttons)
    }

    private func entities() throws -> [EntityDefinition] {
        try Row.fetchAll(database, sql: "SELECT * FROM entity ORDER BY name").map { row in
            let definition: EntityRow = try RowJSON.value(row["definition"])
            return EntityDefinition(
                name: EntityName(trusted: row["name"]), values: definition.values, patterns: definition.patterns,
                formats: definition.formats ?? [], hint: definition.hint ?? [:])
        }
    }

    func knowledge() throws -> [KnowledgeEntry] {
        try Row.fetchAll(database, sql: "SELECT * FROM knowledge ORDER BY id").map { row in
            guard let locale = BotLocale(row["locale"]) else {
                throw StoreError(.altered, "unexpected locale in the database")
            }
            return KnowledgeEntry(
                id: KnowledgeID(trusted: row["id"]), locale: locale, title: row["title"],
                questions: try RowJSON.value(row["questions"]), reviewed: try RowJSON.value(row["reviewed"]),
                answer: row["answer"], link: row["link"],
                collection: (row["collection"] as String?).map(CollectionName.init(trusted:)))
        }
    }
}

/// What is stored of an entity beside its name.
struct EntityRow: Codable {
    let values: [EntityDefinition.Value]
    let patterns: [String]
    /// Nil in what an earlier program stored.
    let formats: [String]?
    let hint: [BotLocale: String]?

    init(_ definition: EntityDefinition) {
        values = definition.values
        patterns = definition.patterns
        formats = definition.formats
        hint = definition.hint
    }
}

/// What a version of an answer consists of.
struct TemplateDefinition: Codable {
    let condition: AnswerCondition
    let text: [BotLocale: String]
    let buttons: [ButtonTemplate]

    init(_ template: AnswerTemplate) {
        condition = template.condition
        text = template.text
        buttons = template.buttons
    }
}

extension BotContent {
    /// Examples and entries.
    fileprivate var rowCount: Int { intents.reduce(knowledge.count) { $0 + $1.examples.count } }
}
