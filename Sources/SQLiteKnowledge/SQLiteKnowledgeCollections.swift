public import ConversationDomain
internal import Foundation
internal import GRDB
public import SQLiteStore

/// The passages of documents, collection by collection. Entries that somebody wrote, and other collections, are never touched.
public struct SQLiteKnowledgeCollections: Sendable {
    private let database: SQLiteDatabase

    public init(_ database: SQLiteDatabase) { self.database = database }

    /// How many passages each collection has.
    public func collections() async throws -> [(name: CollectionName, passages: Int)] {
        try await database.read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT collection, count(*) FROM knowledge WHERE collection IS NOT NULL
                    GROUP BY collection ORDER BY collection
                    """)
            return rows.map { (CollectionName(trusted: $0[0]), $0[1]) }
        }
    }

    /// Makes a collection hold exactly these passages, in one transaction. Wordings that were added to a passage in the review queue
    /// stay with it.
    /// - Throws: `ChatError(.conflict)` when a passage has the id of an entry that is not of the collection.
    public func synchronise(
        _ passages: [KnowledgeEntry], of collection: CollectionName, dryRun: Bool = false,
        progress: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
    ) async throws -> CollectionChange {
        do {
            return try await database.write { database in
                var run = Synchronisation(database: database, collection: collection)
                try run.take(passages, progress: progress)
                try run.retireTheRest()
                if dryRun { throw DryRun(change: run.change) }
                if !run.change.isEmpty {
                    try database.execute(sql: "UPDATE revision SET value = value + 1 WHERE area = 'content'")
                }
                return run.change
            }
        } catch let dryRun as DryRun {
            return dryRun.change
        }
    }
}

/// Carries the outcome out of the savepoint that undoes it.
private struct DryRun: Error {
    let change: CollectionChange
}

/// One synchronisation, within the caller's transaction.
private struct Synchronisation {
    let database: Database
    let collection: CollectionName
    var change = CollectionChange()
    private var rest: Set<String> = []

    init(database: Database, collection: CollectionName) {
        self.database = database
        self.collection = collection
    }

    private static let progressStep = 500

    mutating func take(_ passages: [KnowledgeEntry], progress: (Int, Int) -> Void) throws {
        rest = try String.fetchSet(
            database, sql: "SELECT id FROM knowledge WHERE collection = ?", arguments: [collection.rawValue])
        let look = try database.cachedStatement(
            sql: "SELECT locale, title, questions, reviewed, answer, link, collection FROM knowledge WHERE id = ?")
        let write = try database.cachedStatement(
            sql: """
                INSERT INTO knowledge (id, locale, title, questions, reviewed, answer, link, collection)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET locale = excluded.locale, title = excluded.title,
                    questions = excluded.questions, reviewed = excluded.reviewed, answer = excluded.answer,
                    link = excluded.link
                """)
        for (index, passage) in passages.enumerated() {
            if index.isMultiple(of: Self.progressStep) { progress(index, passages.count) }
            let stored = try Row.fetchOne(look, arguments: [passage.id.rawValue])
            guard stored == nil || stored?["collection"] == collection.rawValue else {
                throw ChatError(
                    .conflict,
                    "'\(passage.id)' is the id of an entry that does not belong to '\(collection)'; choose another --collection"
                )
            }
            let reviewed = try stored.map { try Self.texts($0["reviewed"]) } ?? []
            let kept = reviewed.filter { !passage.questions.contains($0) }
            let questions = passage.questions + kept
            rest.remove(passage.id.rawValue)
            if let stored {
                let isSame =
                    stored["locale"] == passage.locale.rawValue && stored["title"] == passage.title
                    && stored["answer"] == passage.answer && stored["link"] == passage.link
                    && reviewed == kept
                guard try !isSame || Self.texts(stored["questions"]) != questions else {
                    change.unchanged += 1
                    continue
                }
                change.changed += 1
            } else {
                change.added += 1
            }
            try write.execute(arguments: [
                passage.id.rawValue, passage.locale.rawValue, passage.title, try Self.json(questions),
                try Self.json(kept), passage.answer, passage.link, collection.rawValue,
            ])
        }
        progress(passages.count, passages.count)
    }

    mutating func retireTheRest() throws {
        let delete = try database.cachedStatement(sql: "DELETE FROM knowledge WHERE id = ?")
        for id in rest.sorted() { try delete.execute(arguments: [id]) }
        change.retired = rest.count
    }

    private static func texts(_ json: String) throws -> [String] {
        try JSONDecoder().decode([String].self, from: Data(json.utf8))
    }

    private static func json(_ texts: [String]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(texts), as: UTF8.self)
    }
}
