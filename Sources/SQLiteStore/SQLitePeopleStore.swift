public import ConversationDomain
import Foundation
internal import GRDB
public import People
import Wire

extension SQLiteConversationStore: PeopleStore {
    public func createOrFind(_ conversation: Conversation) async throws -> (conversation: Conversation, isNew: Bool) {
        let row = try ConversationRow.values(conversation, state: DialogueState())
        return try await database.write { database in
            // The index on open conversations decides; a look before it would only be a guess.
            try database.cachedStatement(sql: ConversationRow.insertion + " ON CONFLICT DO NOTHING").execute(
                arguments: StatementArguments(row))
            if database.changesCount == 1 {
                try ConversationJournal.record(
                    [.created], of: conversation, at: conversation.createdAt, outbox, database)
                return (conversation, true)
            }
            let sql = "SELECT id FROM conversation WHERE app = ? AND external_id = ? AND status <> 'closed'"
            let id = try database.first(sql, [conversation.app.rawValue, conversation.externalID]) { $0[0] as String }
            guard let id, let found = try Self.fetch(ConversationID(trusted: id), database) else {
                throw ChatError(.conflict, "there is a conversation of this id")
            }
            return (found.conversation, false)
        }
    }

    /// Conversations that wait for a person; entries of an index are counted.
    public func waitingConversations() async throws -> Int {
        try await database.read { database in
            let sql = "SELECT count(*) FROM conversation WHERE status IN ('waiting', 'agent') AND status = 'waiting'"
            return try Int.fetchOne(database, sql: sql) ?? 0
        }
    }

    public func commit(_ change: ConversationChange) async throws {
        let values = try ConversationRow.changed(change.after, before: change.before)
        try await database.write { database in
            try ConversationRow.keepingNamesApart {
                try database.cachedStatement(sql: ConversationRow.change).execute(arguments: StatementArguments(values))
            }
            guard database.changesCount == 1 else {
                throw ChatError(.conflict, "the conversation was changed meanwhile; look at it and try again")
            }
            try ConversationJournal.record(change.events, of: change.after, at: change.at, outbox, database)
        }
    }

    public func posted(_ clientMessageID: String, in id: ConversationID) async throws -> PostedMessage? {
        let sql = """
            SELECT message.*, posted_message.author, posted_message.author_name FROM posted_message
            JOIN message ON message.conversation_id = posted_message.conversation_id AND message.seq = posted_message.seq
            WHERE posted_message.conversation_id = ? AND posted_message.client_message_id = ?
            """
        return try database.lookUp { database in
            try database.first(sql, [id.rawValue, clientMessageID]) { row in
                PostedMessage(
                    message: try Self.message(row), author: Self.assignee(row["author"], row["author_name"]),
                    clientMessageID: clientMessageID)
            }
        }
    }

    public func notes(on id: ConversationID) async throws -> [Note] {
        try await database.read { database in
            let rows = try Row.fetchAll(
                database, sql: "SELECT * FROM note WHERE conversation_id = ? ORDER BY id LIMIT ?",
                arguments: [id.rawValue, Self.noteLimit])
            return rows.map { row in
                Note(
                    id: NoteID(trusted: row["id"]), author: Assignee(id: row["author"], name: row["author_name"]),
                    text: row["text"], createdAt: RowTime.date(row["created_at"]))
            }
        }
    }

    /// Notes that are read of one conversation.
    private static let noteLimit = 1_000

