public import ConversationDomain
internal import DataFolder
public import Foundation
internal import GRDB
public import ModelRecords

/// Keeps the review queue, and carries decisions over into the content.
public struct SQLiteReviewStore: ReviewStore {
    /// Open items that are kept unless told otherwise.
    public static let openLimit = 10_000

    private let database: SQLiteDatabase
    private let ids: IdentifierGenerator
    private let openLimit: Int

    /// - Parameter openLimit: open items that are kept; the oldest give way.
    public init(
        _ database: SQLiteDatabase, ids: IdentifierGenerator = IdentifierGenerator(), openLimit: Int = openLimit
    ) {
        self.database = database
        self.ids = ids
        self.openLimit = openLimit
    }

    public func file(_ filing: ReviewFiling, at time: Date) async throws -> ReviewID {
        try await database.write { database in
            try queue(database).file(filing, at: RowTime.milliseconds(time))
        }
    }

    public func file(_ reason: ReviewReason, message: MessageID, suggestion: IntentName?, at time: Date) async throws
        -> ReviewID?
    {
        try await database.write { database in
            try queue(database).file(
                reason, message: message, suggestion: suggestion, at: RowTime.milliseconds(time))
        }
    }

    private func queue(_ database: Database) -> ReviewQueue {
        ReviewQueue(database: database, ids: ids, openLimit: openLimit)
    }

    public func items(_ status: ReviewStatus, limit: Int) async throws -> [ReviewItem] {
        try await database.read { database in
            try Row.fetchAll(
                database, sql: Self.select + " WHERE status = ? ORDER BY id DESC LIMIT ?",
                arguments: [status.rawValue, limit]
            ).reversed().map(Self.item)
        }
    }

    public func item(_ id: ReviewID) async throws -> ReviewItem? {
        try await database.read { try Self.fetch(id, $0) }
    }

    public func count(_ status: ReviewStatus) async throws -> Int {
        try await database.read { database in
            try Int.fetchOne(
                database, sql: "SELECT count(*) FROM review WHERE status = ?", arguments: [status.rawValue]) ?? 0
        }
    }

    public func decide(_ decision: ReviewDecision) async throws -> [ReviewID] {
        try await database.write { database in
            let current = try decision.items.compactMap { item -> ReviewItem? in
                let now = try Self.fetch(item.id, database)
                return now?.status == item.status && now?.decidedAt == item.decidedAt ? now : nil
            }
            guard !current.isEmpty else { return [] }
            try ReviewedContent(database: database, time: RowTime.milliseconds(decision.at))
                .change(current, to: decision.label)
            for item in current { try Self.close(item.id, decision, database) }
            return current.map(\.id)
        }
    }
}

// MARK: - Rows

extension SQLiteReviewStore {
    private static let select = """
        SELECT review.*, (SELECT json_group_array(reason) FROM review_reason WHERE review_id = review.id) AS reasons,
            (SELECT knowledge FROM wrong_reply WHERE review_id = review.id AND knowledge IS NOT NULL
                ORDER BY marked_at DESC LIMIT 1) AS suggested_entry,
            (SELECT note FROM wrong_reply WHERE review_id = review.id AND note IS NOT NULL
                ORDER BY marked_at DESC LIMIT 1) AS note
        FROM review
        """

    private static func fetch(_ id: ReviewID, _ database: Database) throws -> ReviewItem? {
        try Row.fetchOne(database, sql: select + " WHERE id = ?", arguments: [id.rawValue]).map(item)
    }

    private static func close(_ id: ReviewID, _ decision: ReviewDecision, _ database: Database) throws {
        try database.execute(
            sql: "UPDATE review SET status = ?, label = ?, target = ?, decided_by = ?, decided_at = ? WHERE id = ?",
            arguments: [
                (decision.label == nil ? ReviewStatus.dismissed : .labelled).rawValue, decision.label?.kind,
                decision.label?.target, decision.by, RowTime.milliseconds(decision.at), id.rawValue,
            ])
    }

    private static func item(_ row: Row) throws -> ReviewItem {
        let reasons: Set<ReviewReason> = try RowJSON.value(row["reasons"])
        guard let locale = BotLocale(row["locale"]) else {
            throw StoreError(.altered, "unexpected locale in the database")
        }
        return ReviewItem(
            id: ReviewID(trusted: row["id"]), text: row["text"], locale: locale,
            reasons: ReviewReason.allCases.filter(reasons.contains), count: row["count"],
            intent: (row["intent"] as String?).map(IntentName.init(trusted:)), confidence: row["confidence"],
            model: (row["model"] as String?).map(ModelVersionID.init(trusted:)),
            suggestion: (row["suggestion"] as String?).map(IntentName.init(trusted:)),
            message: (row["message_id"] as String?).map(MessageID.init(trusted:)),
            conversation: (row["conversation_id"] as String?).map(ConversationID.init(trusted:)),
            createdAt: RowTime.date(row["created_at"]), lastSeenAt: RowTime.date(row["last_seen_at"]),
            status: try RowJSON.enumeration(row["status"]),
            label: ReviewLabel(kind: row["label"], target: row["target"]),
            decidedBy: row["decided_by"], decidedAt: (row["decided_at"] as Int64?).map(RowTime.date),
            suggestedEntry: (row["suggested_entry"] as String?).map(KnowledgeID.init(trusted:)), note: row["note"])
    }
}

extension ReviewLabel {
    fileprivate var kind: String {
        switch self {
        case .intent: "intent"
        case .newIntent: "new_intent"
        case .knowledge: "knowledge"
        case .outOfScope: "out_of_scope"
        }
    }

    fileprivate var target: String? {
        switch self {
        case .intent(let name), .newIntent(let name, _): name.rawValue
        case .knowledge(let id): id.rawValue
        case .outOfScope: nil
        }
    }

    /// A new intent's description stands with the intent.
    fileprivate init?(kind: String?, target: String?) {
        switch (kind, target) {
        case ("intent", let name?): self = .intent(IntentName(trusted: name))
        case ("new_intent", let name?): self = .newIntent(IntentName(trusted: name), description: "")
        case ("knowledge", let id?): self = .knowledge(KnowledgeID(trusted: id))
        case ("out_of_scope", nil): self = .outOfScope
        default: return nil
        }
    }
}
