public import Connectors
public import ConversationDomain
import Foundation
import GRDB
public import Outbox
public import SQLiteStore

/// Keeps connectors beside their webhooks, and what conversations and messages are in the other systems.
public struct SQLiteConnectorStore: ConnectorStore {
    private let database: SQLiteDatabase

    public init(_ database: SQLiteDatabase) {
        self.database = database
    }

    // MARK: Connectors

    private static let columns = """
        connector.id, webhook.app, kind, webhook_id, webhook.url, settings, token, hook_secret, signing_secret,
        connector.created_at
        """
    private static let source = "connector JOIN webhook ON webhook.id = webhook_id"
    /// Connectors that are read.
    private static let most = 10_000

    public func add(_ connector: Connector, limit: Int) async throws {
        let settings = String(decoding: try JSONEncoder().encode(connector.settings), as: UTF8.self)
        try await database.write { database in
            let sql = "SELECT count(*) FROM \(Self.source) WHERE webhook.app = ?"
            let count = try database.first(sql, [connector.app.rawValue]) { $0[0] as Int } ?? 0
            guard count < limit else {
                throw ChatError(.conflict, "the app has \(limit) connectors, and may not have more")
            }
            try database.execute(
                sql: """
                    INSERT INTO connector (id, webhook_id, kind, settings, token, hook_secret, signing_secret, created_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    connector.id.rawValue, connector.webhook.rawValue, connector.kind.rawValue, settings,
                    connector.secrets.token, connector.secrets.hook, connector.secrets.signing,
                    RowTime.milliseconds(connector.createdAt),
                ])
        }
    }

    public func connectors() async throws -> [Connector] {
        try await database.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT \(Self.columns) FROM \(Self.source) ORDER BY connector.created_at, connector.id
                    LIMIT \(Self.most)
                    """
            ).compactMap(Self.connector)
        }
    }

    public func enabledConnectors() async throws -> [WebhookID] {
        try await database.read { database in
            let sql = "SELECT webhook_id FROM \(Self.source) WHERE is_enabled LIMIT \(Self.most)"
            return try String.fetchAll(database, sql: sql).map(WebhookID.init(trusted:))
        }
    }

    public func connector(_ id: ConnectorID) async throws -> Connector? {
        try find("connector.id = ?", id.rawValue)
    }

    public func connector(of webhook: WebhookID) async throws -> Connector? {
        try find("webhook_id = ?", webhook.rawValue)
    }

    private func find(_ condition: String, _ value: String) throws -> Connector? {
        try database.lookUp { database in
            try database.first("SELECT \(Self.columns) FROM \(Self.source) WHERE \(condition)", [value], Self.connector)
        } ?? nil
    }

    /// Nil for a kind that only a later version knows.
    private static func connector(_ row: Row) throws -> Connector? {
        guard let kind = ConnectorKind(rawValue: row[2]) else { return nil }
        let settings = try JSONDecoder().decode(ConnectorSettings.self, from: Data((row[5] as String).utf8))
        return Connector(
            id: ConnectorID(trusted: row[0]), app: AppName(trusted: row[1]), kind: kind,
            webhook: WebhookID(trusted: row[3]), url: row[4], settings: settings,
            secrets: ConnectorSecrets(token: row[6], hook: row[7], signing: row[8]), createdAt: RowTime.date(row[9]))
    }

    // MARK: Conversations

    private static let threadColumns =
        "connector_id, conversation_id, reference, remote, state, history_seq, mark, tried_at"

    public func thread(_ reference: String, of connector: ConnectorID) async throws -> ConnectorThread? {
        try thread("connector_id = ? AND reference = ?", [connector.rawValue, reference])
    }

    public func thread(of conversation: ConversationID, at connector: ConnectorID) async throws -> ConnectorThread? {
        try thread(
            "conversation_id = ? AND connector_id = ? ORDER BY place DESC", [conversation.rawValue, connector.rawValue])
    }

    public func thread(remote: Int64, at connector: ConnectorID) async throws -> ConnectorThread? {
        try thread("connector_id = ? AND remote = ? ORDER BY place DESC", [connector.rawValue, remote])
    }

    private func thread(_ condition: String, _ arguments: StatementArguments) throws -> ConnectorThread? {
        try database.lookUp { database in
            let sql = "SELECT \(Self.threadColumns) FROM connector_thread WHERE \(condition) LIMIT 1"
            return try database.first(sql, arguments) { row in
                ConnectorThread(
                    connector: ConnectorID(trusted: row[0]), conversation: ConversationID(trusted: row[1]),
                    reference: row[2], remote: row[3], state: row[4], historySeq: row[5], mark: row[6],
                    triedAt: (row[7] as Int64?).map(RowTime.date))
            }
        }
    }

