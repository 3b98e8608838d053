internal import ConversationDomain
internal import GRDB
internal import ModelRecords

/// Brings the content in line with what was decided in the review queue, within the caller's transaction.
struct ReviewedContent {
    let database: Database
    let time: Int64

    /// Takes the items' earlier labels back and gives them the new one.
    /// - Throws: `ChatError(.conflict)` when the content has changed so that the label does not fit any more.
    func change(_ items: [ReviewItem], to label: ReviewLabel?) throws {
        for item in items { if let old = item.label { try remove(item, from: old) } }
        switch label {
        case nil: break
        case .knowledge(let id)?: try add(items.map(\.text), to: id)
        case .intent(let name)?:
            guard try exists(name) else { throw ChatError(.conflict, "the intent \(name) was removed meanwhile") }
            try apply(Intent(name: name, examples: examples(items)))
        case .newIntent(let name, let description)?:
            guard try !exists(name) else { throw ChatError(.conflict, "there is an intent \(name) already") }
            try apply(Intent(name: name, description: description, examples: examples(items)))
        case .outOfScope?: try apply(Intent(name: .outOfScope, examples: examples(items)))
        }
        try database.execute(sql: "UPDATE revision SET value = value + 1 WHERE area = 'content'")
    }

    private func examples(_ items: [ReviewItem]) -> [Example] {
        items.map { Example(text: $0.text, locale: $0.locale, origin: .review) }
    }

    private func exists(_ name: IntentName) throws -> Bool {
        try Bool.fetchOne(database, sql: "SELECT 1 FROM intent WHERE name = ?", arguments: [name.rawValue]) ?? false
    }

    /// A sentence that the owner wrote already stays the owner's.
    private func apply(_ intent: Intent) throws {
        if try !exists(intent.name) {
            try database.execute(
                sql: "INSERT INTO intent (name, description) VALUES (?, ?)",
                arguments: [intent.name.rawValue, intent.description])
        }
        for example in intent.examples {
            try database.execute(
                sql: """
                    INSERT INTO example (intent, locale, text, position, origin)
                    VALUES (?1, ?2, ?3, 1 + (SELECT coalesce(max(position), 0) FROM example WHERE intent = ?1), ?4)
                    ON CONFLICT DO NOTHING
                    """,
                arguments: [
                    intent.name.rawValue, example.locale.rawValue, example.text, example.origin.rawValue,
                ])
        }
    }

    private func remove(_ item: ReviewItem, from label: ReviewLabel) throws {
        if case .knowledge(let id) = label { return try remove(item.text, from: id) }
        try database.execute(
            sql: "DELETE FROM example WHERE intent = ? AND locale = ? AND text = ? AND origin = 'review'",
            arguments: [label.intent?.rawValue, item.locale.rawValue, item.text])
    }
}

// MARK: - Knowledge

extension ReviewedContent {
    private func add(_ texts: [String], to id: KnowledgeID) throws {
        guard let entry = try entry(id) else {
            throw ChatError(.conflict, "the knowledge entry \(id) was removed meanwhile")
        }
        let new = texts.filter { !entry.questions.contains($0) }
        try update(id, questions: entry.questions + new, reviewed: entry.reviewed + new)
    }

    private func remove(_ text: String, from id: KnowledgeID) throws {
        guard let entry = try entry(id), entry.reviewed.contains(text) else { return }
        try update(
            id, questions: entry.questions.filter { $0 != text }, reviewed: entry.reviewed.filter { $0 != text })
    }

    private func entry(_ id: KnowledgeID) throws -> (questions: [String], reviewed: [String])? {
        try Row.fetchOne(
            database, sql: "SELECT questions, reviewed FROM knowledge WHERE id = ?", arguments: [id.rawValue]
        ).map { (try RowJSON.value($0["questions"]), try RowJSON.value($0["reviewed"])) }
    }

    private func update(_ id: KnowledgeID, questions: [String], reviewed: [String]) throws {
        try database.execute(
            sql: "UPDATE knowledge SET questions = ?, reviewed = ? WHERE id = ?",
            arguments: [try RowJSON.text(questions), try RowJSON.text(reviewed), id.rawValue])
    }
}
