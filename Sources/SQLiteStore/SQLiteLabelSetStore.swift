public import ConversationDomain
internal import GRDB
public import ModelRecords

/// Keeps the texts that classifiers beside the intents are learnt from.
public struct SQLiteLabelSetStore: LabelSetStore {
    private let database: SQLiteDatabase

    public init(_ database: SQLiteDatabase) {
        self.database = database
    }

    public func summaries() async throws -> [LabelSetSummary] {
        try await database.read { database in
            try Self.names(database).map { LabelSetSummary(classifier: $0, labels: try Self.counts($0, database)) }
        }
    }

    public func labelSets() async throws -> [LabelSet] {
        try await database.read { database in
            try Self.names(database).map { name in
                LabelSet(
                    classifier: name,
                    texts: try Self.labels(name, database).sorted { $0.key < $1.key }
                        .map { LabelSetText(text: $0.key.string, label: LabelName(trusted: $0.value)) })
            }
        }
    }

    public func apply(_ set: LabelSet, replacing: Bool, dryRun: Bool) async throws -> LabelSetChange {
        do {
            return try await database.write { database in
                let change = try Self.apply(set, replacing: replacing, to: database)
                if dryRun { throw DryRun(change: change) }
                return change
            }
        } catch let dryRun as DryRun {
            return dryRun.change
        }
    }

    public func remove(_ classifier: ClassifierName) async throws -> Bool {
        try await database.write { database in
            try database.execute(sql: "DELETE FROM classifier WHERE name = ?", arguments: [classifier.rawValue])
            return database.changesCount > 0
        }
    }

    /// Carries the outcome out of the savepoint that undoes it.
    private struct DryRun: Error {
        let change: LabelSetChange
    }
}

// MARK: - Reading

extension SQLiteLabelSetStore {
    private static func names(_ database: Database) throws -> [ClassifierName] {
        try String.fetchAll(database, sql: "SELECT name FROM classifier ORDER BY name")
            .map(ClassifierName.init(trusted:))
    }

    private static func counts(_ name: ClassifierName, _ database: Database) throws -> [LabelName: Int] {
        let rows = try Row.fetchAll(
            database, sql: "SELECT label, count(*) FROM classifier_text WHERE classifier = ? GROUP BY label",
            arguments: [name.rawValue])
        return Dictionary(uniqueKeysWithValues: rows.map { (LabelName(trusted: $0[0]), $0[1] as Int) })
    }

    /// The label of each text.
    private static func labels(_ name: ClassifierName, _ database: Database) throws -> [UTF8Text: String] {
        let rows = try Row.fetchCursor(
            database, sql: "SELECT text, label FROM classifier_text WHERE classifier = ?", arguments: [name.rawValue])
        var labels: [UTF8Text: String] = [:]
        while let row = try rows.next() { labels[UTF8Text(row[0])] = row[1] as String }
        return labels
    }
}

// MARK: - Writing

extension SQLiteLabelSetStore {
    /// Inside a transaction; throws what must undo it.
    static func apply(_ set: LabelSet, replacing: Bool, to database: Database) throws -> LabelSetChange {
        let (name, before) = (set.classifier, try counts(set.classifier, database))
        let stored = try labels(name, database)
        try database.execute(
            sql: "INSERT INTO classifier (name) VALUES (?) ON CONFLICT DO NOTHING", arguments: [name.rawValue])
        let isNew = database.changesCount > 0
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO classifier_text (classifier, text, label) VALUES (?, ?, ?)
                ON CONFLICT (classifier, text) DO UPDATE SET label = excluded.label
                """)
        var (added, relabelled) = (0, 0)
        var kept: Set<UTF8Text> = []
        for text in set.texts where kept.insert(UTF8Text(text.text)).inserted {
            let old = stored[UTF8Text(text.text)]
            guard old != text.label.rawValue else { continue }
            try insert.execute(arguments: [name.rawValue, text.text, text.label.rawValue])
            if old == nil { added += 1 } else { relabelled += 1 }
        }
        var removed = 0
        if replacing {
            let delete = try database.cachedStatement(
                sql: "DELETE FROM classifier_text WHERE classifier = ? AND text = ?")
            for text in stored.keys where !kept.contains(text) {
                try delete.execute(arguments: [name.rawValue, text.string])
                removed += 1
            }
        }
        let after = LabelSetSummary(classifier: name, labels: try counts(name, database))
        try check(after, count: try names(database).count)
        return LabelSetChange(
            after: after, isNew: isNew, added: added, relabelled: relabelled, removed: removed,
            vanished: Set(before.keys).subtracting(after.labels.keys).sorted())
    }

    private static func check(_ set: LabelSetSummary, count: Int) throws {
        guard count <= LabelSet.countLimit else {
            throw ChatError(.tooLarge, "\(count) classifiers, at most \(LabelSet.countLimit) can be kept")
        }
        guard set.texts <= LabelSet.textLimit else {
            throw ChatError(
                .tooLarge,
                "the classifier '\(set.classifier)' would have \(set.texts) texts, at most \(LabelSet.textLimit) can be kept"
            )
        }
        guard LabelSet.labelCounts.contains(set.labels.count) else {
            let only = set.labels.count == 1 ? " (\(set.labels.keys.map(\.rawValue).joined()))" : ""
            throw ChatError(
                .invalidRequest,
                "the classifier '\(set.classifier)' would have \(set.labels.count) \(set.labels.count == 1 ? "label" : "labels")\(only), expected \(LabelSet.labelCounts.lowerBound) to \(LabelSet.labelCounts.upperBound)"
            )
        }
    }
}
