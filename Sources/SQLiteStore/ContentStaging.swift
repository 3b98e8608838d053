internal import ConversationDomain
internal import GRDB

/// Takes the many rows of an import aside, into temporary tables of the writing connection: filling these locks nobody out. What is left
/// to do under the lock is to move them over, which SQLite does by itself in one statement a table.
struct ContentStaging {
    enum Table: String, CaseIterable {
        case example, knowledge

        fileprivate var columns: String {
            switch self {
            case .example: "intent, locale, text, spans, position, origin"
            case .knowledge: "id, locale, title, questions, reviewed, answer, link, collection"
            }
        }

        /// In the order of the table's own key.
        fileprivate var key: String {
            switch self {
            case .example: "intent, locale, text"
            case .knowledge: "id"
            }
        }

        private var update: String {
            switch self {
            case .example: "spans = excluded.spans, origin = excluded.origin"
            case .knowledge:
                """
                locale = excluded.locale, title = excluded.title, questions = excluded.questions, reviewed = excluded.reviewed,
                answer = excluded.answer, link = excluded.link, collection = excluded.collection
                """
            }
        }

        fileprivate var staged: String { "temp.staged_\(rawValue)" }

        fileprivate var places: String { columns.split(separator: ",").map { _ in "?" }.joined(separator: ", ") }

        /// Adds one row, or changes the one that has its key.
        var insertion: String {
            "INSERT INTO \(rawValue) (\(columns)) VALUES (\(places)) ON CONFLICT (\(key)) DO UPDATE SET \(update)"
        }

        fileprivate var move: String {
            """
            INSERT INTO \(rawValue) (\(columns)) SELECT \(columns) FROM \(staged) WHERE true ORDER BY \(key)
            ON CONFLICT (\(key)) DO UPDATE SET \(update)
            """
        }
    }

    /// Rows from which on an import is laid aside first.
    static let least = 500

    private let database: Database

    /// Makes the tables, empty. Not within a transaction.
    init(_ database: Database) throws {
        self.database = database
        // They need no more memory than the content that is imported.
        try database.execute(sql: "PRAGMA temp_store = MEMORY")
        for table in Table.allCases {
            try database.execute(sql: "DROP TABLE IF EXISTS \(table.staged)")
            try database.execute(sql: "CREATE TEMP TABLE staged_\(table.rawValue) (\(table.columns))")
        }
    }

    func add(_ table: Table, _ arguments: StatementArguments) throws {
        let sql = "INSERT INTO \(table.staged) (\(table.columns)) VALUES (\(table.places))"
        try database.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    /// Moves the rows over, within the caller's transaction.
    static func move(in database: Database) throws {
        for table in Table.allCases { try database.execute(sql: table.move) }
    }

    /// Lets go of the memory.
    static func drop(in database: Database) throws {
        for table in Table.allCases { try database.execute(sql: "DROP TABLE IF EXISTS \(table.staged)") }
    }
}