    public func keep(_ thread: ConnectorThread) async throws {
        try await database.write { database in
            // Whoever keeps what is gone meanwhile, connector or conversation, keeps nothing.
            try database.cachedStatement(
                sql: """
                    INSERT INTO connector_thread (\(Self.threadColumns), place)
                    SELECT connector.id, conversation.id, ?3, ?4, ?5, ?6, ?7, ?8,
                        1 + coalesce((SELECT max(place) FROM connector_thread WHERE conversation_id = ?2), 0)
                    FROM connector, conversation WHERE connector.id = ?1 AND conversation.id = ?2
                    ON CONFLICT (connector_id, reference) DO UPDATE SET remote = excluded.remote,
                        state = excluded.state, history_seq = excluded.history_seq, mark = excluded.mark,
                        tried_at = excluded.tried_at
                    """
            ).execute(arguments: [
                thread.connector.rawValue, thread.conversation.rawValue, thread.reference, thread.remote, thread.state,
                thread.historySeq, thread.mark, thread.triedAt.map(RowTime.milliseconds),
            ])
        }
    }

    public func setState(_ state: String, of thread: ConnectorThread) async throws {
        try await database.write { database in
            try database.cachedStatement(
                sql: "UPDATE connector_thread SET state = ? WHERE connector_id = ? AND reference = ?"
            ).execute(arguments: [state, thread.connector.rawValue, thread.reference])
        }
    }

    // MARK: Messages

    private static let partColumns = "connector_id, conversation_id, message_id, remote"

    public func part(_ message: MessageID, of connector: ConnectorID) async throws -> ConnectorPart? {
        try part("connector_id = ? AND message_id = ?", [connector.rawValue, message.rawValue])
    }

    public func part(remote: Int64, at connector: ConnectorID) async throws -> ConnectorPart? {
        try part("connector_id = ? AND remote = ?", [connector.rawValue, remote])
    }

    private func part(_ condition: String, _ arguments: StatementArguments) throws -> ConnectorPart? {
        try database.lookUp { database in
            let sql = "SELECT \(Self.partColumns) FROM connector_part WHERE \(condition) LIMIT 1"
            return try database.first(sql, arguments) { row in
                ConnectorPart(
                    connector: ConnectorID(trusted: row[0]), conversation: ConversationID(trusted: row[1]),
                    message: MessageID(trusted: row[2]), remote: row[3])
            }
        }
    }

    public func hasUncertainParts(_ conversation: ConversationID, at connector: ConnectorID) async throws -> Bool {
        try has(
            "connector_part WHERE conversation_id = ? AND connector_id = ? AND remote IS NULL",
            [conversation.rawValue, connector.rawValue])
    }

    public func keep(_ part: ConnectorPart) async throws {
        try await database.write { database in
            try database.cachedStatement(
                sql: """
                    INSERT INTO connector_part (\(Self.partColumns))
                    SELECT connector.id, conversation.id, ?3, ?4 FROM connector, conversation
                    WHERE connector.id = ?1 AND conversation.id = ?2
                    ON CONFLICT (connector_id, message_id) DO UPDATE SET remote = excluded.remote
                    """
            ).execute(arguments: [
                part.connector.rawValue, part.conversation.rawValue, part.message.rawValue, part.remote,
            ])
        }
    }

    public func isPosted(_ clientMessageID: String, in conversation: ConversationID) async throws -> Bool {
        try has(
            "posted_message WHERE conversation_id = ? AND client_message_id = ?",
            [conversation.rawValue, clientMessageID])
    }

    public func isSaid(_ clientMessageID: String, remote: Int64, at connector: ConnectorID) async throws -> Bool {
        try has(
            """
            connector_thread JOIN turn USING (conversation_id)
            WHERE connector_id = ? AND remote = ? AND client_message_id = ?
            """, [connector.rawValue, remote, clientMessageID])
    }

    private func has(_ rest: String, _ arguments: StatementArguments) throws -> Bool {
        try database.lookUp { try $0.first("SELECT 1 FROM \(rest) LIMIT 1", arguments) { _ in true } } ?? false
    }

    public func clientMessageID(in conversation: ConversationID, seq: Int) async throws -> String? {
        try database.lookUp { database in
            try database.first(
                "SELECT client_message_id FROM posted_message WHERE conversation_id = ? AND seq = ?",
                [conversation.rawValue, seq]
            ) { $0[0] as String? }
        } ?? nil
    }
}
