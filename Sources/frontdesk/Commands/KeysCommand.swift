import Access
import Application
import ArgumentParser
import ConversationDomain
import Foundation
import SQLiteStore
import Wire

/// `frontdesk keys`: who may call.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Create, list and revoke API keys; a running server follows at once.",
        subcommands: [Create.self, List.self, Revoke.self])
}

extension KeysCommand {
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create a key and print it; a secret key is shown only this once.")

        @OptionGroup var data: DataOptions

        @Option(help: "What the key is for, to recognise it in the list.")
        var name: String

        @Option(name: .customLong("scope"), help: "chat, classify, search, agent or admin; repeat for several.")
        var scopes: [String] = []

        @Option(help: "The app whose conversations the key sees (default: the key's name).")
        var app: String?

        @Flag(help: "A key for web pages: chat only, and only from its origins.")
        var publishable = false

        @Option(
            name: .customLong("origin"),
            help:
                "Origin that a publishable key may be used from, such as https://shop.example; 'self' is the server's own pages; repeat for several."
        )
        var origins: [String] = []

        @Option(
            name: .customLong("expires"),
            help: "When it stops working: an RFC 3339 time, or a duration such as 90d, 12h, 30m.")
        var expiry: String?

        func run() async throws {
            try await CommandFailure.reporting {
                let now = Date()
                let request = KeyRequest(
                    name: name, app: try appName(), kind: publishable ? .publishable : .secret,
                    scopes: try parsedScopes(),
                    origins: origins, expiresAt: try expiry.map { try Expiry.date($0, from: now) })
                let minted = try KeyMinter(ids: IdentifierGenerator(), now: { now }).mint(request)
                let database = try data.directory.openDatabase()
                defer { try? database.close() }
                try await SQLiteKeyStore(database).add(minted.record)
                if data.json {
                    try Output.json(KeyView(minted.record, key: minted.secret))
                } else {
                    Output.line(minted.secret)
                }
            }
        }

        private func appName() throws -> AppName {
            guard let app = AppName(app ?? name) else {
                throw CommandFailure(
                    .data,
                    "--app: '\(app ?? name)' cannot be an app's name; give letters, digits and . _ - / : (at most 128)")
            }
            return app
        }

        private func parsedScopes() throws -> Set<Scope> {
            if publishable, scopes.isEmpty { return [.chat] }
            guard !scopes.isEmpty else {
                throw CommandFailure(
                    .data,
                    "--scope: at least one of \(Scope.allCases.map(\.rawValue).joined(separator: ", ")) is needed")
            }
            return Set(
                try scopes.map { text in
                    guard let scope = Scope(rawValue: text) else {
                        throw CommandFailure(
                            .data,
                            "--scope: '\(text)' is none of \(Scope.allCases.map(\.rawValue).joined(separator: ", "))")
                    }
                    return scope
                })
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the keys; secrets are not shown.")

        @OptionGroup var data: DataOptions

        func run() async throws {
            try await CommandFailure.reporting {
                let database = try data.directory.openExistingDatabase()
                defer { try? database.close() }
                let keys = try await SQLiteKeyStore(database).list()
                if data.json { return try Output.json(keys.map { KeyView($0, key: nil) }) }
                let now = Date()
                Output.table(
                    [["ID", "NAME", "APP", "KIND", "SCOPES", "STATE", "ORIGINS"]]
                        + keys.map { key in
                            [
                                key.id.rawValue, key.name, key.app.rawValue, key.kind.rawValue,
                                key.scopes.map(\.rawValue).sorted().joined(separator: ","),
                                key.revokedAt != nil ? "revoked" : key.isUsable(at: now) ? "active" : "expired",
                                key.origins.joined(separator: " "),
                            ]
                        })
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a key by its id or, if only one has it, its name.")

        @OptionGroup var data: DataOptions

        @Argument(help: "The key's id (key_…) or name.")
        var key: String

        func run() async throws {
            try await CommandFailure.reporting {
                let database = try data.directory.openExistingDatabase()
                defer { try? database.close() }
                let store = SQLiteKeyStore(database)
                let candidates = try await store.list().filter {
                    $0.revokedAt == nil && ($0.id.rawValue == key || $0.name == key)
                }
                guard let match = candidates.first else {
                    throw CommandFailure(.data, "no active key has the id or name '\(key)'")
                }
                guard candidates.count == 1 else {
                    throw CommandFailure(
                        .data,
                        "\(candidates.count) keys are named '\(key)'; give the id of one: \(candidates.map(\.id.rawValue).joined(separator: ", "))"
                    )
                }
                guard try await store.revoke(match.id, at: Date()) else {
                    throw CommandFailure(.data, "the key \(match.id) was revoked in the meantime")
                }
                if data.json { return try Output.json(["revoked": match.id.rawValue]) }
                Output.line("revoked \(match.id) (\(match.name))")
            }
        }
    }
}

/// A key in a list, or just made.
private struct KeyView: Encodable {
    let id: String
    let name: String
    let app: String
    let kind: String
    let scopes: [String]
    let origins: [String]
    let key: String?
    let createdAt: Date
    let expiresAt: Date?
    let revokedAt: Date?

    init(_ record: APIKey, key: String?) {
        id = record.id.rawValue
        name = record.name
        app = record.app.rawValue
        kind = record.kind.rawValue
        scopes = record.scopes.map(\.rawValue).sorted()
        origins = record.origins
        self.key = key
        createdAt = record.createdAt
        expiresAt = record.expiresAt
        revokedAt = record.revokedAt
    }

    enum CodingKeys: String, CodingKey {
        case id, name, app, kind, scopes, origins, key
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case revokedAt = "revoked_at"
    }
}

/// Reads `--expires`.
private enum Expiry {
    static func date(_ text: String, from now: Date) throws -> Date {
        if let date = Timestamp.date(text) {
            guard date > now else { throw CommandFailure(.data, "--expires: \(text) is in the past") }
            return date
        }
        let units: [Character: Double] = ["m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let count = Int(text.dropLast()),
            (1...100_000).contains(count)
        else {
            throw CommandFailure(
                .data, "--expires: '\(text)' is neither an RFC 3339 time nor a duration such as 90d, 12h, 30m")
        }
        return now.addingTimeInterval(Double(count) * unit)
    }
}