    public func authors(in id: ConversationID) async throws -> [MessageID: Assignee] {
        try await database.read { database in
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT message.id, author, author_name FROM posted_message
                    JOIN message USING (conversation_id, seq) WHERE conversation_id = ? AND author IS NOT NULL
                    ORDER BY seq DESC LIMIT ?
                    """, arguments: [id.rawValue, Transcript.messageLimit])
            var authors: [MessageID: Assignee] = [:]
            while let row = try rows.next() {
                authors[MessageID(trusted: row[0])] = Assignee(id: row[1], name: row[2])
            }
            return authors
        }
    }

    static func assignee(_ id: String?, _ name: String?) -> Assignee? {
        if let id, let name { Assignee(id: id, name: name) } else { nil }
    }
}

// MARK: - People

extension SQLiteConversationStore {
    public func agent(of key: KeyID) async throws -> Agent? {
        try agent(where: "key_id = ?", [key.rawValue])
    }

    public func agent(_ id: AgentID) async throws -> Agent? { try agent(where: "id = ?", [id.rawValue]) }

    public func agent(named name: String, of app: AppName) async throws -> Agent? {
        try agent(where: "app = ? AND name = ? AND disabled_at IS NULL", [app.rawValue, name])
    }

    public func name(of key: KeyID) async throws -> String? {
        try database.lookUp { database in
            try database.first("SELECT name FROM api_key WHERE id = ?", [key.rawValue]) { $0[0] as String }
        }
    }

    private func agent(where condition: String, _ arguments: StatementArguments) throws -> Agent? {
        try database.lookUp { database in
            try database.first("SELECT * FROM agent WHERE \(condition)", arguments, Self.agent)
        }
    }

    static func agent(_ row: Row) throws -> Agent {
        Agent(
            id: AgentID(trusted: row["id"]), app: AppName(trusted: row["app"]), name: row["name"],
            role: try RowJSON.enumeration(row["role"]),
            teams: try RowJSON.strings(row["teams"]).map(TeamName.init(trusted:)),
            key: KeyID(trusted: row["key_id"]), createdAt: RowTime.date(row["created_at"]),
            disabledAt: (row["disabled_at"] as Int64?).map(RowTime.date))
    }
}

// MARK: - The list

extension SQLiteConversationStore {
    public func conversations(_ query: ConversationQuery, of app: AppName?, me: String?) async throws
        -> ConversationPage
    {
        let search = ConversationSearch(query, app: app, me: me)
        return try await database.read { try search.page($0) }
    }
}

/// One page of the list: walks along the narrowest index that the query has, newest first, and compares the rest row by row, so that
/// whatever is asked for, a page looks at a bounded number of rows.
private struct ConversationSearch {
    let query: ConversationQuery
    let app: AppName?
    let me: String?
    /// For `LIKE`, with `\` before what it would take for a sign of its own.
    private let pattern: String?

    init(_ query: ConversationQuery, app: AppName?, me: String?) {
        self.query = query
        self.app = app
        self.me = me
        pattern = query.text.map { text in
            "%" + text.reduce(into: "") { $0 += "%_\\".contains($1) ? "\\\($1)" : "\($1)" } + "%"
        }
    }

    private var holder: String? {
        switch query.holder {
        case .me: me
        case .named(let id): id
        case .nobody, nil: nil
        }
    }

    /// What the index is entered by.
    private var entrance: (condition: String, arguments: [(any DatabaseValueConvertible)?]) {
        if let id = query.externalID { return ("external_id = ?", [id]) }
        if let visitor = query.visitor { return ("visitor_id = ?", [visitor]) }
        if let holder { return ("assignee = ?", [holder]) }
        let withPeople: Set<ConversationStatus> = [.waiting, .agent]
        if !query.statuses.isEmpty, query.statuses.isSubset(of: withPeople) {
            let statuses = query.statuses.map(\.rawValue).sorted()
            // The condition of the index, in its own words.
            return (
                "status IN ('waiting', 'agent') AND status IN (\(statuses.map { _ in "?" }.joined(separator: ", ")))",
                statuses
            )
        }
        return ("TRUE", [])
    }

    func page(_ database: Database) throws -> ConversationPage {
        let (condition, arguments) = entrance
        let first = query.from.map { IdentifierGenerator.first(at: $0, ConversationID.self).rawValue } ?? ""
        let byTime = query.to.map { IdentifierGenerator.first(at: $0, ConversationID.self).rawValue }
        let before = [query.after?.rawValue, byTime].compactMap { $0 }.min() ?? "conv_~"
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT \(ConversationRow.columns), id, visitor_id FROM conversation
                WHERE \(condition) AND id >= ? AND id < ? ORDER BY id DESC
                """, arguments: StatementArguments(arguments + [first, before]))
        let lookedAtMost = pattern == nil ? ConversationQuery.lookedAt : ConversationQuery.searched
        var found: [Conversation] = []
        var (looked, last) = (0, nil as ConversationID?)
        while let row = try rows.next() {
            if found.count == query.limit || looked == lookedAtMost {
                return ConversationPage(conversations: found, next: last)
            }
            looked += 1
            last = ConversationID(trusted: row["id"])
            if try fits(row, database) { found.append(try ConversationRow.conversation(row)) }
        }
        return ConversationPage(conversations: found, next: nil)
    }

    private func fits(_ row: Row, _ database: Database) throws -> Bool {
        func holds(_ column: String, _ wanted: String?) -> Bool {
            wanted.map { wanted in (row[column] as String?).map { UTF8Text($0) == UTF8Text(wanted) } ?? false } ?? true
        }
        guard holds("app", app?.rawValue), holds("team", query.team?.rawValue), holds("assignee", holder),
            holds("visitor_id", query.visitor), holds("external_id", query.externalID)
        else { return false }
        if query.holder == .nobody, row["assignee"] as String? != nil { return false }
        if query.holder == .me, me == nil { return false }
        if !query.statuses.isEmpty, !query.statuses.contains(try RowJSON.enumeration(row["status"])) { return false }
        return try pattern.map { try isMentioned($0, row, database) } ?? true
    }

    private func isMentioned(_ pattern: String, _ row: Row, _ database: Database) throws -> Bool {
        let sql = """
            SELECT 1 WHERE ?1 LIKE ?4 ESCAPE '\\' OR json_extract(?2, '$.name') LIKE ?4 ESCAPE '\\'
                OR json_extract(?2, '$.email') LIKE ?4 ESCAPE '\\'
                OR EXISTS (SELECT 1 FROM message WHERE conversation_id = ?3 AND text LIKE ?4 ESCAPE '\\')
            """
        let external: String? = row["external_id"]
        let visitor: String? = row["visitor"]
        let id: String = row["id"]
        return try database.first(sql, [external, visitor, id, pattern]) { _ in true } ?? false
    }
}
