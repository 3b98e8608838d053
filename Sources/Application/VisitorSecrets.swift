import Access
package import ConversationDomain
import Foundation
package import People
import SQLiteCustomers
import SQLiteStore
import Wire

/// The secrets that a shop's server signs visitor tokens with, as the command line shows them.
package struct VisitorSecrets {
    private let directory: DataDirectory

    package init(_ directory: DataDirectory) { self.directory = directory }

    /// - Parameter app: as it was written.
    package func create(app text: String) async throws -> VisitorSecret {
        guard let app = AppName(text) else {
            throw CommandFailure(
                .data, "--app: '\(text)' cannot be an app's name; give letters, digits and . _ - / : (at most 128)")
        }
        let database = try directory.openDatabase()
        defer { try? database.close() }
        let secret = VisitorTokens.newSecret(for: app, ids: IdentifierGenerator(), at: Date())
        try await SQLiteCustomerStore(database).add(secret)
        return secret
    }

    package func list() async throws -> [VisitorSecret] {
        let database = try directory.openExistingDatabase()
        defer { try? database.close() }
        return try await SQLiteCustomerStore(database).allVisitorSecrets()
    }

    /// - Parameter id: as it was written.
    package func revoke(_ text: String) async throws -> VisitorSecretID {
        let database = try directory.openExistingDatabase()
        defer { try? database.close() }
        guard let id = VisitorSecretID(text), try await SQLiteCustomerStore(database).revoke(id, at: Date()) else {
            throw CommandFailure(.data, "no active visitor secret has the id '\(text)'")
        }
        return id
    }
}

extension VisitorSecret {
    /// In a list, or just made: `secret` is null in a list.
    package func row(shown isShown: Bool) -> JSONValue {
        [
            "id": .string(id.rawValue), "app": .string(app.rawValue), "secret": isShown ? .string(secret) : .null,
            "created_at": .string(Timestamp.text(createdAt)),
            "revoked_at": revokedAt.map { .string(Timestamp.text($0)) } ?? .null,
        ]
    }

    /// The columns of a table.
    package var cells: [String] {
        [
            id.rawValue, app.rawValue, revokedAt == nil ? "active" : "revoked",
            String(Timestamp.text(createdAt).prefix(10)),
        ]
    }
}
