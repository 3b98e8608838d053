package import Connectors
package import ConversationDomain
import Foundation
import Outbox
import SQLiteConnectors
import SQLiteStore
import SQLiteWebhooks
package import Webhooks
import Wire

/// Connectors, as the command line makes and shows them.
package struct ConnectorAdministration {
    private let directory: DataDirectory
    private let rules: TargetRules

    /// - Parameter rules: where requests may go.
    package init(_ directory: DataDirectory, rules: TargetRules) {
        self.directory = directory
        self.rules = rules
    }

    /// What the command line says of a new connector, as it was written.
    package struct Description {
        package var kind = ""
        package var app = ""
        package var url = ""
        package var token = ""
        package var signingSecret: String?
        package var settings = ConnectorSettings()

        package init() {}
    }

    package func add(_ description: Description) async throws -> Connector {
        guard let kind = ConnectorKind(rawValue: description.kind) else {
            let kinds = ConnectorKind.allCases.map(\.rawValue).joined(separator: " or ")
            throw CommandFailure(.data, "'\(description.kind.prefix(60))' is no system to connect; expected \(kinds)")
        }
        guard let app = AppName(description.app) else {
            throw CommandFailure(
                .data,
                "--app: '\(description.app.prefix(60))' cannot be an app's name; give letters, digits and . _ - / : (at most 128)"
            )
        }
        return try await telling {
            try await opened(try directory.openDatabase()) {
                try await $0.add(
                    ConnectorRequest(
                        kind: kind, app: app, url: description.url, token: description.token,
                        settings: description.settings, signingSecret: description.signingSecret))
            }
        }
    }

    package func list() async throws -> [ListedConnector] {
        try await opened(try directory.openExistingDatabase()) { desk in
            try await desk.list().map { ListedConnector(connector: $0.connector, summary: $0.summary) }
        }
    }

    /// - Parameter text: the id, as it was written.
    package func remove(_ text: String) async throws {
        let isGone = try await opened(try directory.openExistingDatabase()) { desk in
            guard let id = ConnectorID(text) else { return false }
            return try await desk.remove(id)
        }
        guard isGone else { throw Self.unknown(text) }
    }

    /// - Returns: what the other system said.
    package func test(_ text: String) async throws -> String {
        guard let id = ConnectorID(text) else { throw Self.unknown(text) }
        let client = TargetClient(TargetResolver(rules))
        let outcome: Result<String, any Error>
        do {
            outcome = .success(
                try await opened(try directory.openExistingDatabase()) { try await $0.test(id, with: client) })
        } catch {
            outcome = .failure(error)
        }
        await client.shutDown()
        return try outcome.get()
    }

    private static func unknown(_ text: String) -> CommandFailure {
        CommandFailure(.data, "no connector has the id '\(text.prefix(60))'; 'frontdesk connectors list' shows them")
    }

    private func opened<Value>(_ database: SQLiteDatabase, _ body: (ConnectorDesk) async throws -> Value) async throws
        -> Value
    {
        defer { try? database.close() }
        return try await body(
            ConnectorDesk(
                store: SQLiteConnectorStore(database), webhooks: SQLiteWebhookStore(database),
                resolver: TargetResolver(rules)))
    }

    /// What was written wrongly is a wrong input, and no fault of ours.
    private func telling<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as ChatError where error.code == .invalidRequest {
            throw CommandFailure(.data, error.message)
        }
    }
}

/// A connector with what waits for it; never with its secrets.
package struct ListedConnector {
    let connector: Connector
    let summary: WebhookSummary

    private var state: String {
        if !summary.webhook.isEnabled { return "disabled" }
        return summary.health.restsUntil.map { Date() < $0 } == true ? "resting" : "active"
    }

    package var row: JSONValue {
        [
            "id": .string(connector.id.rawValue), "kind": .string(connector.kind.rawValue),
            "app": .string(connector.app.rawValue), "url": .string(connector.url),
            "webhook_id": .string(connector.webhook.rawValue), "state": .string(state),
            "pending": .integer(Int64(summary.pending)), "dead": .integer(Int64(summary.dead)),
            "created_at": .string(Timestamp.text(connector.createdAt)),
        ]
    }

    /// The columns of a table.
    package var cells: [String] {
        [
            connector.id.rawValue, connector.kind.rawValue, connector.app.rawValue, connector.url, state,
            String(summary.pending), String(summary.dead),
        ]
    }

    package static let columns = ["ID", "KIND", "APP", "URL", "STATE", "PENDING", "DEAD"]
}

extension Connector {
    /// What its owner has to give to the other system: shown once.
    package var made: JSONValue {
        [
            "id": .string(id.rawValue), "kind": .string(kind.rawValue), "path": .string(path),
            "secret": kind == .zammad ? .string(secrets.hook) : .null,
        ]
    }
}
